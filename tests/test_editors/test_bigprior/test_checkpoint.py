"""Weights of φ networks that are refused."""

import pytest
import torch

from mmgenprior.editors.bigprior import build_phi
from mmgenprior.priors import CheckpointError


@pytest.mark.parametrize('old', ['layers.', 'backbone.dncnn.'])
@pytest.mark.parametrize(
    ('make', 'said'),
    [(lambda v: v * float('nan'), 'not finite'), (lambda v: v.int(), 'no floating-point numbers')],
)
def test_weights_that_are_no_numbers(make, said, old, tmp_path):
    state = build_phi(dict(in_channels=1, channels=4, depth=3)).state_dict()
    state['layers.3.bias'] = make(state['layers.3.bias'])
    file = tmp_path / 'phi.pth'
    torch.save({key.replace('layers.', old): value for key, value in state.items()}, file)
    with pytest.raises(CheckpointError, match=f'{said}.*3.bias') as error:
        build_phi({}, file)
    assert str(file) in str(error.value) and '\n' not in str(error.value)
