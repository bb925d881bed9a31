"""For a CPU: φ sees the prior too, on random crops, mirrored at random, and in bfloat16.

24 epochs, two cycles of step sizes; the last is the end of one.
"""

_base_ = './bigprior_train_lsunbedroom_color.py'

model = dict(phi=dict(sees_prior=True))
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
train_cfg = dict(max_epochs=24)
param_scheduler = dict(periods=[300] * 2, restart_weights=[1] * 2)
optim_wrapper = dict(type='BFloat16OptimWrapper')
custom_hooks = [dict(type='ChannelsLastHook')]
