"""A config changes a method's own stages by their names, in one way for all methods."""

import pytest

from mmgenprior.editors.presets import changed_stages, csgm_stage, iagan_stage
from mmgenprior.utils.errors import UserError

OWN = [csgm_stage(), iagan_stage()]


@pytest.mark.parametrize(
    'changes',
    [
        [dict(name='IAGAN', iterations=3, keep='last'), dict(name='CSGM', latent_lr=0.2)],
        dict(IAGAN=dict(iterations=3, keep='last'), CSGM=dict(latent_lr=0.2)),
    ],
)
def test_changes_reach_the_stage_of_their_name(changes):
    csgm, iagan = changed_stages('IAGAN', OWN, changes)
    assert csgm == OWN[0] | dict(latent_lr=0.2)
    assert iagan == OWN[1] | dict(iterations=3, keep='last')
    assert changed_stages('IAGAN', OWN, None) == OWN


def test_a_method_of_one_stage_needs_no_name():
    assert changed_stages('CSGM', OWN[:1], [dict(iterations=2)])[0]['iterations'] == 2


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ([dict(name='IAGN', iterations=1)], "no stage 'IAGN' .did you mean IAGAN"),
        ([dict(iterations=1)], 'no stage None: its stages are CSGM, IAGAN'),
        ([dict(name='CSGM'), dict(name='CSGM')], "two entries name 'CSGM'"),
        ('CSGM', 'must be a list'),
        ([3], 'is no dict'),
        (dict(CSGM=3), 'stages.CSGM: 3 is no dict'),
    ],
)
def test_mistakes_are_named(changes, message):
    with pytest.raises(UserError, match=message):
        changed_stages('IAGAN', OWN, changes)
