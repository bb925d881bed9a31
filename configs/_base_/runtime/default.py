"""How every restoration runs: one pass over the data, results into the work dir."""

default_scope = 'mmagic'
custom_imports = dict(imports=['mmgenprior.components'], allow_failed_imports=False)

test_cfg = dict(type='RestorationTestLoop')
test_evaluator = dict(
    type='RestorationEvaluator',
    metrics=[
        dict(type='PSNR'),
        dict(type='PooledPSNR'),
        dict(type='SSIM'),
        dict(type='MAE'),
        dict(type='MSE'),
        dict(type='MeasurementConsistency'),
        # Where there is a hole.
        dict(type='RegionPSNR'),
        dict(type='RegionSSIM'),
        # Where there are intervals.
        dict(type='Coverage'),
    ],
)

# The framework's own reports would bury the result: the report hook and the progress bar speak.
default_hooks = dict(
    timer=None,
    logger=None,
    param_scheduler=None,
    checkpoint=None,
    progress=dict(type='InversionProgressHook'),
    # Writes the maps of an editor with maps=True.
    maps=dict(type='MapsHook'),
    report=dict(type='RestorationReportHook'),
    # Tells the visualizer's backends, where there are any (docs/openmmlab.md).
    backends=dict(type='VisBackendsHook'),
)
visualizer = dict(type='Visualizer', vis_backends=None)
log_level = 'WARNING'

env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=4),
    dist_cfg=dict(backend='nccl'),
)
randomness = dict(seed=0)
load_from = None
resume = False
