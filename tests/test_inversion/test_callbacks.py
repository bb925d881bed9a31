"""Whoever listens to a search is told every iteration of every stage."""

import torch

from mmgenprior.inversion import Inversion
from mmgenprior.structures import MeasurementBatch

STAGES = [
    dict(name='first', iterations=3, latent_lr=0.1),
    dict(name='second', iterations=2, latent_lr=0.1),
]


def test_stage_iteration_objective_and_image_are_told(prior, degradation, y):
    told = []

    def listen(stage, iteration, objective, image):
        told.append((stage, iteration, objective.clone(), image.clone()))

    inversion = Inversion(prior, STAGES, start=dict(type='RandomStart', restarts=2), lanes=4)
    batch = MeasurementBatch(y, degradation, prior.image_shape, list('abcde')).take([0, 1, 2])
    result = inversion(batch, callback=listen)
    # Six searches in lanes of four and two, then three images in one.
    assert [(s.name, i) for s, i, *_ in told] == [
        *[('first', i) for i in (1, 2, 3)] * 2,
        *[('second', i) for i in (1, 2)],
    ]
    assert [(s.first, s.last) for s, *_ in told] == [(0, 1)] * 3 + [(2, 2)] * 3 + [(0, 2)] * 2
    assert all(s.is_search and s.iterations == {'first': 3, 'second': 2}[s.name] for s, *_ in told)
    assert [tuple(image.shape) for *_, image in told] == (
        [(4, 3, 16, 16)] * 3 + [(2, 3, 16, 16)] * 3 + [(3, 3, 16, 16)] * 2
    )
    trace = torch.stack([objective for _, _, objective, _ in told[-2:]])
    assert torch.equal(trace, result.stages['second'].trace)
    assert inversion.work_per_image == 3 * 2 + 2
