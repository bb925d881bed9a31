"""CSGM, IAGAN paper, Figure 2, m = 30,000."""

_base_ = ['_base_/cs_rows.py', '_base_/csgm_began.py']
model = dict(back_projection=True)
test_dataloader = dict(dataset=dict(degradation=dict(physics=dict(m=30000))))
