"""DnCNN for blind denoising of conference rooms, on the data of φ (BIGPrior paper, Table V)."""

_base_ = './bigprior_train_lsunconference_denoise.py'

model = dict(_delete_=True, type='DnCNN', network=dict(type='PhiNetwork', in_channels=3))
