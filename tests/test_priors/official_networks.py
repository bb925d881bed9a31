"""The official networks as formulas: random state dicts in their layouts, and forward passes.

Written from the documented layouts, to check the conversions where no reference data are.
"""

import math

import torch
from torch.nn import functional as F


def randomly(shapes, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return {
        key: torch.randn(shape, generator=rng) if shape else torch.tensor(0.3)
        for key, shape in shapes.items()
    }


# ---- PGGAN


def pairs(widths):
    found = [(widths[0], widths[0])]
    for a, b in zip(widths, widths[1:]):
        found += [(a, b), (b, b)]
    return found


def ptrblck_state(noise, widths):
    convs = [(widths[0], noise, 4, 4), *((b, a, 3, 3) for a, b in pairs(widths))]
    shapes = {f'features.{i}': shape for i, shape in enumerate(convs)}
    shapes['output'] = (3, widths[-1], 1, 1)
    state = {}
    for i, (name, shape) in enumerate(shapes.items()):
        parts = randomly({'w': shape, 'b': shape[:1]}, i)
        state[f'{name}.conv.weight'] = parts['w']
        state[f'{name}.wscale.scale'] = torch.tensor([1.1 / math.sqrt(math.prod(shape[1:]))])
        state[f'{name}.wscale.b'] = 0.2 * parts['b']
    return state


def genforce_state(noise, widths, fused=False):
    shapes = {'lod': (), 'layer0.conv.weight': (widths[0], noise, 4, 4)}
    for i, (a, b) in enumerate(pairs(widths)):
        if fused and i % 2:
            shapes[f'layer{i + 1}.weight'] = (3, 3, a, b)
        else:
            shapes[f'layer{i + 1}.conv.weight'] = (b, a, 3, 3)
    biases = {'layer0.wscale.bias': widths[:1]}
    biases |= {f'layer{i + 1}.wscale.bias': (b,) for i, (_, b) in enumerate(pairs(widths))}
    for k, width in enumerate(widths):
        shapes[f'output{k}.conv.weight'] = (3, width, 1, 1)
        biases[f'output{k}.wscale.bias'] = (3,)
    state = randomly(shapes) | {k: 0.2 * v for k, v in randomly(biases, 1).items()}
    return state | {'lod': torch.tensor(0.0)}


def pixel_norm(x):
    return x / torch.sqrt(torch.mean(x**2, dim=1, keepdim=True) + 1e-8)


def pggan(layers, output, z):
    """Layers of (weight, scale, bias), every even one from the third on behind upsampling."""
    x = z[:, :, None, None]
    for i, (weight, scale, bias) in enumerate(layers):
        x = pixel_norm(x)
        if i and i % 2 == 0 and weight.shape[-1] == 3:
            x = F.interpolate(x, scale_factor=2, mode='nearest')
            x = F.conv2d(x, weight, padding=1)
        elif i and i % 2 == 0:
            x = F.conv_transpose2d(x, weight, stride=2, padding=1)
        else:
            x = F.conv2d(x, weight, padding=1 if i else 3)
        x = F.leaky_relu(x * scale + bias[:, None, None], 0.2)
    weight, scale, bias = output
    return F.conv2d(pixel_norm(x), weight) * scale + bias[:, None, None]


def ptrblck(state, z):
    def layer(name):
        return [state[f'{name}.{part}'] for part in ('conv.weight', 'wscale.scale', 'wscale.b')]

    count = sum(key.endswith('.b') for key in state) - 1
    return pggan([layer(f'features.{i}') for i in range(count)], layer('output'), z)


def genforce(state, z):
    def layer(name, gain):
        bias = state[f'{name}.wscale.bias']
        if f'{name}.conv.weight' in state:
            weight = state[f'{name}.conv.weight']
            return weight, gain / math.sqrt(math.prod(weight.shape[1:])), bias
        kernel = state[f'{name}.weight']
        scale = gain / math.sqrt(math.prod(kernel.shape[:3]))
        # Nearest upsampling and a 3×3 kernel as one transposed 4×4 convolution.
        kernel = F.pad(kernel, (0, 0, 0, 0, 1, 1, 1, 1))
        kernel = kernel[1:, 1:] + kernel[:-1, 1:] + kernel[1:, :-1] + kernel[:-1, :-1]
        return kernel.permute(2, 3, 0, 1), scale, bias

    count = sum(key.startswith('layer') and key.endswith('bias') for key in state)
    last = sum(key.startswith('output') for key in state) // 2 - 1
    layers = [layer(f'layer{i}', math.sqrt(2)) for i in range(count)]
    return pggan(layers, layer(f'output{last}', 1), z)


# ---- BigGAN


def normed(name, *shape, bias=True):
    shapes = {f'{name}.weight': shape, f'{name}.u0': (1, shape[0]), f'{name}.sv0': (1,)}
    return shapes | ({f'{name}.bias': shape[:1]} if bias else {})


def attention_shapes(name, width):
    shapes = {f'{name}.gamma': ()}
    for part in ('theta', 'phi'):
        shapes |= normed(f'{name}.{part}', width // 8, width, 1, 1, bias=False)
    shapes |= normed(f'{name}.g', width // 2, width, 1, 1, bias=False)
    return shapes | normed(f'{name}.o', width, width // 2, 1, 1, bias=False)


def biggan_g_state(widths, attention, chunk=3, classes=5, shared=6, split=True):
    condition = shared + chunk if split else shared
    shapes = {'shared.weight': (classes, shared), **normed('linear', widths[0] * 16, chunk)}
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        name = f'blocks.{i}.0'
        shapes |= normed(f'{name}.conv1', b, a, 3, 3) | normed(f'{name}.conv2', b, b, 3, 3)
        shapes |= normed(f'{name}.conv_sc', b, a, 1, 1)
        for norm, width in (('bn1', a), ('bn2', b)):
            for part in ('gain', 'bias'):
                shapes |= normed(f'{name}.{norm}.{part}', width, condition, bias=False)
            shapes |= {f'{name}.{norm}.stored_{part}': (width,) for part in ('mean', 'var')}
        if i in attention:
            shapes |= attention_shapes(f'blocks.{i}.1', b)
    for part in ('gain', 'bias', 'stored_mean', 'stored_var'):
        shapes[f'output_layer.0.{part}'] = widths[-1:]
    state = randomly(shapes | normed('output_layer.2', 3, widths[-1], 3, 3))
    return {k: v.abs() + 0.5 if k.endswith('_var') else v for k, v in state.items()}


def biggan_d_state(widths, attention, halved, classes=5):
    shapes = {}
    for i, (a, b) in enumerate(zip((3, *widths), widths)):
        name = f'blocks.{i}.0'
        shapes |= normed(f'{name}.conv1', b, a, 3, 3) | normed(f'{name}.conv2', b, b, 3, 3)
        if i < halved or a != b:
            shapes |= normed(f'{name}.conv_sc', b, a, 1, 1)
        if i in attention:
            shapes |= attention_shapes(f'blocks.{i}.1', b)
    shapes |= normed('linear', 1, widths[-1])
    return randomly(shapes | normed('embed', classes, widths[-1], bias=False))


def weight_of(state, name):
    """Weight over its largest singular value, by one step of power iteration."""
    weight, u = state[f'{name}.weight'], state[f'{name}.u0']
    matrix = weight.flatten(1)
    v = F.normalize(u @ matrix, eps=1e-6)
    u = F.normalize(v @ matrix.T, eps=1e-6)
    return weight / (v @ matrix.T @ u.T)


def conv(state, name, x):
    weight = weight_of(state, name)
    return F.conv2d(x, weight, state.get(f'{name}.bias'), padding=weight.shape[-1] // 2)


def attend(state, name, x):
    theta, phi, g = (conv(state, f'{name}.{part}', x) for part in ('theta', 'phi', 'g'))
    phi, g = F.max_pool2d(phi, 2).flatten(2), F.max_pool2d(g, 2).flatten(2)
    beta = torch.softmax(theta.flatten(2).transpose(1, 2) @ phi, -1)
    mixed = (g @ beta.transpose(1, 2)).unflatten(2, x.shape[2:])
    return state[f'{name}.gamma'] * conv(state, f'{name}.o', mixed) + x


def standardize(state, name, x):
    mean, var = state[f'{name}.stored_mean'], state[f'{name}.stored_var']
    return (x - mean[:, None, None]) / torch.sqrt(var[:, None, None] + 1e-5)


def conditional_norm(state, name, x, y):
    gain, bias = (
        (y @ weight_of(state, f'{name}.{part}').T)[:, :, None, None] for part in ('gain', 'bias')
    )
    return standardize(state, name, x) * (1 + gain) + bias


def biggan_g(state, z, label, split=True):
    y = state['shared.weight'][label]
    chunk = state['linear.weight'].shape[1]
    first, *others = z.split(chunk, 1)
    x = first @ weight_of(state, 'linear').T + state['linear.bias']
    x = x.view(len(z), -1, 4, 4)
    i = 0
    while f'blocks.{i}.0.conv1.weight' in state:
        name = f'blocks.{i}.0'
        code = torch.cat([y, others[i]], 1) if split else y
        h = F.relu(conditional_norm(state, f'{name}.bn1', x, code))
        h, x = (F.interpolate(t, scale_factor=2) for t in (h, x))
        h = F.relu(conditional_norm(state, f'{name}.bn2', conv(state, f'{name}.conv1', h), code))
        x = conv(state, f'{name}.conv2', h) + conv(state, f'{name}.conv_sc', x)
        if f'blocks.{i}.1.gamma' in state:
            x = attend(state, f'blocks.{i}.1', x)
        i += 1
    gain, bias = (state[f'output_layer.0.{part}'][:, None, None] for part in ('gain', 'bias'))
    x = F.relu(standardize(state, 'output_layer.0', x) * gain + bias)
    return torch.tanh(conv(state, 'output_layer.2', x))


def biggan_d(state, x, label, halved):
    i = 0
    while f'blocks.{i}.0.conv1.weight' in state:
        name = f'blocks.{i}.0'
        h = conv(state, f'{name}.conv1', F.relu(x) if i else x)
        h = conv(state, f'{name}.conv2', F.relu(h))
        if f'{name}.conv_sc.weight' in state:
            x = conv(state, f'{name}.conv_sc', x)
        x = F.avg_pool2d(h, 2) + F.avg_pool2d(x, 2) if i < halved else h + x
        if f'blocks.{i}.1.gamma' in state:
            x = attend(state, f'blocks.{i}.1', x)
        i += 1
    x = F.relu(x).sum((2, 3))
    projected = (weight_of(state, 'embed')[label] * x).sum(1, keepdim=True)
    return x @ weight_of(state, 'linear').T + state['linear.bias'] + projected


# ---- DCGAN


def dcgan_state(noise, widths):
    shapes = {}
    for k, (a, b) in enumerate(zip((noise, *widths), (*widths, 3))):
        shapes[f'main.{3 * k}.weight'] = (a, b, 4, 4)
        if k < len(widths):
            for part in ('weight', 'bias', 'running_mean', 'running_var'):
                shapes[f'main.{3 * k + 1}.{part}'] = (b,)
    state = randomly(shapes)
    state = {k: v.abs() + 0.5 if k.endswith('_var') else 0.2 * v for k, v in state.items()}
    counters = {k.replace('running_var', 'num_batches_tracked') for k in state if 'var' in k}
    return state | {key: torch.tensor(7) for key in counters}


def dcgan(state, z):
    x, k = z[:, :, None, None], 0
    while f'main.{3 * k}.weight' in state:
        stride, padding = (2, 1) if k else (1, 0)
        x = F.conv_transpose2d(x, state[f'main.{3 * k}.weight'], stride=stride, padding=padding)
        norm = f'main.{3 * k + 1}'
        if f'{norm}.weight' in state:
            statistics = (state[f'{norm}.running_{part}'] for part in ('mean', 'var'))
            affine = state[f'{norm}.weight'], state[f'{norm}.bias']
            x = F.relu(F.batch_norm(x, *statistics, *affine))
        k += 1
    return torch.tanh(x)


# ---- BEGAN and φ


def began_state(blocks, channels=4, noise=6):
    shapes = {'embed1': (channels * 64, noise)}
    for k in range(1, blocks + 1):
        shapes |= {f'deconv{k}.{j}': (channels, channels, 3, 3) for j in (0, 2)}
    shapes[f'deconv{blocks}.4'] = (3, channels, 3, 3)
    return randomly(
        {
            f'{k}.{part}': s if part == 'weight' else s[:1]
            for k, s in shapes.items()
            for part in ('weight', 'bias')
        }
    )


def phi_state(in_channels, channels=8, depth=5, prefix='module.backbone.dncnn.'):
    shapes = {'0.weight': (channels, in_channels, 3, 3)}
    for layer in range(1, depth - 1):
        shapes[f'{3 * layer - 1}.weight'] = (channels, channels, 3, 3)
        for part in ('weight', 'bias', 'running_mean', 'running_var'):
            shapes[f'{3 * layer}.{part}'] = (channels,)
    state = randomly(shapes | {f'{3 * depth - 4}.weight': (3, channels, 3, 3)})
    state = {k: v.abs() + 0.5 if k.endswith('_var') else 0.2 * v for k, v in state.items()}
    counts = {f'{3 * k}.num_batches_tracked': torch.tensor(7) for k in range(1, depth - 1)}
    return {f'{prefix}{key}': value for key, value in (state | counts).items()}


def phi(state, x):
    layers = {}
    for key, value in state.items():
        index, part = key.split('.')[-2:]
        layers.setdefault(int(index), {})[part] = value
    h = x
    for index in sorted(layers):
        parts = layers[index]
        if 'running_var' in parts:
            mean, var, gain, bias = (
                parts[p][:, None, None] for p in ('running_mean', 'running_var', 'weight', 'bias')
            )
            h = torch.relu((h - mean) / torch.sqrt(var + 1e-5) * gain + bias)
        else:
            h = F.conv2d(h, parts['weight'], padding=1)
            h = torch.relu(h) if index == 0 else h
    return x - h
