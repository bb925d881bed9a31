"""An attack on the package's small classifier of toy faces."""

degradation = dict(
    centre=0.5,
    physics=dict(
        type='AdversarialAttack',
        epsilon=8 / 255,
        classifier='shufflenet_v2_x0_5',
        weights='toyfaces',
        num_classes=5,
        size=None,
    ),
    noise=None,
)
