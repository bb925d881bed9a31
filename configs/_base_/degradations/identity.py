"""The photograph itself (reconstruction, manipulation).

As in all of them the operator acts on images in [-1, 1], as in the papers (centre=0.5): what lies
outside of a picture, or in a hole, is mid-grey.
"""

degradation = dict(centre=0.5, physics=dict(type='Identity'), noise=None)
