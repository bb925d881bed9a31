"""BIGPrior: inversions are stored, a network φ learns to weigh them, and they are fused by it."""

from mmgenprior.editors.bigprior.checkpoint import build_phi
from mmgenprior.editors.bigprior.dncnn import DnCNN
from mmgenprior.editors.bigprior.editor import BIGPrior
from mmgenprior.editors.bigprior.fusion import check_channels, data_image, mix, weigh_and_fuse
from mmgenprior.editors.bigprior.load_inversion import LoadInversion
from mmgenprior.editors.bigprior.mean_phi import MeanPhi
from mmgenprior.editors.bigprior.network import PhiNetwork
from mmgenprior.editors.bigprior.store_inversions import StoreInversionsHook

__all__ = [
    'BIGPrior',
    'DnCNN',
    'LoadInversion',
    'MeanPhi',
    'PhiNetwork',
    'StoreInversionsHook',
    'build_phi',
    'check_channels',
    'data_image',
    'mix',
    'weigh_and_fuse',
]
