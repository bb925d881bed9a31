"""An attack on a small classifier with random weights: it shows the task, not a defence."""

degradation = dict(
    centre=0.5,
    physics=dict(
        type='AdversarialAttack',
        epsilon=8 / 255,
        classifier='shufflenet_v2_x0_5',
        weights=None,
        num_classes=5,
        size=None,
    ),
    noise=None,
)
