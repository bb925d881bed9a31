"""MAP-D; classical methods do not colour (section 4.2)."""

_base_ = './mapd.py'
model = dict(
    # Chosen on eight training faces: 19.12 dB at 0, 19.17 at 3e-4, 18.92 at 1e-3, 18.72 at 3e-3.
    realism=3e-4,
    baselines=[dict(type='MeasurementPicture')],
)
