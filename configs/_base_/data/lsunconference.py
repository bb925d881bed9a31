"""LSUN conference rooms, validation pictures of 256×256, MGP_DATA_ROOT/lsun256/conference."""

_base_ = './photographs.py'
test_dataloader = dict(dataset=dict(data_prefix=dict(gt='lsun256/conference'), size=256))
