"""Faces in a photo of any size: found, cut out as a prior frames them, pasted back.

Arrays in, arrays out: OpenCV and NumPy, no torch before a detector that needs it is asked for.
Pictures are H×W×3 (or grey H×W), RGB, uint8, uint16 or float in [0, 1].
"""

from mmgenprior.photos.exact import exact
from mmgenprior.photos.faces import Face, find_faces
from mmgenprior.photos.merging import add_colour, add_detail, denoised, fill_hole, merge
from mmgenprior.photos.placement import Placement, as_is, place
from mmgenprior.photos.tiles import Tiles, tiles
from mmgenprior.weights.framing import Framing

__all__ = [
    'Face',
    'Framing',
    'Placement',
    'Tiles',
    'add_colour',
    'add_detail',
    'as_is',
    'denoised',
    'exact',
    'fill_hole',
    'find_faces',
    'merge',
    'place',
    'tiles',
]
