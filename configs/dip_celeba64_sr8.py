"""Deep image prior, faces of 64×64 from 8×8."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/datasets/faces64.py',
    './_base_/degradations/sr8.py',
    './_base_/schedules/dip.py',
]

# An eighth of 4,000: 64×64 is over-fitted sooner (×4: 23.6 dB after 400, 23.4 dB after 1,200).
model = dict(iterations=500, channels=64)
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            {{_base_.load_photo}},
            dict(type='Degrade', degradation={{_base_.degradation}}),
            {{_base_.pack}},
        ],
    ),
)
