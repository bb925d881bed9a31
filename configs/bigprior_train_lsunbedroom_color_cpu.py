"""The same on random crops, mirrored at random, and in bfloat16, for a CPU: 60 shorter epochs."""

_base_ = './bigprior_train_lsunbedroom_color.py'

train_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='LoadInversion'),
            dict(type='FixedCrop', keys=['gt', 'img', 'prior'], crop_size=(64, 64)),
            dict(type='Flip', keys=['gt', 'img', 'prior'], flip_ratio=0.5),
            dict(type='PackInputs', keys=['img', 'prior'], meta_keys=['key']),
        ],
    ),
)
train_cfg = dict(max_epochs=60)
param_scheduler = dict(periods=[300] * 5, restart_weights=[1] * 5)
# The end of every cycle of step sizes is kept.
default_hooks = dict(checkpoint=dict(interval=12, max_keep_ckpts=-1))
optim_wrapper = dict(type='BFloat16OptimWrapper')
custom_hooks = [dict(type='ChannelsLastHook')]
