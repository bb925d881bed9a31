"""An attack on the package's small classifier of toy faces."""

_base_ = './adversarial.py'
degradation = dict(
    physics=dict(classifier='shufflenet_v2_x0_5', weights='toyfaces', num_classes=5, size=None)
)
