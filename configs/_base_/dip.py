"""Deep image prior, Adam 0.01; iterations as its authors' notebooks have them.

2,000 for ×4 and 4,000 for ×8; tasks that they lack take 4,000. Under noise a quarter
(IAGAN paper, Experiments).
"""

_base_ = './runtime/perceptual.py'
model = dict(type='DIP', iterations=4000, lr=0.01)
