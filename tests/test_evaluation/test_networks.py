"""Metrics with a network of their own: what they compute, and that they can be missing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torchvision
from mmagic.evaluation.metrics import NIQE
from mmagic.registry import EVALUATORS
from mmagic.structures import DataSample
from torchvision.models.vgg import cfgs, make_layers

from mmgenprior.degradations import AdversarialAttack
from mmgenprior.evaluation import (
    LPIPS,
    AttackedAccuracy,
    ClassifierAccuracy,
    MetricUnavailable,
    PictureNIQE,
)
from mmgenprior.evaluation.classification import classifier_input
from mmgenprior.structures import Measurement


def picture(seed: int, size: int = 64) -> torch.Tensor:
    return torch.rand(3, size, size, generator=torch.Generator().manual_seed(seed)) * 255


@pytest.fixture(scope='module')
def backbones(tmp_path_factory):
    """Random weights of torchvision's layers, and files of them: name → (layers, file)."""
    folder = tmp_path_factory.mktemp('backbones')
    with torch.random.fork_rng():
        torch.manual_seed(0)
        found = {'vgg': make_layers(cfgs['D'])}
        with torch.device('meta'):  # the classifier is not needed, and has most of the weights
            whole = torchvision.models.alexnet(weights=None)
        found['alex'] = whole.features.to_empty(device='cpu')
        for parameter in found['alex'].parameters():
            torch.nn.init.normal_(parameter, std=0.05)
    for name, layers in found.items():
        state = {f'features.{k}': v for k, v in layers.state_dict().items()}
        torch.save(state, folder / f'{name}.pth')
    return {name: (layers.eval(), folder / f'{name}.pth') for name, layers in found.items()}


@pytest.mark.parametrize(
    'net, taps', [('alex', (1, 4, 7, 9, 11)), ('vgg', (3, 8, 15, 22, 29))], ids=['alex', 'vgg']
)
def test_lpips_is_its_definition(backbones, net, taps):
    """Zhang et al., equation 1: unit-normalised features, weighted squares, mean, sum."""
    from pathlib import Path

    import lpips

    layers, file = backbones[net]
    heads = torch.load(
        Path(lpips.__file__).parent / 'weights' / 'v0.1' / f'{net}.pth', map_location='cpu'
    )
    shift = torch.tensor([-0.030, -0.088, -0.188]).view(3, 1, 1)
    scale = torch.tensor([0.458, 0.448, 0.450]).view(3, 1, 1)

    def features(image):
        x = ((image.flip(0) / 127.5 - 1 - shift) / scale)[None]
        for i, layer in enumerate(layers):
            x = layer(x)
            if i in taps:
                yield x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10)

    a, b = picture(0), picture(1)
    with torch.no_grad():
        expected = sum(
            (heads[f'lin{k}.model.1.weight'] * (x - y).square()).sum(1).mean().item()
            for k, (x, y) in enumerate(zip(features(a), features(b)))
        )
    metric = LPIPS(net=net, weights=str(file))
    metric.process(None, [dict(gt_img=a, output=dict(pred_img=b))])
    name = {'alex': 'LPIPS', 'vgg': 'LPIPS_vgg'}[net]
    assert metric.results == [{name: pytest.approx(expected, rel=1e-4)}]
    assert expected > 0.01
    assert metric.process_image(a, a, None) == 0


def test_lpips_refuses_another_file(backbones, tmp_path):
    with pytest.raises(MetricUnavailable, match='is no alex backbone'):
        LPIPS(weights=str(backbones['vgg'][1])).load()
    with pytest.raises(MetricUnavailable, match='LPIPS is left out: .*not found'):
        LPIPS(weights=str(tmp_path / 'none.pth')).load()
    with pytest.raises(ValueError, match='net='):
        LPIPS(net='squeeze')


def test_missing_weights_are_one_line_and_no_number(tmp_path, monkeypatch):
    import mmgenprior.evaluation.evaluator as module

    said = []
    monkeypatch.setattr(module, 'print_log', lambda text, **_: said.append(text))
    missing = dict(weights=str(tmp_path / 'none.pth'))
    metrics = [
        dict(type='LPIPS', **missing),
        dict(type='PSNR'),
        dict(type='ClassifierAccuracy', **missing),
        dict(type='SSIM'),
    ]
    evaluator = EVALUATORS.build(
        dict(type='RestorationEvaluator', metrics=metrics, _scope_='mmagic')
    )
    assert said == []  # a config can be built without its weights
    evaluator.prepare_samplers(None, None)
    assert len(said) == 2 and all('\n' not in line for line in said)
    assert said[0].startswith('LPIPS is left out: ') and 'ResNet-50 accuracy is left' in said[1]
    output = DataSample(pred_img=picture(0))
    sample = DataSample(output=output, metainfo=dict(key='a', sample_idx=0))
    sample.gt_img = picture(1)
    evaluator.process([sample], None)
    result = evaluator.evaluate()
    assert set(result) == {'PSNR', 'SSIM', 'restored/PSNR', 'restored/SSIM'}
    assert len(said) == 2


def test_weights_are_fetched_checked_and_otherwise_left_out(loopback, tmp_path, monkeypatch):
    monkeypatch.setenv('MGP_PRIOR_ROOT', str(tmp_path))
    loopback.files['/alexnet-01234567.pth'] = b'something else'
    with pytest.raises(MetricUnavailable, match='serves another file'):
        LPIPS(weights=f'{loopback.url}/alexnet-01234567.pth').load()
    assert not (tmp_path / 'alexnet-01234567.pth').exists()


def test_weights_that_came_later_are_said_to_cover_a_part(backbones, monkeypatch):
    import mmgenprior.evaluation.evaluator as module

    said = []
    monkeypatch.setattr(module, 'print_log', lambda text, **_: said.append(text))
    cfg = dict(type='LPIPS', weights=str(backbones['alex'][1]))
    evaluator = EVALUATORS.build(dict(type='RestorationEvaluator', metrics=[cfg], _scope_='mmagic'))
    old = dict(key='a', sample_idx=0, main='IAGAN', has_gt=True, results=dict(IAGAN=[None]))
    new = dict(old, key='b', sample_idx=1, results=dict(IAGAN=[dict(LPIPS=0.5)]))
    evaluator.load_rows([old, new])
    assert evaluator.evaluate()['LPIPS'] == 0.5
    assert said == [
        'LPIPS is over 1 of 2 images: the others were restored when its weights, or their labels, '
        'were missing.'
    ]


@pytest.fixture
def resnet50(tmp_path_factory):
    """torchvision's ResNet-50 with random weights, and a file of them with MMPretrain's names."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = torchvision.models.resnet50(weights=None).eval()
    state = {
        ('head.' if key.startswith('fc.') else 'backbone.') + key: value
        for key, value in network.state_dict().items()
    }
    file = tmp_path_factory.mktemp('resnet') / 'resnet50.pth'
    torch.save(dict(state_dict=state, meta={}), file)
    return network, file


@pytest.mark.slow
def test_accuracy_is_that_of_torchvisions_layers(resnet50):
    network, file = resnet50
    image = picture(3, 96).round()
    x = classifier_input(image.byte().permute(1, 2, 0).numpy())
    with torch.no_grad():
        ranking = network(x)[0].argsort(descending=True).tolist()
    metric = ClassifierAccuracy(weights=str(file))
    cfg = dict(physics=dict(type='Identity'))
    views = [
        dict(
            output=dict(pred_img=image),
            measurement=Measurement(torch.zeros(1), cfg, (3, 96, 96), label=label),
        )
        for label in (ranking[0], ranking[4], ranking[5], None)
    ]
    metric.process(None, views)
    assert metric.results == [
        dict(top1=1, top5=1),
        dict(top1=0, top5=1),
        dict(top1=0, top5=0),
    ]
    assert metric.compute_metrics(metric.results) == pytest.approx(dict(top1=100 / 3, top5=200 / 3))
    # What a data set with labels packs.
    packed = DataSample(output=DataSample(pred_img=image)).set_gt_label(ranking[0]).to_dict()
    metric.process(None, [packed])
    assert metric.results[-1] == dict(top1=1, top5=1)


def test_classifier_sees_the_centre_normalised():
    wide = np.zeros((128, 256, 3), np.uint8)
    wide[:, :, 2] = 255  # red, BGR
    wide[:, :60] = 0  # cut away: 512 wide when 256 high, of which 144 are cut on the left
    x = classifier_input(wide)
    assert x.shape == (1, 3, 224, 224)
    expected = [(255 - 123.675) / 58.395, -116.28 / 57.12, -103.53 / 57.375]
    assert x.mean((0, 2, 3)).tolist() == pytest.approx(expected, abs=1e-4)


def test_niqe_is_the_stock_one_and_needs_two_blocks(monkeypatch):
    import mmgenprior.evaluation.niqe as module

    said = []
    monkeypatch.setattr(module, 'print_log', lambda text, **_: said.append(text))
    image = torch.nn.functional.avg_pool2d(picture(4, 200)[None], 3, 1, 1)[0]
    metric, stock = PictureNIQE(), NIQE(input_order='CHW')
    stock.process(None, [dict(gt_img=image, output=dict(pred_img=image))])
    metric.process(
        None,
        [dict(output=dict(pred_img=image)), dict(output=dict(pred_img=image[:, :128, :128]))],
    )
    assert metric.results == [{'NIQE': float(stock.results[0]['NIQE'])}]
    assert np.isfinite(metric.results[0]['NIQE'])
    (line,) = said
    assert line.startswith('NIQE is left out for pictures of 128×128')


def test_attacked_accuracy_is_of_the_attacks_own_classifier():
    small = dict(classifier='shufflenet_v2_x0_5', weights=None, num_classes=5, size=None)
    image = picture(3, 64).round()
    attack = AdversarialAttack(**small)
    seen = int(attack.logits(image.flip(0)[None] / 255).argmax())
    metric = AttackedAccuracy(**small)
    metric.size = 3  # as MMagic's evaluator does, for a data set of three
    views = [
        dict(output=dict(pred_img=image), gt_label=dict(label=label))
        for label in (seen, (seen + 1) % 5)
    ]
    metric.process(None, views)
    assert metric.results == [dict(top1=1), dict(top1=0)]


def test_attacked_accuracy_without_weights_says_so():
    metric = AttackedAccuracy(weights='none.pth')
    with pytest.raises(MetricUnavailable, match=r"left out: checkpoint 'none\.pth' not found"):
        metric.load()
