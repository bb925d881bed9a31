"""Files that are already degraded, MGP_DATA_ROOT/measured; no ground truth is needed.

With photographs of the same names in MGP_DATA_ROOT/truth, metrics are computed too:
``--cfg-options test_dataloader.dataset.data_prefix.gt=truth``.
"""

_base_ = './photographs.py'
test_dataloader = dict(
    batch_size=8, dataset=dict(data_prefix=dict(img='measured'), optional=['gt'], size=64)
)
