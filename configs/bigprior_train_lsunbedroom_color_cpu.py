"""The same on random crops and in bfloat16, for a CPU."""

_base_ = './bigprior_train_lsunbedroom_color.py'

train_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='LoadInversion'),
            dict(type='FixedCrop', keys=['gt', 'img', 'prior'], crop_size=(96, 96)),
            dict(type='PackInputs', keys=['img', 'prior'], meta_keys=['key']),
        ],
    ),
)
optim_wrapper = dict(type='BFloat16OptimWrapper')
custom_hooks = [dict(type='ChannelsLastHook')]
