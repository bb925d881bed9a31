"""One random stream per sample and purpose."""

from __future__ import annotations

import hashlib

import torch


def derive_seed(seed: int, *parts: object) -> int:
    """Hash a base seed and any identifying parts to a 63-bit seed.

    Args:
        seed: The seed of the run.
        *parts: What the stream is for, e.g. the sample key and ``'latent'``.

    Returns:
        A seed in [0, 2**63) that does not depend on process, order or platform.
    """
    text = '\x1f'.join([str(int(seed)), *map(str, parts)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], 'big') >> 1


def sample_generator(seed: int, *parts: object) -> torch.Generator:
    """CPU generator of one sample's stream; see :func:`derive_seed`.

    Random numbers are always drawn on the CPU and moved, so that the same
    sample gets the same numbers on every device.
    """
    return torch.Generator('cpu').manual_seed(derive_seed(seed, *parts))
