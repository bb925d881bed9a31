"""MAP-D; classical methods do not colour (section 4.2)."""

model = dict(
    type='MAPD',
    search=dict(iterations=1000, lr=0.03),
    realism=1e-3,
    baselines=[dict(type='MeasurementPicture')],
)
