"""IAGAN on damaged files of 64×64, each with a mask file of the same name in MGP_DATA_ROOT/masks.

White in the mask is observed; ``invert_mask=True`` of LoadMeasurement reverses that.
"""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/began_celeba64.py',
    './_base_/datasets/measured.py',
    './_base_/degradations/inpaint_file.py',
    './_base_/schedules/iagan_began64.py',
]

model = dict(prior={{_base_.prior}}, back_projection=True)
test_dataloader = dict(
    dataset=dict(
        data_prefix=dict(mask='masks'),
        pipeline=[
            dict(
                type='LoadMeasurement',
                degradation={{_base_.degradation}},
                image_shape=(3, 64, 64),
            ),
            {{_base_.load_truth}},
            {{_base_.pack}},
        ],
    ),
)
