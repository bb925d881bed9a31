"""CelebA faces, aligned and cropped as BEGAN was trained, MGP_DATA_ROOT/celeba128."""

_base_ = './photographs.py'
test_dataloader = dict(batch_size=10, dataset=dict(data_prefix=dict(gt='celeba128'), size=128))
