"""The attack of the defence task, on a small classifier with random weights."""

import pytest
import torch
import torch.nn.functional as F

from mmgenprior.classifiers import load_classifier
from mmgenprior.degradations import DegradationError, build_degradation
from mmgenprior.utils.errors import UserError

SMALL = dict(
    type='AdversarialAttack',
    classifier='shufflenet_v2_x0_5',
    weights=None,
    num_classes=5,
    size=None,
    epsilon=0.03,
)


def attacked(x, **options):
    degradation = build_degradation(dict(physics=SMALL | options, centre=0.5))
    bound = degradation.bind({}, tuple(x.shape[1:]))
    return bound, bound.forward_operator(x) + 0.5


@pytest.fixture(scope='module')
def photos():
    return torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize('method', ['pgd', 'fgsm'])
def test_it_raises_the_loss_within_its_bound(photos, method):
    with torch.no_grad():  # as under the Runner
        bound, image = attacked(photos, method=method)
        logits = bound.physics.logits
        label = logits(photos).argmax(1)
        before, after = (
            F.cross_entropy(logits(v), label, reduction='none') for v in (photos, image)
        )
    assert (after > before).all()
    assert (image - photos).abs().max() <= 0.03 + 1e-6
    assert 0 <= image.min() and image.max() <= 1
    assert not image.requires_grad


def test_several_steps_go_further_and_depend_on_the_photo_alone(photos):
    bound, far = attacked(photos, steps=20)
    _, near = attacked(photos, method='fgsm', step_size=0.01)
    logits = bound.physics.logits
    label = logits(photos).argmax(1)
    assert F.cross_entropy(logits(far), label) > F.cross_entropy(logits(near), label)
    _, again = attacked(photos, steps=20)
    assert torch.equal(far, again)
    _, alone = attacked(photos[1:], steps=20)
    assert torch.equal(alone[0], far[1])


def test_the_loss_sees_the_identity(photos):
    bound, _ = attacked(photos)
    assert torch.equal(bound.predict(photos), photos - 0.5)


def test_errors(photos, tmp_path):
    with pytest.raises(DegradationError, match='epsilon=2'):
        attacked(photos, epsilon=2)
    with pytest.raises(DegradationError, match='method'):
        attacked(photos, method='cw')
    with pytest.raises(UserError, match="no classifier 'resnet51'"):
        attacked(photos, classifier='resnet51')
    with pytest.raises(UserError, match=r'checkpoint .* not found'):
        attacked(photos, weights=str(tmp_path / 'none.pth'))
    torch.save({'fc.weight': torch.zeros(1)}, tmp_path / 'other.pth')
    with pytest.raises(UserError, match='does not fit shufflenet_v2_x0_5'):
        attacked(photos, weights=str(tmp_path / 'other.pth'))


def test_the_classifier_is_loaded_once():
    arguments = ('shufflenet_v2_x0_5', None, 5)
    assert load_classifier(*arguments) is load_classifier(*arguments)
