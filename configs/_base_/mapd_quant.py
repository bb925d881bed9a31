"""MAP-D beside the classical methods."""

_base_ = './mapd.py'
model = dict(
    # Chosen on eight training faces: 20.63 dB at 0, 20.65 at 3e-4, 20.58 at 1e-3, 20.11 at 3e-3.
    realism=3e-4,
    # Weights of the classical methods: chosen on training faces.
    baselines=[
        dict(type='MeasurementPicture'),
        dict(type='TotalVariation', weight=0.07, iterations=20),
        dict(type='LowRank', weight=0.4, iterations=20),
        dict(type='SparseCoding', weight=0.08, iterations=10),
    ],
)
