"""DGP, hybrid restoration.

The paper gives no settings for its figure 8; these are those of table 9.
"""

_base_ = ['./runtime/default.py', './dgp_table9.py']
model = dict(candidates=dict(latent_scale=0.5), baselines=[dict(type='MeasurementPicture')])
