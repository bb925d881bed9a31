"""What this package needs, by name and range, for setup.py and the doctor.

A requirement has a lower bound where an older release was seen to fail, and an upper bound only
where no small and safe adaptation exists (those that do are in ``mmgenprior/compat.py``).
"""

from __future__ import annotations

from collections.abc import Mapping

PYTHON = ((3, 10), (3, 12))  # from the first to the last that is tested

REQUIRED = {
    'mmengine': '>=0.10.4,<1.0.0',  # 0.10.4: imports on Python 3.12; <1.0.0: asserted by MMagic
    'mmagic': '>=1.2.0,<1.3',  # the adaptations of compat.py were verified against 1.2
    'mmpretrain': '>=1.2.0,<2',  # classifiers as judges; 2 would be another API
    'torch': '>=2.2',  # oldest that deepinv supports
    'deepinv': '>=0.5',  # the Physics interface our operators implement
    'ptwt': '',  # wavelets of deepinv's estimator of the noise level
    'numpy': '>=1.26',  # oldest with wheels for every Python from 3.10 to 3.12
    'scipy': '>=1.11',  # first that works with NumPy 1.26
    'albumentations': '',  # imported by mmagic.datasets, missing from its metadata
    'filelock': '>=3.24',  # first that notices a lock file that was removed while it waited
    'torchvision': '',
    # <5: 5.0 leaves black borders when it enlarges float64, and has the cascades that find faces in
    # contrib only. What MMagic needs asks for all three, and the last one laid into their common
    # folder wins: bounded alike, they are of one version.
    'opencv-python': '<5',
    'opencv-python-headless': '<5',
    'opencv-contrib-python': '<5',
    'pillow': '',
    'scikit-image': '',
    'lpips': '',
    'safetensors': '',
    'rich': '',
}
# MMagic imports both; their current releases fail on a torch before 2.6 and do not declare it.
FOR_OLD_TORCH = {'diffusers': '>=0.23,<0.35', 'transformers': '>=4.27.4,<5'}
# MMagic 1.2 asserts it on import, and full and lite count alike.
MMCV = '>=2.0.0,<2.2.0'


def needed(found: Mapping[str, str], mmcv: str) -> dict[str, str]:
    """Name → range of what an environment needs.

    mmcv-lite installs in seconds and is enough, but laid over a full (compiled) mmcv it would
    replace its files, and no requirement can say "either".

    Args:
        found: Name, in lower case, → version of what is in place.
        mmcv: ``'lite'``, which then is required, or ``'full'``, which is not.
    """
    wanted = dict(REQUIRED)
    if mmcv == 'lite':
        wanted['mmcv-lite'] = MMCV
    torch = tuple(int(part) for part in found.get('torch', '99.0').split('.')[:2])
    if torch < (2, 6):
        wanted.update(FOR_OLD_TORCH)
    if torch < (2, 3):
        wanted['numpy'] += ',<2'  # torch 2.2 was built for NumPy 1; 2.3 takes both
    return wanted
