"""A small classifier of toy faces, which the defence task attacks."""

_base_ = ['_base_/runtime/training.py', '_base_/data/toyfaces_train.py']

model = dict(
    type='TorchvisionClassifier',
    classifier='shufflenet_v2_x0_5',
    num_classes=5,
    data_preprocessor=dict(type='DataPreprocessor'),
)
train_dataloader = dict(
    dataset=dict(labels=True, pipeline=[dict(type='PackInputs'), dict(type='FlattenLabel')]),
)
optim_wrapper = dict(
    _delete_=True, type='OptimWrapper', optimizer=dict(type='AdamW', lr=2e-3, weight_decay=0.01)
)
param_scheduler = dict(type='CosineAnnealingLR', T_max=1500, by_epoch=False)
model_wrapper_cfg = dict(_delete_=True, type='MMDistributedDataParallel')
custom_hooks = []
train_cfg = dict(max_iters=1500)
