"""φ fusion: the official numbers, the loss, stored inversions, any editor as prior."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmagic.registry import MODELS
from mmagic.structures import DataSample

import mmgenprior.editors  # noqa: F401  (registers)
from mmgenprior.editors import Restoration, RestorationEditor
from mmgenprior.editors.bigprior import build_phi, data_image, weigh_and_fuse
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import UserError

BEGAN = dict(
    type='BEGANPrior',
    generator=dict(type='BEGANGenerator', out_size=16, noise_size=10, channels=8),
)
SMALL = dict(in_channels=3, channels=4, depth=3)
LUMINANCE = dict(physics=dict(type='Luminance'), centre=0.5)
NOISY = dict(physics=dict(type='Identity'), noise=dict(type='GaussianNoise', sigma=1.0))
SR4 = dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5)


def relative(value, reference):
    reference = torch.as_tensor(reference)
    return ((value - reference).abs().max() / reference.abs().max()).item()


def stored(key, side=16, grey=False, gt=True):
    """Inputs and data sample as LoadInversion and PackInputs make them."""
    generator = torch.Generator().manual_seed(len(key) + side)
    images = torch.rand(3, 3, side, side, generator=generator) * 255
    if grey:
        images[0] = images[0, :1]
    sample = DataSample(gt_img=images[2]) if gt else DataSample()
    sample.set_metainfo(dict(key=key))
    return images[0], images[1], sample


def collate(*samples):
    img, prior, data_samples = zip(*samples)
    return dict(img=list(img), prior=list(prior)), list(data_samples)


def editor(**options):
    torch.manual_seed(0)
    return MODELS.build(dict(type='BIGPrior', phi=SMALL) | options).eval()


def test_published_network_equals_the_official_code(shared):
    weights = shared('data/priors/bigprior_phi_col_church.pth')
    data = np.load(shared('golden/bigprior/all_nets_64crop.npz'))
    grey, prior = (torch.from_numpy(data[k]).double() + 0.5 for k in ('gray', 'gan'))
    network = build_phi({}, weights).double().eval()
    assert (network.in_channels, len(network.layers)) == (1, 48)
    with torch.no_grad():
        fused, phi = weigh_and_fuse(network, grey.expand(-1, 3, -1, -1), prior)
    assert relative(phi, data['phi_col_church_1']) < 1e-5
    assert relative(fused - 0.5, data['out_col_church_1']) < 1e-5
    # The official φ is not bounded; with a sigmoid it is another map.
    assert phi.min() < 0 or phi.max() > 1


@pytest.mark.parametrize('parity', [False, True])
def test_loss_is_that_of_equation_14(parity):
    model = editor(parity=parity, rho=0.3).double().train()
    inputs, samples = collate(stored('a'), stored('bb'))
    inputs = {k: [v.double() for v in images] for k, images in inputs.items()}
    loss = model(inputs, samples, mode='loss')
    data, prior, gt = (
        torch.stack(images).flip(1) / 255
        for images in (inputs['img'], inputs['prior'], [s.gt_img for s in samples])
    )
    phi = data - 0.5 - model.phi.layers(data - 0.5)
    error = (((1 - phi) * data + phi * prior - gt) ** 2).mean()
    bias = abs(phi.mean()) if parity else abs(phi).mean()
    assert loss['loss_mse'].item() == pytest.approx(error.item(), rel=1e-9)
    assert loss['loss_phi'].item() == pytest.approx(0.3 * bias.item(), rel=1e-9)
    # Otherwise the two norms could not be told apart here.
    assert abs(phi.mean()) < 0.9 * abs(phi).mean()
    log, _ = model.parse_losses(loss)
    assert log.item() == pytest.approx((error + 0.3 * bias).item(), rel=1e-9)


def test_training_lowers_the_loss():
    model = editor().train()
    inputs, samples = collate(stored('a'), stored('bb'))
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    losses = []
    for _ in range(30):
        loss = model(inputs, samples, mode='loss')['loss_mse']
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_fuses_stored_inversions_of_any_size_one_by_one():
    model = editor()
    inputs, samples = collate(stored('a'), stored('bb', side=24))
    together = model(inputs, samples, mode='predict')
    for i, side in enumerate((16, 24)):
        output = together[i].output
        assert output.main == 'BIGPrior' and output.phi.shape == (3, side, side)
        assert list(output.variants) == ['prior', 'BIGPrior']
        torch.testing.assert_close(output.variants['prior'], inputs['prior'][i])
        phi = output.phi.flip(0)
        fused = ((1 - phi) * inputs['img'][i] + phi * inputs['prior'][i]).clamp(0, 255)
        torch.testing.assert_close(output.pred_img, fused)
        alone = model(*collate([stored('a'), stored('bb', side=24)][i]), mode='predict')
        assert torch.equal(alone[0].output.pred_img, output.pred_img)


def test_a_grey_network_sees_the_luminance_and_fuses_three_channels():
    model = editor(phi=SMALL | dict(in_channels=1))
    inputs, samples = collate(stored('a', grey=True))
    output = model(inputs, samples, mode='predict')[0].output
    assert output.phi.shape == (3, 16, 16)
    assert not torch.equal(output.phi[0], output.phi[1])


def test_only_what_the_metrics_see_may_leave_the_range():
    inputs, samples = collate(stored('a'))
    free = editor(clamp=False)(inputs, samples, mode='predict')[0].output.pred_img
    clamped = editor()(*collate(stored('a')), mode='predict')[0].output.pred_img
    assert free.min() < 0 or free.max() > 255
    assert torch.equal(free.clamp(0, 255), clamped)


def test_bounded_phi_stays_in_the_unit_interval():
    inputs, samples = collate(stored('a'))
    free, bounded = (
        editor(phi=SMALL | dict(bounded=b))(*collate(stored('a')), mode='predict')[0].output.phi
        for b in (False, True)
    )
    assert free.min() < 0
    assert 0 < bounded.min() and bounded.max() < 1
    torch.testing.assert_close(bounded, free.sigmoid())


def test_phi_can_see_the_prior():
    phi = build_phi(SMALL | dict(sees_prior=True)).eval()
    data, prior = torch.rand(2, 1, 3, 8, 8)
    _, one = weigh_and_fuse(phi, data, prior)
    _, other = weigh_and_fuse(phi, data, 1 - prior)
    assert not torch.allclose(one, other)
    plain = build_phi(SMALL).eval()
    assert torch.equal(weigh_and_fuse(plain, data, prior)[1], weigh_and_fuse(plain, data, data)[1])


def test_official_start_of_the_weights():
    torch.manual_seed(0)
    phi = build_phi(dict(in_channels=1, channels=64, depth=4))
    phi.init_weights()
    conv, norm = phi.layers[2], phi.layers[3]
    assert conv.weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)
    assert norm.weight.abs().max() == 0.025
    assert 0 < (norm.weight.abs() < 0.025).float().mean() < 0.6
    assert torch.equal(norm.bias, torch.zeros(64))


@pytest.mark.parametrize('layout', ['official', 'converted', 'runner'])
def test_weights_of_every_layout(layout, tmp_path):
    # Of a width and depth that only the file tells.
    phi = build_phi(dict(in_channels=1, channels=6, depth=4, sees_prior=layout == 'runner'))
    phi.init_weights()
    state = phi.state_dict()
    if layout == 'official':
        del state['is_bounded']
        state = {k.replace('layers.', 'module.backbone.dncnn.'): v for k, v in state.items()}
    if layout == 'runner':
        state = {f'phi.{k}': v for k, v in state.items()} | {'prior_editor.x': torch.zeros(1)}
        state = {'state_dict': state, 'meta': {'epoch': 3}}
    torch.save(state, tmp_path / 'phi.pth')
    model = editor(phi=dict(type='PhiNetwork'), checkpoint=str(tmp_path / 'phi.pth'))
    model.init_weights()  # what the Runner does first; it must not touch them
    loaded = model.phi.state_dict()
    assert loaded.keys() == phi.state_dict().keys()
    assert all(torch.equal(loaded[k], v) for k, v in phi.state_dict().items())


def test_weights_that_are_none(tmp_path):
    with pytest.raises(UserError, match="'nowhere.pth' not found.*MGP_PHI_CHECKPOINT"):
        editor(checkpoint='nowhere.pth')
    torch.save({'weight': torch.zeros(1)}, tmp_path / 'other.pth')
    with pytest.raises(UserError, match='other.pth.*no φ network'):
        editor(checkpoint=str(tmp_path / 'other.pth'))
    torch.save(build_phi(SMALL).state_dict(), tmp_path / 'phi.pth')
    with pytest.raises(UserError, match='phi.pth.*does not fit'):
        editor(phi=SMALL | dict(channels=5), checkpoint=str(tmp_path / 'phi.pth'))


def test_a_checkpoint_tells_whether_phi_is_bounded(tmp_path):
    path = tmp_path / 'epoch_1.pth'
    trained = editor(phi=SMALL | dict(bounded=True))
    state = trained.state_dict()
    torch.save(dict(state_dict=state), path)
    model = editor(phi={}, checkpoint=str(path))
    inputs, samples = collate(stored('a'))
    phi = model(inputs, samples, mode='predict')[0].output.phi
    assert 0 < phi.min() and phi.max() < 1
    with pytest.raises(UserError, match=r"epoch_1.pth'.*bounded=True.*bounded=False: set"):
        editor(phi=dict(bounded=False), checkpoint=str(path))
    # The Runner fills a model that is trained on in this way.
    with pytest.raises(UserError, match='trained with bounded=True'):
        editor().load_state_dict(state)
    # A file that does not tell goes by the config, as before.
    del state['phi.is_bounded']
    torch.save(dict(state_dict=state), path)
    for bounded in (True, False):
        assert editor(phi=dict(bounded=bounded), checkpoint=str(path)).phi.bounded is bounded
    assert not editor(phi={}, checkpoint=str(path)).phi.bounded


@pytest.mark.parametrize('channels', [2, 4])
def test_weights_of_an_odd_number_of_channels_are_named(channels, tmp_path):
    state = build_phi(SMALL).state_dict()
    state['layers.0.weight'] = torch.zeros(4, channels + 3 * (channels == 4), 3, 3)
    torch.save(state, tmp_path / 'phi.pth')
    with pytest.raises(UserError, match=f"phi.pth': in_channels={channels}"):
        build_phi({}, tmp_path / 'phi.pth')


@pytest.mark.parametrize('mode', ['predict', 'loss'])
@pytest.mark.parametrize('kind', ['BIGPrior', 'DnCNN'])
def test_phi_of_the_wrong_kind(kind, mode, tmp_path):
    for channels in (1, 3):
        torch.save(build_phi(SMALL | dict(in_channels=channels)).state_dict(), tmp_path / 'a.pth')
        model = MODELS.build(dict(type=kind, checkpoint=str(tmp_path / 'a.pth'))).eval()
        img, prior, sample = stored('b', grey=channels == 3)
        if channels == 3:
            sample.set_metainfo(dict(img_color_type='grayscale'))
        given = 'in colour' if channels == 1 else 'grey'
        with pytest.raises(UserError, match=f"a.pth'.*in_channels={channels}.*'b' is {given}"):
            model(dict(img=[img], prior=[prior]), [sample], mode=mode)
        # A colour picture without any colour is one all the same.
        model(*collate(stored('b', grey=True)), mode=mode)


def test_phi_of_the_wrong_kind_end_to_end(make_sample):
    for channels, degradation, given in ((1, NOISY, 'in colour'), (3, LUMINANCE, 'grey')):
        phi = SMALL | dict(in_channels=channels)
        model = editor(phi=phi, prior_editor=dict(type='PseudoInverse'))
        with pytest.raises(UserError, match=f'in_channels={channels}.*{given}'):
            model([], [make_sample('a', degradation)], mode='predict')


@pytest.mark.parametrize(
    'prior_editor',
    [
        dict(
            type='IAGAN',
            prior=BEGAN,
            stages=[dict(name='CSGM', iterations=2), dict(name='IAGAN', iterations=2)],
        ),
        dict(type='MGANPrior', prior=BEGAN, layer=1, codes=2, stages=[dict(iterations=2)]),
        dict(type='PseudoInverse'),
    ],
    ids=lambda cfg: cfg['type'],
)
def test_end_to_end_with_any_editor_as_prior(prior_editor, make_sample):
    torch.manual_seed(0)  # one generator for both editors
    options = dict(clamp=False)
    alone = MODELS.build(prior_editor | options)
    model = editor(phi=SMALL | dict(in_channels=1), prior_editor=prior_editor, **options)
    if hasattr(alone, 'prior'):
        model.prior_editor.prior.load_state_dict(alone.prior.state_dict())
    sample = make_sample('a', LUMINANCE)
    output = model([], [sample], mode='predict')[0].output
    expected = alone([], [make_sample('a', LUMINANCE)], mode='predict')[0].output
    assert list(output.variants) == [*expected.variants, 'BIGPrior']
    prior = expected.pred_img.flip(0) / 255
    torch.testing.assert_close(output.variants[expected.main].flip(0) / 255, prior)
    y = sample.metainfo['measurement'].y + 0.5
    fused = (1 - output.phi) * y + output.phi * prior
    torch.testing.assert_close(output.pred_img.flip(0) / 255, fused, atol=1e-5, rtol=1e-5)


def batch_of(sample):
    from mmgenprior.degradations import get_degradation

    m = sample.metainfo['measurement']
    params = {k: v[None] for k, v in m.params.items()}
    operator = get_degradation(m.degradation)
    return MeasurementBatch(m.y[None], operator, m.image_shape, [m.key], params)


def test_measurements_as_images(make_sample):
    grey = batch_of(make_sample('a', LUMINANCE))
    assert torch.equal(data_image(grey), (grey.y + 0.5).expand(-1, 3, -1, -1))
    noisy = batch_of(make_sample('a', NOISY))
    assert torch.equal(data_image(noisy), noisy.y) and noisy.y.min() < 0
    small = batch_of(make_sample('a', SR4))
    assert data_image(small).shape == (1, 3, 16, 16)
    assert torch.equal(data_image(small), small.bound().pseudo_inverse(small.y))


def test_dncnn_is_the_backbone_alone():
    torch.manual_seed(0)
    model = MODELS.build(dict(type='DnCNN', network=SMALL)).eval()
    inputs, samples = collate(stored('a'))
    output = model(inputs, samples, mode='predict')[0].output
    x = inputs['img'][0].flip(0)[None] / 255
    expected = x - model.phi.layers(x - 0.5)
    torch.testing.assert_close(output.pred_img.flip(0)[None] / 255, expected.clamp(0, 1).detach())
    gt = samples[0].gt_img.flip(0)[None] / 255
    loss = model(inputs, samples, mode='loss')
    torch.testing.assert_close(loss['loss_mse'], ((expected - gt) ** 2).mean())


def test_dncnn_restores_measurements(make_sample):
    model = MODELS.build(dict(type='DnCNN', network=SMALL)).eval()
    output = model([], [make_sample('a', NOISY)], mode='predict')[0].output
    assert output.main == 'DnCNN' and torch.isfinite(output.pred_img).all()


@pytest.mark.parametrize('kind', ['BIGPrior', 'DnCNN'])
def test_a_measurement_does_not_depend_on_its_neighbours(kind, make_sample):
    torch.manual_seed(0)
    if kind == 'BIGPrior':
        model = editor(phi=SMALL, prior_editor=dict(type='PseudoInverse'), clamp=False)
    else:
        model = MODELS.build(dict(type='DnCNN', network=SMALL, clamp=False)).eval()

    def restored(*keys):
        found = model([], [make_sample(key, NOISY) for key in keys], mode='predict')
        return [sample.output.pred_img for sample in found]

    together = restored(*'abcdefgh')
    for one, key in zip(together, 'abcdefgh'):
        assert torch.equal(one, restored(key)[0])


def test_what_is_missing_is_named(make_sample):
    with pytest.raises(UserError, match='prior_editor'):
        editor()([], [make_sample('a')], mode='predict')
    img, prior, sample = stored('a', gt=False)
    with pytest.raises(UserError, match='LoadInversion'):
        editor()([img], [sample], mode='predict')
    with pytest.raises(UserError, match='ground truth'):
        editor()(dict(img=[img], prior=[prior]), [sample], mode='loss')
    with pytest.raises(UserError, match='^bb is 24×24, .* 16×16: train on crops'):
        editor()(*collate(stored('a'), stored('bb', side=24)), mode='loss')


def test_other_editors_still_have_no_loss(make_sample):
    class Plain(RestorationEditor):
        def restore(self, batch):
            return Restoration({'plain': batch.y})

    with pytest.raises(UserError, match='no trainable part'):
        Plain()([], [make_sample('a')], mode='loss')
