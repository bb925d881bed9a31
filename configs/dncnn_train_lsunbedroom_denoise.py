"""DnCNN for blind denoising of bedrooms, on the data of φ (BIGPrior paper, Table V)."""

_base_ = './bigprior_train_lsunbedroom_denoise.py'

model = dict(_delete_=True, type='DnCNN', network=dict(type='PhiNetwork', in_channels=3))
