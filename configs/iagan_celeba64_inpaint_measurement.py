"""IAGAN on damaged files of 64×64, each with a mask file of the same name in MGP_DATA_ROOT/masks.

White in the mask is observed; ``test_dataloader.dataset.invert_mask=True`` reverses that.
"""

_base_ = [
    '_base_/data/measured.py',
    '_base_/degradations/inpaint_file.py',
    '_base_/iagan_began64.py',
]
model = dict(back_projection=True)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation, data_prefix=dict(mask='masks')))
