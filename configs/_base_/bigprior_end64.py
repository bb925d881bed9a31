"""BIGPrior end to end, over the inversions that the editor of another config makes.

With what tells a fusion from its prior: quality, mean φ, and the noise that it should follow.
"""

fusion = dict(
    type='BIGPrior',
    checkpoint='{{$MGP_PHI_CHECKPOINT:checkpoints/bigprior_phi.pth}}',
    baselines=[dict(type='MeasurementPicture')],
    maps=True,
)
fusion_metrics = [
    dict(type='PSNR'),
    dict(type='SSIM'),
    dict(type='RegionPSNR'),
    dict(type='RegionSSIM'),
    dict(type='ColorizationAuC'),
    dict(type='MeasurementConsistency'),
    dict(type='MeanPhi'),
    dict(type='NoiseLevel'),
]
