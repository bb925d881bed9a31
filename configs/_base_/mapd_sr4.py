"""MAP-D beside the classical methods."""

_base_ = './mapd.py'
model = dict(
    # Chosen on eight training faces: 21.61 dB at 0, 21.63 at 3e-4, 21.65 at 1e-3, 20.53 at 3e-3.
    realism=1e-3,
    # Weights of the classical methods: chosen on training faces.
    baselines=[
        dict(type='Bicubic'),
        dict(type='TotalVariation', weight=1e-3, step=30.0, iterations=60),
        dict(type='LowRank', weight=1e-3, step=30.0, iterations=60),
        dict(type='SparseCoding', weight=1e-3, step=30.0, iterations=60),
    ],
)
