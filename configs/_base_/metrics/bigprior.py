"""What tells a fusion from its prior: quality, mean φ, and the noise that it should follow."""

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
