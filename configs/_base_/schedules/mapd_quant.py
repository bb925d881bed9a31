"""MAP-D beside the classical methods."""

model = dict(
    type='MAPD',
    search=dict(iterations=1000, lr=0.03),
    realism=1e-3,
    # Weights of the classical methods: chosen on training faces.
    baselines=[
        dict(type='MeasurementPicture'),
        dict(type='TotalVariation', weight=0.07, iterations=20),
        dict(type='LowRank', weight=0.4, iterations=20),
        dict(type='SparseCoding', weight=0.08, iterations=10),
    ],
)
