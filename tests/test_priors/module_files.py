"""A generator that tests name by an import path."""

import torch
from torch import nn


class Tiny(nn.Module):
    """Latents B×6 to images B×3×8×8; a dictionary of them with ``wrapped``."""

    def __init__(self, width=4, wrapped=False):
        super().__init__()
        self.wrapped = wrapped
        self.fc = nn.Linear(6, width * 16)
        self.up = nn.ConvTranspose2d(width, 3, 4, stride=2, padding=1)

    def forward(self, z):
        image = torch.tanh(self.up(self.fc(z).view(len(z), -1, 4, 4).relu()))
        return {'image': image, 'latent': z} if self.wrapped else image


def tiny(**options):
    """It, from a function."""
    return Tiny(**options)


def nothing():
    """No module."""
    return 3
