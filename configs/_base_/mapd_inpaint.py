"""MAP-D with its blending, beside the classical methods."""

_base_ = './mapd.py'
model = dict(
    # Chosen on six training faces: 23.87 dB at 0, 23.96 at 3e-4, 23.60 at 1e-3, 23.57 at 3e-3.
    realism=3e-4,
    blending=True,
    # Weights of the classical methods: chosen on training faces.
    baselines=[
        dict(type='MeasurementPicture'),
        dict(type='TotalVariation', weight=1e-3, step=100.0, iterations=150),
        dict(type='LowRank', weight=1e-3, step=100.0, iterations=150),
        dict(type='SparseCoding', weight=1e-3, step=100.0, iterations=100),
    ],
)
