"""Toy faces that no training has seen, two of each class, rendered on the fly."""

_base_ = './loader.py'
test_dataloader = dict(batch_size=8, dataset=dict(type='ToyFacesDataset', split='test', length=10))
