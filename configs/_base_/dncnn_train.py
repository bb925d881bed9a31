"""DnCNN trained on the data of φ."""

_base_ = './bigprior_train_denoise.py'
model = dict(_delete_=True, type='DnCNN', network=dict(type='PhiNetwork', in_channels=3))
