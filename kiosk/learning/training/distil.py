"""``train distil``: a network learns a teacher's embeddings from unlabelled faces.

Hinton, Vinyals, Dean, "Distilling the knowledge in a neural network", 2015, with embeddings instead
of class scores. The student sees small, dark, noisy, masked faces; the teacher saw them unchanged.
A student of the teacher's shape starts as the teacher and goes beyond it: different people that the
teacher left near each other are pushed apart. The exported network is a running mean of the trained
one (Polyak, Juditsky, 1992).
"""

from __future__ import annotations

import contextlib
import copy
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kiosk.core.errors import LearningError
from kiosk.learning.data.unlabelled_pool import Pool
from kiosk.learning.networks.batch_norm_statistics import measure_statistics
from kiosk.learning.networks.mobilefacenet import MobileFaceNet
from kiosk.learning.networks.onnx_export import export
from kiosk.learning.networks.resnet29 import Resnet29
from kiosk.learning.networks.shipped_weights import load_start
from kiosk.learning.networks.siamese import SiameseNetwork
from kiosk.learning.networks.weight_files import NAME, load_network, save_network
from kiosk.learning.training.distil_settings import FOR_FACES, DistilSettings
from kiosk.learning.training.feature_hints import FeatureHint, TeacherMaps
from kiosk.learning.training.losses import ApartLoss, DistillationLoss
from kiosk.learning.training.pool_batches import PoolBatches
from kiosk.learning.training.published_start import PublishedStart, settled
from kiosk.learning.training.run_folder import Row, Run
from kiosk.learning.training.training_loop import (
    ProgressBars,
    Stopper,
    device,
    finite,
    seed_step,
)

CHECKPOINT_EVERY = 120.0


class Distiller:
    """Trains one network on one pool."""

    def __init__(
        self,
        run: Run,
        settings: DistilSettings,
        pool: Pool,
        *,
        shown: bool = True,
        say: Callable[[str], object] = lambda line: None,
    ) -> None:
        self._run = run
        self._settings = settings
        self._pool = pool
        self._say = say
        self._device = device()
        self._network = self._first().to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        dimension = self._network.spec.dimension
        if pool.targets.shape[1] != dimension:
            raise LearningError(
                f"The teacher's embeddings have {pool.targets.shape[1]} numbers, the network's "
                f"{dimension}; "
                f"choose a --head that ends with {pool.targets.shape[1]}."
            )
        self._batches = PoolBatches(pool, settings, self._network.spec.facts, self._device)
        self._steps = self._batches.steps
        self._published = PublishedStart(pool, settings, self._batches)
        self._loss = DistillationLoss(settings.relational)
        self._apart = ApartLoss()
        self._bars = ProgressBars("epochs", "batches", shown)
        self._step = 0
        self._running = 0.0
        self._history: list[Row] = []
        self._saved = time.monotonic()

    def _first(self) -> SiameseNetwork:
        if self._settings.start:
            network = _for_faces(load_start(Path(self._settings.start)), self._settings.backbone)
            if self._settings.hint and network.spec.backbone != FOR_FACES:
                raise LearningError(
                    "A --hint needs weights of a MobileNetV3 to start from, not of a "
                    f"{network.spec.backbone}; name others with --start."
                )
            return network
        seed_step(self._settings.seed)
        return SiameseNetwork.of(self._settings.spec)

    def train(self) -> Row:
        """Train to the end, or resume; return the last row of figures.

        Raises as ``Trainer.train``.
        """
        self._restore()
        try:
            with (
                Stopper() as stopper,
                self._bars.outer(self._settings.epochs, len(self._history)) as bar,
            ):
                while not self._finished:
                    self._epoch(stopper)
                    bar.update()
        except (LearningError, KeyboardInterrupt):
            with contextlib.suppress(LearningError):
                self._finish()
            raise
        self._finish()
        return self._history[-1]

    @property
    def _finished(self) -> bool:
        return len(self._history) >= self._settings.epochs

    def _restore(self) -> None:
        kept = self._run.load()
        if kept is None and not self._settings.start and self._published.load(self._network):
            self._say(
                "begins with published weights: cosine "
                f"{self._batches.agreement(self._network):.4f} to "
                "the teacher"
            )
        if isinstance(self._network.trunk, MobileFaceNet):
            self._network.trunk.freeze(self._settings.frozen)
        if self._settings.normalise and isinstance(self._network.trunk, Resnet29):
            self._network.trunk.normalise(self._batches.some_augmented() if kept is None else ())
        elif kept is None and self._settings.start.endswith(".onnx"):
            measure_statistics(self._network, self._batches.some_augmented())
        self._mean = copy.deepcopy(self._network)
        self._hint = self._new_hint()
        self._optimiser = self._new_optimiser()
        if kept is None:
            return
        try:
            self._network.load_state_dict(kept["network"])
            self._mean.load_state_dict(kept["mean"])
            if self._hint:
                self._hint.load_state_dict(kept["hint"])
            self._optimiser.load_state_dict(kept["optimiser"])
            self._step = kept["step"]
            self._running = kept["running"]
            self._history = kept["history"]
        except (KeyError, RuntimeError, ValueError):
            raise LearningError(
                f"The checkpoint in {self._run.folder} does not fit its settings; start a new run."
            ) from None

    def _final(self) -> SiameseNetwork:
        """Return the network to keep: the running mean, perhaps moved back towards its start."""
        network = settled(self._mean)
        if self._published.move_back(network, self._device):
            self._say(
                f"{self._settings.average:g} of the way back to the published weights: cosine "
                f"{self._batches.agreement(network):.4f} to the teacher"
            )
        return network

    def _new_hint(self) -> FeatureHint | None:
        if not self._settings.hint:
            return None
        self._maps = TeacherMaps(
            self._run.folder, self._pool, self._batches.cropper, self._settings.views
        )
        seed_step(self._settings.seed, 6)
        self._maps.prepare(self._settings.strength, self._batches.workers, self._bars.preparing)
        return FeatureHint(self._maps.maps).to(self._device)

    def _new_optimiser(self) -> torch.optim.Optimizer:
        parameters = [p for p in self._network.parameters() if p.requires_grad] + list(
            self._hint.parameters() if self._hint else ()
        )
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": 0.02},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, self._settings.peak, betas=(0.9, 0.999))

    def _epoch(self, stopper: Stopper) -> None:
        """Train the rest of the current epoch; a step depends on seed and step only."""
        # not from the step alone: a run may be stopped after an epoch's last step, before its row
        epoch = len(self._history)
        first = self._step - epoch * self._steps
        batches = self._batches.draw(epoch)
        self._network.train()
        for rows in self._bars.inner(batches[first:], self._steps, first):
            seed_step(self._settings.seed, self._step)
            self._running += self._learn(rows, epoch)
            self._step += 1
            if stopper.wanted:
                self._save()
                raise KeyboardInterrupt
            if time.monotonic() - self._saved > CHECKPOINT_EVERY:
                self._save()
        self._judge()

    def _learn(self, rows: NDArray[np.int64], epoch: int) -> float:
        total = self._steps * self._settings.epochs
        for group in self._optimiser.param_groups:
            group["lr"] = self._settings.rate_at(self._step, total)
        done = self._step / total
        embeddings, far = self._embedded(rows, self._settings.size_at(done))
        targets = self._pool.targets[rows].to(self._device)
        loss: Tensor = self._loss(embeddings, targets) + far
        if self._settings.apart:
            loss = loss + self._settings.apart * self._apart(embeddings, targets)
        value = finite(loss, epoch + 1)
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._network.parameters(), 5.0)
        self._optimiser.step()
        self._follow()
        return value

    def _embedded(self, rows: NDArray[np.int64], size: int) -> tuple[Tensor, Tensor | float]:
        """Return (b, dimension) embeddings of the augmented faces, and the hint's loss."""
        if not self._hint:
            return self._network(self._batches.augmented(rows, size)), 0.0
        view = torch.randint(self._settings.views, (len(rows),)).numpy()
        cuts, wanted = (
            torch.from_numpy(np.asarray(array[rows, view], np.float32)).to(self._device)
            for array in (self._maps.cuts, self._maps.maps)
        )
        faces = self._batches.augmented_crops(rows, size, cuts)
        embeddings, far = self._hint(self._network, faces, wanted)
        return embeddings, self._settings.hint * far

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the running mean towards the trained network; faster at first."""
        slow = min(self._settings.ema, (1 + self._step) / (20 + self._step))
        for kept, new in zip(
            self._mean.state_dict().values(), self._network.state_dict().values(), strict=True
        ):
            if kept.is_floating_point():
                kept.lerp_(new, 1 - slow)
            else:
                kept.copy_(new)

    def _judge(self) -> None:
        agreement = self._batches.agreement(self._mean)
        if not math.isfinite(agreement):
            raise LearningError(
                "The network gives no usable numbers any more; start again with a smaller --lr. "
                "The run's folder keeps what was good."
            )
        epoch = self._step // self._steps
        last = self._step - 1
        total = self._steps * self._settings.epochs
        row = {
            "epoch": float(epoch),
            "loss": self._running / self._steps,
            "cosine": agreement,
            "size": float(self._settings.size_at(last / total)),
            "lr": self._settings.rate_at(last, total),
        }
        self._history.append(row)
        self._running = 0.0
        save_network(self._run.folder / NAME, settled(self._mean))
        self._save()
        self._say(
            f"epoch {epoch} of {self._settings.epochs}: loss {row['loss']:.4f}, cosine "
            f"{agreement:.4f} to the teacher on faces held apart"
        )

    def _save(self) -> None:
        self._run.save(
            {
                "network": self._network.state_dict(),
                "mean": self._mean.state_dict(),
                "optimiser": self._optimiser.state_dict(),
                "step": self._step,
                "running": self._running,
                **({"hint": self._hint.state_dict()} if self._hint else {}),
            },
            self._history,
        )
        self._saved = time.monotonic()

    def _finish(self) -> None:
        if (self._run.folder / NAME).exists():
            if self._finished:
                save_network(self._run.folder / NAME, self._final())
            export(
                load_network(self._run.folder / NAME),
                self._run.folder,
                self._batches.plain_size,
                self._settings.threshold,
            )
            self._run.record(
                self._history,
                {
                    "faces": len(self._batches.rows),
                    "finished": self._finished,
                },
            )


def _for_faces(network: SiameseNetwork, backbone: str) -> SiameseNetwork:
    """Convert a ``mobilenet_v3_large`` to an equivalent ``mobilenet_v3_faces`` if requested."""
    if (network.spec.backbone, backbone) != ("mobilenet_v3_large", FOR_FACES):
        return network
    result = SiameseNetwork.of(replace(network.spec, backbone=FOR_FACES))
    result.load_state_dict(network.state_dict(), strict=False)  # the pooling weights are its own
    return result
