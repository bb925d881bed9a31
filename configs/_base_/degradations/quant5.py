"""Five levels per channel (MAP-D, section 4.1); the identity inside the loss."""

degradation = dict(centre=0.5, physics=dict(type='Quantization', levels=5), noise=None)
