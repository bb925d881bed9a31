"""MAP-D with its blending, beside the classical methods."""

model = dict(
    type='MAPD',
    search=dict(iterations=1000, lr=0.03),
    realism=1e-3,
    blending=True,
    # Weights of the classical methods: chosen on training faces.
    baselines=[
        dict(type='MeasurementPicture'),
        dict(type='TotalVariation', weight=1e-3, step=100.0, iterations=150),
        dict(type='LowRank', weight=1e-3, step=100.0, iterations=150),
        dict(type='SparseCoding', weight=1e-3, step=100.0, iterations=100),
    ],
)
