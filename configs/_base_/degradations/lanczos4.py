"""Downsampling by 4 as in DGP: PIL's Lanczos filter; Lanczos-2 in the loss."""

degradation = dict(centre=0.5, physics=dict(type='PILLanczosDownsampling', factor=4), noise=None)
