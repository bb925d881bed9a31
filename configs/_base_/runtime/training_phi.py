"""How a φ network is trained: epochs, a line and a checkpoint for each."""

default_scope = 'mmagic'
custom_imports = dict(imports=['mmgenprior.components'], allow_failed_imports=False)

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=25)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=0.01))

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=25),
    checkpoint=dict(type='CheckpointHook', interval=1, max_keep_ckpts=2, save_optimizer=True),
)
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
