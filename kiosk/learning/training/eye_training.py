"""Train the network that tells open eyes from shut ones.

Open eyes are those of the pool's faces, nearly all of them; shut ones are the same faces with their
eyes painted or pulled shut (``data/shut_eyes.py``), and drawn people who blink. Every face is shown
at the sizes, with the blur, noise and compression of a webcam.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from kiosk.core.errors import LearningError
from kiosk.core.frames import BGRImage, Points
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.learning.data.shut_eyes import painted_shut, pulled_shut
from kiosk.learning.networks.onnx_export import traced
from kiosk.vision.liveness.eye_openness import HEIGHT, WIDTH, eye_patches

POOL_POINTS: Points = np.array(
    [(46.29, 59.70), (81.53, 59.50), (64.03, 79.74), (49.55, 100.37), (78.73, 100.20)], np.float32
)
"""The five landmarks of every face of the pool, in its 128×128 pixels."""

DRAWN_TRAINED = 6
"""The first so many drawn people are trained on; the others are kept for reporting."""

EYES_PX = (22.0, 50.0)
"""Smallest and largest distance between the eyes at which a face is shown, in pixels."""

Shut = Callable[[BGRImage, Points, np.random.Generator], BGRImage]


@dataclass(frozen=True, slots=True, eq=False)
class EyeSamples:
    """``patches`` (n, 2, HEIGHT, WIDTH) float32, and ``is_open`` (n,) float32, 0 or 1."""

    patches: NDArray[np.float32]
    is_open: NDArray[np.float32]


def pool_faces(file: Path, count: int, rng: np.random.Generator) -> Iterator[BGRImage]:
    """Yield ``count`` pictures of a ``pool-*.npz``; raises ``LearningError`` where it is none."""
    try:
        with np.load(file, allow_pickle=False) as pool:
            content, offset = pool["jpeg"], pool["offset"]
    except (OSError, ValueError, KeyError) as error:
        raise LearningError(
            f"{file} is not a pool of faces ({error}); name a pool-*.npz."
        ) from None
    for row in rng.permutation(len(offset) - 1)[:count]:
        image = cv2.imdecode(content[offset[row] : offset[row + 1]], cv2.IMREAD_COLOR)
        if image is not None:
            yield np.asarray(image, np.uint8)


def eye_samples(faces: Iterator[BGRImage], rng: np.random.Generator, drawn: int) -> EyeSamples:
    """Return every face twice with open eyes and twice with shut ones.

    ``drawn``: how many pictures of each drawn person are added, with open eyes and with shut ones.
    """
    patches: list[NDArray[np.float32]] = []
    labels: list[float] = []

    def add(image: BGRImage, landmarks: Points, is_open: bool) -> None:
        found = eye_patches(*_as_a_webcam_sees(image, landmarks, rng))
        if found is not None:
            patches.append(found)
            labels.append(float(is_open))

    for image in faces:
        for _ in range(2):
            add(image, POOL_POINTS, True)
        for shut in (painted_shut, pulled_shut):
            add(shut(image, POOL_POINTS, rng), POOL_POINTS, False)
    for image, landmarks, is_open in _drawn_people(rng, drawn):
        add(image, landmarks, is_open)
    return EyeSamples(np.stack(patches), np.array(labels, np.float32))


def _drawn_people(rng: np.random.Generator, count: int) -> Iterator[tuple[BGRImage, Points, bool]]:
    for person in CAST[:DRAWN_TRAINED]:
        for number in range(count):
            image = draw_person(
                person.looks,
                size=(320, 320),
                yaw=float(rng.uniform(-0.1, 0.1)),
                pitch=float(rng.uniform(-0.1, 0.1)),
                blink=number % 2,
                background=(170, 170, 170),
                noise_seed=number,
            )
            yield image, DRAWN_POINTS, number % 2 == 0


DRAWN_POINTS: Points = np.array(
    [(129, 138), (193, 138), (161, 176), (132, 206), (189, 208)], np.float32
)
"""The five landmarks of a drawn person who looks straight, in 320×320 pixels."""


def _as_a_webcam_sees(
    image: BGRImage, landmarks: Points, rng: np.random.Generator
) -> tuple[BGRImage, Points]:
    """Return the face smaller, blurred, noisy and compressed, and its landmarks, a little off."""
    eyes = float(rng.uniform(*EYES_PX))
    scale = eyes / float(np.hypot(*(landmarks[1] - landmarks[0])))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        small = cv2.GaussianBlur(small, (0, 0), float(rng.uniform(0.3, 0.9)))
    noisy = small + rng.normal(0, rng.uniform(0.5, 4), small.shape)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(70, 95))]
    packed = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), quality)[1]
    off = rng.normal(0, 0.025 * eyes, landmarks.shape)
    seen = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return seen, (landmarks * scale + off).astype(np.float32)


def eye_network() -> nn.Sequential:
    """Return the untrained network: (n, 1, HEIGHT, WIDTH) to (n, 1) log-odds of an open eye."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * (HEIGHT // 4) * (WIDTH // 4), 24),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(24, 1),
    )


def fitted(samples: EyeSamples, epochs: int, batch: int = 256) -> nn.Sequential:
    """Return a network trained on ``samples``, each eye by itself; seeded by the caller."""
    pictures = torch.from_numpy(samples.patches.reshape(-1, 1, HEIGHT, WIDTH))
    labels = torch.from_numpy(np.repeat(samples.is_open, 2))
    loss_of = nn.functional.binary_cross_entropy_with_logits
    network = eye_network()
    optimiser = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=1e-3)
    steps = epochs * -(-len(pictures) // batch)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for _ in range(epochs):
        for rows in torch.split(torch.randperm(len(pictures)), batch):
            shown = pictures[rows].flip(3) if torch.rand(1) < 0.5 else pictures[rows]
            loss = loss_of(network(shown)[:, 0], labels[rows])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            pace.step()
    return network.eval()


def caught(network: nn.Sequential, samples: EyeSamples) -> tuple[float, float]:
    """Return the shares 0..1 of open faces that look shut, and of shut ones that look shut."""
    with torch.no_grad():
        eyes = network(torch.from_numpy(samples.patches.reshape(-1, 1, HEIGHT, WIDTH)))
    shut = eyes[:, 0].numpy().reshape(-1, 2).mean(axis=1) < 0
    is_open = samples.is_open > 0.5
    return float(shut[is_open].mean()), float(shut[~is_open].mean())


def onnx_of(network: nn.Sequential) -> bytes:
    """Return the network as ONNX: ``eye`` (n, 1, HEIGHT, WIDTH) float32 to ``odds`` (n, 1)."""
    return traced(network, torch.zeros(2, 1, HEIGHT, WIDTH), taken="eye", given="odds")


def train_eyes(
    pools: Sequence[Path], out: Path, *, faces: int, epochs: int, seed: int = 0
) -> tuple[float, float]:
    """Train on all of ``pools`` but the last, write ``out``, and return ``caught`` on the last."""
    if len(pools) < 2:
        raise LearningError("Name at least two pools: the last one is kept for testing.")
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    share = faces // (len(pools) - 1)
    trained = (face for pool in pools[:-1] for face in pool_faces(pool, share, rng))
    network = fitted(eye_samples(trained, rng, drawn=faces // 25), epochs)
    kept = eye_samples(pool_faces(pools[-1], max(1, faces // 8), rng), rng, drawn=0)
    out.write_bytes(onnx_of(network))
    return caught(network, kept)
