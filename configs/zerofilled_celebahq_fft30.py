"""Naive inverse FFT, IAGAN paper, Table 1, CelebA-HQ, 30 % of the Fourier coefficients."""

_base_ = [
    './_base_/runtime/perceptual.py',
    './_base_/datasets/celebahq1024.py',
    './_base_/degradations/fft30.py',
    './_base_/schedules/zerofilled.py',
]
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            {{_base_.load_photo}},
            dict(type='Degrade', degradation={{_base_.degradation}}),
            {{_base_.pack}},
        ],
    ),
)
