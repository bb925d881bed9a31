"""The wrapper that lets several processes share the images of a frozen model."""

from __future__ import annotations

from mmengine.dist import broadcast
from mmengine.registry import MODEL_WRAPPERS
from torch import nn


# In MMEngine's own registry: the Runner looks wrappers up there, not in MMagic's child registry.
@MODEL_WRAPPERS.register_module()
class PassThroughWrapper(nn.Module):
    """Calls the model as it is; the processes of a test share images, never gradients.

    ``DistributedDataParallel`` refuses a model without trainable parameters, and the gradients of
    an inversion belong to one image each. Like it, the wrapper gives every process the weights and
    buffers of process 0 at the start.

    Args:
        module: The model, already on its device.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        for tensor in module.state_dict().values():
            broadcast(tensor)

    def forward(self, *args, **kwargs):
        """The model's own forward."""
        return self.module(*args, **kwargs)

    def train_step(self, *args, **kwargs):
        """The model's own ``train_step``."""
        return self.module.train_step(*args, **kwargs)

    def val_step(self, data):
        """The model's own ``val_step``."""
        return self.module.val_step(data)

    def test_step(self, data):
        """The model's own ``test_step``."""
        return self.module.test_step(data)
