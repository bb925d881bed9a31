"""An attack on torchvision's ResNet-50; the reconstruction is of the attacked image."""

degradation = dict(centre=0.5, physics=dict(type='AdversarialAttack', epsilon=8 / 255), noise=None)
