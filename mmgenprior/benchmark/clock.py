"""Seconds, with a device waited for."""

from __future__ import annotations

import time

import torch


def seconds(device: torch.device | str) -> float:
    """Now, on a clock that only rises, when all work given to the device is done."""
    if torch.device(device).type == 'cuda':
        torch.cuda.synchronize(device)
    return time.perf_counter()
