"""torchvision can be imported beside a CPU build of torch, and its suppression is right."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from kiosk.core import paths
from kiosk.learning.networks.torchvision_compat import nms


def one_by_one(boxes: np.ndarray, scores: np.ndarray, limit: float) -> list[int]:
    """Greedy suppression written down box by box."""

    def overlap(a: np.ndarray, b: np.ndarray) -> float:
        width = min(a[2], b[2]) - max(a[0], b[0])
        height = min(a[3], b[3]) - max(a[1], b[1])
        shared = max(width, 0.0) * max(height, 0.0)
        return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)

    kept: list[int] = []
    for i in sorted(range(len(boxes)), key=lambda i: -scores[i]):
        if all(overlap(boxes[i], boxes[k]) <= limit for k in kept):
            kept.append(i)
    return kept


@pytest.mark.parametrize("limit", [0.2, 0.5, 0.7])
def test_suppression_keeps_what_a_plain_loop_keeps(limit):
    random = np.random.default_rng(7)
    low = random.uniform(0, 60, (120, 2))
    boxes = np.concatenate([low, low + random.uniform(5, 60, (120, 2))], axis=1)
    scores = random.permutation(120) / 120
    kept = nms(torch.from_numpy(boxes), torch.from_numpy(scores), limit)
    assert kept.tolist() == one_by_one(boxes, scores, limit)
    assert 1 < len(kept) < 120


def test_suppression_of_nothing_is_nothing():
    kept = nms(torch.zeros(0, 4), torch.zeros(0), 0.5)
    assert kept.shape == (0,) and kept.dtype == torch.int64


def test_torchvision_and_its_models_can_be_imported_in_a_fresh_process():
    code = (
        "from kiosk.learning.networks.torchvision_compat import "
        "ensure_torchvision\nensure_torchvision()\nensure_torchvision()\n"
        "import torch, torchvision\nfrom torchvision.models import mobilenet_v3_large\nimport "
        "facenet_pytorch\n"
        "kept = torchvision.ops.nms(torch.tensor([[0., 0, 9, 9], [0, 0, 9, 8], [20, 20, 30, 30]]), "
        "torch.tensor([.5, .9, .1]), .5)\n"
        "assert kept.tolist() == [1, 2], kept"
    )
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=paths.ROOT, check=True, timeout=180
    )
