"""CelebA faces from m Gaussian projections of n = 49,152 (IAGAN, Figure 2); a config says m."""

_base_ = './data/celeba128.py'
test_dataloader = dict(
    dataset=dict(
        degradation=dict(
            # The papers' operators act on images in [-1, 1]: what lies outside is mid-grey.
            centre=0.5,
            physics=dict(type='GaussianCompressedSensing', seed=0),
            noise=None,
        )
    )
)
