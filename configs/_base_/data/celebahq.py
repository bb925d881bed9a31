"""CelebA-HQ faces, 1024×1024, MGP_DATA_ROOT/celebahq1024."""

_base_ = './photographs.py'
test_dataloader = dict(dataset=dict(data_prefix=dict(gt='celebahq1024'), size=1024))
