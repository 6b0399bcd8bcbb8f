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
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kiosk.core.errors import LearningError
from kiosk.learning.data.augmentation import prepared
from kiosk.learning.data.batch_augmentation import BatchCropper, degraded
from kiosk.learning.data.occlusion import Coverer
from kiosk.learning.data.unlabelled_pool import Pool
from kiosk.learning.networks import mobilefacenet
from kiosk.learning.networks.mobilefacenet import MobileFaceNet
from kiosk.learning.networks.onnx_export import export
from kiosk.learning.networks.resnet29 import Resnet29, published_weights, take_published
from kiosk.learning.networks.shipped_weights import load_start
from kiosk.learning.networks.siamese import SiameseNetwork
from kiosk.learning.networks.weight_files import NAME, load_network, save_network
from kiosk.learning.training.distil_settings import FOR_FACES, DistilSettings
from kiosk.learning.training.feature_hints import FeatureHint, TeacherMaps
from kiosk.learning.training.losses import ApartLoss, DistillationLoss
from kiosk.learning.training.run_folder import Row, Run
from kiosk.learning.training.training_loop import (
    ProgressBars,
    Stopper,
    device,
    finite,
    generator,
    seed_step,
)

CHECKPOINT_EVERY = 120.0
RIDGE_ROWS = 6400
RIDGE = 1e-2
NORMALISE_ROWS = 768
FAVOURED = 0.15
"""Share of the pool that counts as similar to the favoured sources."""


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
        self._workers = ThreadPoolExecutor(4)
        order = generator(settings.seed, 1).permutation(len(pool))
        held = max(8, round(len(pool) * settings.share))
        self._held = np.sort(order[:held])
        self._rows = np.sort(order[held:])
        self._steps = len(self._rows) // settings.batch
        if not self._steps:
            raise LearningError(
                f"The pool's {len(self._rows)} faces do not fill one batch of {settings.batch}; "
                "choose a smaller --batch."
            )
        self._network = self._first().to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        dimension = self._network.spec.dimension
        if pool.targets.shape[1] != dimension:
            raise LearningError(
                f"The teacher's embeddings have {pool.targets.shape[1]} numbers, the network's "
                f"{dimension}; "
                f"choose a --head that ends with {pool.targets.shape[1]}."
            )
        self._cutter = BatchCropper(self._network.spec.facts.alignment)
        self._cover = Coverer(self._network.spec.facts.alignment)
        self._loss = DistillationLoss(settings.relational)
        self._apart = ApartLoss()
        self._oftener = self._weights()
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
                self._bars.outer(self._settings.epochs, self._step // self._steps) as bar,
            ):
                while self._step < self._settings.epochs * self._steps:
                    self._epoch(stopper)
                    bar.update()
        except (LearningError, KeyboardInterrupt):
            with contextlib.suppress(LearningError):
                self._finish()
            raise
        self._finish()
        return self._history[-1]

    def _restore(self) -> None:
        kept = self._run.load()
        if kept is None and not self._settings.start and self._begin(self._network):
            self._say(
                f"begins with published weights: cosine {self._agreement(self._network):.4f} to "
                "the teacher"
            )
        if isinstance(self._network.trunk, MobileFaceNet):
            self._network.trunk.freeze(self._settings.frozen)
        if self._settings.normalise and isinstance(self._network.trunk, Resnet29):
            self._network.trunk.normalise(self._some_batches() if kept is None else ())
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

    def _begin(self, network: SiameseNetwork) -> bool:
        """Load published weights and a matching single-layer head, if there are any.

        Return whether there were.
        """
        head = self._take_published(network.trunk)
        if len(network.head) != 1 or not isinstance(network.trunk, Resnet29 | MobileFaceNet):
            return False
        if head is None:
            self._fit_head(network)
            return True
        assert isinstance(network.head[0], nn.Linear)
        with torch.no_grad():
            network.head[0].weight.copy_(torch.from_numpy(self._pool.pca.T @ head))
            network.head[0].bias.zero_()
        return True

    def _take_published(self, trunk: nn.Module) -> NDArray[np.float32] | None:
        """Copy the initial weights of ``trunk``.

        Return the teacher's head if it is the teacher's trunk.
        """
        if isinstance(trunk, MobileFaceNet):
            return mobilefacenet.take_published(trunk, Path(self._settings.pool) / "teacher")
        if isinstance(trunk, Resnet29):
            take_published(trunk, published_weights())
        return None

    def _fit_head(self, network: SiameseNetwork) -> None:
        """Fit the single layer from the trunk's features to the teacher's embeddings."""
        rows = generator(self._settings.seed, 4).permutation(self._rows)[:RIDGE_ROWS]
        features = torch.cat(
            [self._features(network, part) for part in np.array_split(rows, -(-len(rows) // 64))]
        )
        weight, bias = ridge(features, self._pool.targets[rows])
        head = network.head[0]
        assert isinstance(head, nn.Linear)
        with torch.no_grad():
            head.weight.copy_(weight)
            head.bias.copy_(bias)

    @torch.no_grad()
    def _averaged(self) -> SiameseNetwork:
        """Return the network to keep: the learned one, moved part of the way back to its start.

        Wortsman et al., "Robust fine-tuning of zero-shot models", 2022: keeps what few pictures
        taught without losing what many had.
        """
        network = _settled(self._mean)
        share = self._settings.average
        if not share or self._settings.start:
            return network  # weights from elsewhere may be folded, so their mean is meaningless
        begun = SiameseNetwork.of(network.spec).to(self._device)
        if not self._begin(begun):
            return network
        for mine, theirs in zip(network.parameters(), begun.parameters(), strict=True):
            mine.lerp_(theirs, share)
        if isinstance(network.trunk, Resnet29):
            self._fit_head(network)  # the two heads were fitted to different features
        self._say(
            f"{share:g} of the way back to the published weights: cosine "
            f"{self._agreement(network):.4f} to the teacher"
        )
        return network

    def _weights(self) -> NDArray[np.float64] | None:
        """Return how often each row is drawn; ``None`` if once an epoch."""
        favoured = self._pool.like(self._settings.sources.split(","), FAVOURED)[self._rows]
        if not self._settings.favour or not favoured.any():
            return None
        weights = 1 + favoured * self._settings.favour * len(favoured) / favoured.sum()
        return np.asarray(weights / weights.sum(), np.float64)

    def _drawn(self, epoch: int) -> NDArray[np.int64]:
        """Return (steps, batch) rows of an epoch."""
        chance = generator(self._settings.seed, 2, epoch)
        count = self._steps * self._settings.batch
        if self._oftener is None:
            return chance.permutation(self._rows)[:count].reshape(self._steps, -1)
        return chance.choice(self._rows, count, p=self._oftener).reshape(self._steps, -1)

    def _new_hint(self) -> FeatureHint | None:
        if not self._settings.hint:
            return None
        self._maps = TeacherMaps(self._run.folder, self._pool, self._cutter, self._settings.views)
        seed_step(self._settings.seed, 6)
        self._maps.prepare(self._settings.strength, self._workers, self._bars.preparing)
        return FeatureHint(self._maps.maps).to(self._device)

    def _some_batches(self) -> Iterator[Tensor]:
        rows = generator(self._settings.seed, 5).permutation(self._rows)[:NORMALISE_ROWS]
        for part in np.array_split(rows, -(-len(rows) // 64)):
            yield self._varied(part, self._settings.size_at(0))

    def _varied(self, rows: NDArray[np.int64], size: int) -> Tensor:
        """Return augmented, prepared faces (b, 3, size, size)."""
        faces = self._pool.faces(rows, self._workers).to(self._device)
        return self._worsened(self._cutter.varied(faces, size, self._settings.strength))

    def _worsened(self, faces: Tensor) -> Tensor:
        faces = self._cover(faces, self._settings.covered)
        ready = prepared(degraded(faces, self._settings.strength), self._network.spec.facts)
        return ready.contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def _features(self, network: SiameseNetwork, rows: NDArray[np.int64]) -> Tensor:
        network.eval()
        faces = self._cutter.plain(
            self._pool.faces(rows, self._workers).to(self._device), self._settings.sizes()[-1][0]
        )
        features: Tensor = network.features(prepared(faces, network.spec.facts)).cpu()
        return features

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
        epoch, first = divmod(self._step, self._steps)
        batches = self._drawn(epoch)
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
            return self._network(self._varied(rows, size)), 0.0
        view = torch.randint(self._settings.views, (len(rows),)).numpy()
        cuts, wanted = (
            torch.from_numpy(np.asarray(array[rows, view], np.float32)).to(self._device)
            for array in (self._maps.cuts, self._maps.maps)
        )
        faces = self._cutter.cut(self._pool.faces(rows, self._workers).to(self._device), size, cuts)
        embeddings, far = self._hint(self._network, self._worsened(faces), wanted)
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
        agreement = self._agreement(self._mean)
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
        save_network(self._run.folder / NAME, _settled(self._mean))
        self._save()
        self._say(
            f"epoch {epoch} of {self._settings.epochs}: loss {row['loss']:.4f}, cosine "
            f"{agreement:.4f} to the teacher on faces held apart"
        )

    @torch.inference_mode()
    def _agreement(self, network: SiameseNetwork) -> float:
        """Return the mean cosine to the teacher on the held-apart faces.

        They are cropped plainly, at the last stage's size.
        """
        network.eval()
        size = self._settings.sizes()[-1][0]
        found = []
        for rows in np.array_split(self._held, -(-len(self._held) // 64)):
            faces = self._cutter.plain(self._pool.faces(rows, self._workers).to(self._device), size)
            found.append(
                (network(prepared(faces, network.spec.facts)).cpu() * self._pool.targets[rows]).sum(
                    1
                )
            )
        return float(torch.cat(found).mean())

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
            if self._step >= self._settings.epochs * self._steps:
                save_network(self._run.folder / NAME, self._averaged())
            export(
                load_network(self._run.folder / NAME),
                self._run.folder,
                self._settings.sizes()[-1][0],
                self._settings.threshold,
            )
            self._run.record(
                self._history,
                {
                    "faces": len(self._rows),
                    "finished": self._step >= self._settings.epochs * self._steps,
                },
            )


def _for_faces(network: SiameseNetwork, backbone: str) -> SiameseNetwork:
    """Convert a ``mobilenet_v3_large`` to an equivalent ``mobilenet_v3_faces`` if requested."""
    if (network.spec.backbone, backbone) != ("mobilenet_v3_large", FOR_FACES):
        return network
    result = SiameseNetwork.of(replace(network.spec, backbone=FOR_FACES))
    result.load_state_dict(network.state_dict(), strict=False)  # the pooling weights are its own
    return result


def _settled(network: SiameseNetwork) -> SiameseNetwork:
    """Return a copy as stored in files."""
    result = copy.deepcopy(network)
    if isinstance(result.trunk, Resnet29):
        result.trunk.settle()
    return result


def ridge(features: Tensor, targets: Tensor, strength: float = RIDGE) -> tuple[Tensor, Tensor]:
    """Fit weight (d, f) and bias (d,) of the linear layer from ``features`` (n, f) to ``targets``
    (n, d).

    Hoerl, Kennard, "Ridge regression", 1970; ``strength`` in units of the features' mean variance;
    the bias is not penalised.
    """
    x = torch.cat([features, torch.ones(len(features), 1)], 1).double()
    penalty = torch.full(
        (x.shape[1],), strength * len(x) * float(features.var(0).mean()), dtype=torch.float64
    )
    penalty[-1] = 0
    solved = torch.linalg.solve(x.T @ x + torch.diag(penalty), x.T @ targets.double()).float()
    return solved[:-1].T.contiguous(), solved[-1]
