"""Photographs below MGP_DATA_ROOT; a data set names its folder and the side of its pictures."""

_base_ = './loader.py'
test_dataloader = dict(dataset=dict(type='RestorationDataset', data_root='{{$MGP_DATA_ROOT:data}}'))
