"""How every GAN is trained: iterations, checkpoints, and sheets of samples of the same latents."""

default_scope = 'mmagic'
custom_imports = dict(imports=['mmgenprior.components'], allow_failed_imports=False)

train_cfg = dict(type='IterBasedTrainLoop')
optim_wrapper = dict(constructor='MultiOptimWrapperConstructor')
model_wrapper_cfg = dict(type='MMSeparateDistributedDataParallel', broadcast_buffers=False)

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=100, log_metric_by_epoch=False),
    checkpoint=dict(type='CheckpointHook', interval=1000, by_epoch=False, max_keep_ckpts=2),
)
samples = dict(
    type='VisualizationHook',
    interval=500,
    fixed_input=True,
    n_samples=64,
    vis_kwargs_list=dict(type='GAN', name='samples'),
)
custom_hooks = [samples]
log_processor = dict(type='LogProcessor', by_epoch=False)
visualizer = dict(type='Visualizer', vis_backends=[dict(type='VisBackend')])
log_level = 'INFO'

env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
randomness = dict(seed=0)
load_from = None
resume = False
