"""Deep image prior at 64×64, a smaller network; it over-fits sooner."""

_base_ = './runtime/default.py'
model = dict(type='DIP', iterations=1000, lr=0.01, channels=64)
