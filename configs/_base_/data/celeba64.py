"""Face photographs, MGP_DATA_ROOT/faces64; other sizes are cropped and resized to 64×64."""

_base_ = './photographs.py'
test_dataloader = dict(batch_size=8, dataset=dict(data_prefix=dict(gt='faces64'), size=64))
