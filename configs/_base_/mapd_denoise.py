"""MAP-D beside the classical methods."""

_base_ = './mapd.py'
model = dict(
    # Chosen on eight training faces: 22.15 dB at 0, 22.14 at 3e-4, 21.99 at 1e-3, 21.31 at 3e-3.
    realism=3e-4,
    # Weights of the classical methods: chosen on training faces.
    baselines=[
        dict(type='MeasurementPicture'),
        dict(type='TotalVariation', weight=0.08, iterations=20),
        dict(type='LowRank', weight=0.8, iterations=20),
        dict(type='SparseCoding', weight=0.15, iterations=10),
    ],
)
