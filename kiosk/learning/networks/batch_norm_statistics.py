"""Gives BatchNorm layers the statistics of real activations without changing what they compute.

A network read from an ONNX file has its BatchNorm folded into the layers before it: mean 0 and
variance 1 stand where the training's statistics were. In evaluation that is the same function; in
training, where a batch's own statistics count, it would be another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

BatchNorm = nn.BatchNorm1d | nn.BatchNorm2d


@torch.no_grad()
def measure_statistics(network: nn.Module, batches: Iterable[Tensor]) -> None:
    """Set every BatchNorm's running mean and variance from ``batches`` of prepared faces.

    ``batches``: (n, 3, size, size) each. Gains and offsets are changed so that the network
    computes in evaluation mode what it computed before. Without a batch nothing changes.
    """
    sums: dict[BatchNorm, list[Tensor]] = {}
    handles = [
        module.register_forward_pre_hook(_adding_to(sums))
        for module in network.modules()
        if isinstance(module, BatchNorm)
    ]
    training = network.training
    network.eval()
    for faces in batches:
        network(faces)
    network.train(training)
    for handle in handles:
        handle.remove()
    for module, parts in sums.items():
        _restate(module, torch.stack(parts).mean(dim=0))


def _adding_to(
    sums: dict[BatchNorm, list[Tensor]],
) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
    """Return a hook that notes the mean and the mean square of each channel."""

    def note(module: nn.Module, taken: tuple[Tensor, ...]) -> None:
        assert isinstance(module, BatchNorm)
        rows = taken[0].double().transpose(0, 1).flatten(1)
        sums.setdefault(module, []).append(torch.stack([rows.mean(1), (rows**2).mean(1)]))

    return note


def _restate(module: BatchNorm, moments: Tensor) -> None:
    mean, square = moments
    variance = (square - mean**2).clamp_min(1e-6)
    assert module.running_mean is not None and module.running_var is not None
    gain = module.weight.double() / (module.running_var.double() + module.eps).sqrt()
    offset = module.bias.double() - gain * module.running_mean.double()
    module.weight.copy_(gain * (variance + module.eps).sqrt())
    module.bias.copy_(offset + gain * mean)
    module.running_mean.copy_(mean)
    module.running_var.copy_(variance)
