"""A demonstration that needs no file: IAGAN with random weights on a photograph of scikit-image."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/began_random64.py',
    './_base_/datasets/sample.py',
    './_base_/degradations/sr4.py',
    './_base_/schedules/iagan_began_sr.py',
]

model = dict(
    prior={{_base_.prior}},
    # Short: there is nothing to find in a generator that has learnt nothing.
    csgm=dict(iterations=100),
    adapt=dict(iterations=300, latent_lr=1e-3, weight_lr=1e-3),
    back_projection=True,
    baselines=[dict(type='Bicubic')],
)
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            {{_base_.load_photo}},
            dict(type='Degrade', degradation={{_base_.degradation}}),
            {{_base_.pack}},
        ],
    ),
)
default_hooks = dict(
    report=dict(
        notice='DEMONSTRATION: the generator has random weights, it has never seen a face.',
    ),
)
