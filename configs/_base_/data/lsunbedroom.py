"""LSUN bedrooms, validation pictures of 256×256, MGP_DATA_ROOT/lsun256/bedroom."""

_base_ = './photographs.py'
test_dataloader = dict(dataset=dict(data_prefix=dict(gt='lsun256/bedroom'), size=256))
