"""Deep image prior, IAGAN paper, Figure 7, misaligned CelebA ×4."""

_base_ = ['_base_/data/celeba128.py', '_base_/degradations/sr4.py', '_base_/dip.py']
model = dict(iterations=2000)
test_dataloader = dict(
    dataset=dict(
        degradation=_base_.degradation, before_degrade=[dict(type='Translate', shift=[8, 0])]
    ),
)
