"""φ on 80 inversions of 64×64, mirrored at random: a smaller network than the paper's, for a CPU.

60 epochs of 10 iterations, two cycles of step sizes; the last epoch is the end of one.
"""

_base_ = './bigprior_train.py'
model = dict(phi=dict(channels=32, depth=12))
train_dataloader = dict(
    dataset=dict(
        indices=80,
        pipeline=[
            dict(type='LoadInversion'),
            dict(type='Flip', keys=['gt', 'img', 'prior'], flip_ratio=0.5),
            dict(type='PackInputs', keys=['img', 'prior'], meta_keys=['key']),
        ],
    ),
)
train_cfg = dict(max_epochs=60)
param_scheduler = dict(periods=[300] * 2, restart_weights=[1] * 2)
