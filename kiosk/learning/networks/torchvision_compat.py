"""Makes a CUDA build of torchvision importable beside a CPU build of torch.

Such a torchvision looks up operators at import that are missing. Registering the two it looks up,
with a CPU implementation of the one that is used, makes torchvision and facenet-pytorch run. Call
``ensure_torchvision()`` before importing either.
"""

from __future__ import annotations

import sys

import torch
from torch import Tensor

_library: torch.library.Library | None = None


def ensure_torchvision() -> None:
    """Import torchvision, registering its missing operators first if necessary."""
    try:
        import torchvision
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        _register()
        import torchvision.extension

        torchvision.extension._has_ops = lambda: (
            True
        )  # the operators exist now, though not from its own library


def _register() -> None:
    global _library
    if _library is not None:
        return
    _library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        _library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call]
    _library.impl("nms", nms, "CPU")  # type: ignore[no-untyped-call]


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """Return indices of kept boxes (n, 4), best score first.

    Kept pairs overlap by at most ``iou_threshold``.
    """
    order = torch.argsort(scores, descending=True, stable=True)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept = []
    while len(order):
        first = order[0]
        rest = order[1:]
        kept.append(int(first))
        low = torch.maximum(boxes[first, :2], boxes[rest, :2])
        high = torch.minimum(boxes[first, 2:], boxes[rest, 2:])
        shared = (high - low).clamp(min=0).prod(dim=1)
        order = rest[shared <= iou_threshold * (area[first] + area[rest] - shared)]
    return torch.tensor(kept, dtype=torch.int64)
