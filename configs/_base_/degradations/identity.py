"""The photograph itself (reconstruction, manipulation)."""

degradation = dict(
    centre=0.5,
    physics=dict(type='Identity'),
    noise=None,
)
