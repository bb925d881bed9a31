"""Methods with a generator that is not MMagic's: latents that are no vectors, images not square."""

import pytest
import torch
from mmagic.registry import MODELS
from torch import nn

import mmgenprior.components  # noqa: F401  (registers)
from mmgenprior.utils.errors import UserError

SHAPE = (3, 8, 16)
SR4 = dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5)


class Decoder(nn.Module):
    """Latents B×2×4×8 to images B×3×8×16; no chain, for the sine between its layers."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 6, 3, padding=1)
        self.last = nn.ConvTranspose2d(6, 3, 4, stride=2, padding=1)

    def forward(self, z):
        return torch.tanh(self.last(torch.sin(self.first(z))))


def prior_of(form='module'):
    torch.manual_seed(0)
    module = Decoder().eval()
    if form != 'module':
        module = torch.jit.trace(module, torch.zeros(2, 2, 4, 8))
    if form == 'frozen':
        module = torch.jit.freeze(module)
    return dict(type='ModulePrior', module=module, latent_shape=(2, 4, 8))


METHODS = {
    'CSGM': dict(
        type='CSGM',
        stages=dict(CSGM=dict(iterations=4, latent_box=1.0)),
        restarts=2,
        back_projection=True,
    ),
    'candidates': dict(
        type='GANInversion',
        start=dict(
            type='CandidatesStart',
            candidates=3,
            search_class=False,
            objective=[dict(type='DataFidelityTerm')],
        ),
        stages=[dict(name='LM', iterations=2, optimizer=dict(type='LevenbergMarquardt', chunk=9))],
        objective=[
            dict(type='LikelihoodTerm'),
            dict(type='LatentNormTerm', reduction='sum'),
        ],
    ),
    'IAGAN': dict(
        type='IAGAN',
        stages=dict(CSGM=dict(iterations=2), IAGAN=dict(iterations=2, weight_lr=[1e-3, 1e-4])),
        back_projection=True,
    ),
    'GaussNewton': dict(
        type='GaussNewton',
        stages=dict(
            descent=dict(iterations=3),
            adapted=dict(iterations=2, weight_lr=1e-3),
            sampled=dict(iterations=2, weight_lr=1e-3),
        ),
        clamp=False,
    ),
}


def restored(editor, sample):
    return editor.restore(sample.metainfo['measurement'].bind())


@pytest.mark.parametrize('form', ['module', 'TorchScript', 'frozen'])
@pytest.mark.parametrize('method', METHODS)
def test_every_method(method, form, make_sample):
    editor = MODELS.build(dict(METHODS[method], prior=prior_of(form)))
    sample = make_sample('a', SR4, SHAPE)
    if (method, form) == ('IAGAN', 'frozen'):
        with pytest.raises(UserError, match='has no weights to adapt.*such as CSGM') as error:
            restored(editor, sample)
        assert '\n' not in str(error.value)
        return
    found = restored(editor, sample)
    for image in found.variants.values():
        assert image.shape == (1, *SHAPE) and image.isfinite().all()
    if method == 'GaussNewton':
        assert [s.name for s in editor.adaptation.stages] == ['adapted']
        assert found.extras['std'].shape == (1, 1, 8, 16) and found.extras['std'].max() > 0


def test_forms_agree(make_sample):
    sample = make_sample('a', SR4, SHAPE)
    one, other = (
        restored(MODELS.build(dict(METHODS['IAGAN'], prior=prior_of(form))), sample).variants
        for form in ('module', 'TorchScript')
    )
    for name, image in one.items():
        torch.testing.assert_close(other[name], image, rtol=0, atol=1e-5)


def test_a_batch_equals_single_images(make_sample):
    editor = MODELS.build(dict(METHODS['IAGAN'], prior=prior_of(), lanes=1))
    samples = [make_sample(key, SR4, SHAPE) for key in 'ab']
    together = editor([], samples, mode='predict')
    for sample, found in zip(samples, together):
        (alone,) = editor([], [sample], mode='predict')
        for name, image in alone.output.variants.items():
            assert torch.equal(image, found.output.variants[name]), name


def test_the_wrong_size_is_named(make_sample):
    editor = MODELS.build(dict(METHODS['CSGM'], prior=prior_of()))
    with pytest.raises(UserError, match='the image is 16×16, the generator makes 16×8'):
        restored(editor, make_sample('a', SR4, (3, 16, 16)))
