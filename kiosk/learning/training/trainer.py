"""``train``: a Siamese network from a folder per person, in a resumable run's folder."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kiosk.core.errors import LearningError
from kiosk.learning.data.augmentation import as_faces, augmentation, prepared
from kiosk.learning.data.face_dataset import Faces, Split, TrainingPairs, distinct_pairs
from kiosk.learning.evaluation.verification_metrics import Scores
from kiosk.learning.networks.batch_norm_statistics import measure_statistics
from kiosk.learning.networks.onnx_export import export
from kiosk.learning.networks.siamese import NetworkSpec, SiameseNetwork
from kiosk.learning.networks.starting_points import Start, start_of
from kiosk.learning.networks.weight_files import NAME, load_network, save_network, write
from kiosk.learning.training.epoch_lines import HEADER, epoch_line
from kiosk.learning.training.epoch_validation import EpochFigures, PairLoss, validate_epoch
from kiosk.learning.training.losses import ContrastiveLoss, SwappedLabels
from kiosk.learning.training.objectives import Batch, Objective, objective
from kiosk.learning.training.run_folder import Row, Run, demand
from kiosk.learning.training.training_loop import (
    ProgressBars,
    Stopper,
    device,
    finite,
    generator,
    seed_step,
)
from kiosk.learning.training.written_threshold import (
    choose_threshold,
    impostor_gaps,
    pairs_of_people,
)

CHECKPOINT_EVERY = 60.0
"""Seconds between checkpoints inside an epoch; one is also written at its end."""

EMBED_AT_ONCE = 64
STATISTICS_FACES = 512
"""Faces from which BatchNorm statistics are taken when training starts from an ONNX file."""

MOST_PAIRS = 3000
"""Validation pairs of each kind at most."""


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """Everything that determines the result of a training.

    ``images``: folder of a folder per person. ``start``: initial weights, "" for random ones.
    ``start_threshold``: that network's own, 0 for none; ``new_head``: its head is not taken.
    ``size``: pixels, 0 for the backbone's.
    ``pairs``: per epoch, half of them genuine (0: as many as pictures). ``share``: of the people,
    for validation. ``threshold``: distance at which type I and II errors are counted during
    training. ``patience``: epochs without improvement before the run ends (0: never). ``me``: the
    one person to tell from everybody else, "" for all. ``others``: a folder of many people.
    ``swap_labels``: the founders' first mistake, 0 for the same person, as a lesson. ``film``: keep
    the scatter of every epoch.
    """

    images: str
    start: str = ""
    start_threshold: float = 0.0
    new_head: bool = False
    backbone: str = "mobilenet_v3_large"
    head: str = ""
    batch_norm: bool = True
    size: int = 0
    loss: str = "contrastive"
    margin: float = 0.0
    epochs: int = 10
    batch: int = 32
    lr: float = 0.0005
    pairs: int = 0
    share: float = 0.2
    threshold: float = 1.0
    patience: int = 5
    augment: bool = True
    seed: int = 0
    me: str = ""
    others: str = ""
    swap_labels: bool = False
    film: bool = False

    def __post_init__(self) -> None:
        demand(
            "Training",
            (
                (self.epochs > 0, "--epochs above 0"),
                (self.batch >= 4, "a --batch of at least 4"),
                (0 < self.lr < float("inf"), "an --lr above 0"),
                (self.pairs >= 0, "--pairs of 0 or more"),
                (0 < self.threshold < 2, "a --threshold between 0 and 2"),
                (self.patience >= 0, "a --patience of 0 or more"),
                (self.seed >= 0, "a --seed of 0 or more"),
            ),
        )
        self.spec.size(self.size)
        objective(
            self.loss, self.margin, people=2, dimension=2
        )  # refuses an unknown loss or an impossible margin early

    @property
    def spec(self) -> NetworkSpec:
        """The architecture to train."""
        return NetworkSpec(self.backbone, self.head, self.batch_norm)


@dataclass(slots=True)
class TrainingState:
    """Progress of a run.

    ``step``: batches done in ``epoch``; ``best``: the best row; ``waited``: epochs since it.
    """

    epoch: int = 0
    step: int = 0
    running: float = 0.0
    waited: int = 0
    best: int = -1


def start_for(settings: TrainSettings) -> Start:
    """Return the initial network; what ``settings.start`` lacks is random, from the seed."""
    seed_step(settings.seed)
    return start_of(settings.spec, settings.start, settings.new_head)


class Trainer:
    """Trains one network on one split.

    ``make``: overrides the settings' objective; ``start``: overrides that of the settings.
    ``say``: takes lines for people; ``warn``: what is wrong with the training, once.
    """

    def __init__(
        self,
        run: Run,
        settings: TrainSettings,
        data: Split,
        *,
        shown: bool = True,
        say: Callable[[str], object] = lambda line: None,
        warn: Callable[[str], object] = lambda line: None,
        make: Callable[[], Objective] | None = None,
        start: Start | None = None,
    ) -> None:
        self._run = run
        self._settings = settings
        self._data = data
        self._say = say
        self._warn = warn
        self._warned = False
        self._device = device()
        self._start = start or start_for(settings)
        self._network = self._start.network.to(self._device)
        self._objective = (
            make()
            if make
            else objective(
                settings.loss,
                settings.margin,
                len(data.train.names),
                self._network.spec.dimension,
                data.me,
                swapped=settings.swap_labels,
            )
        )
        self._loss: nn.Module = self._objective.loss.to(self._device)
        parameters = [*self._network.parameters(), *self._loss.parameters()]
        self._optimiser = torch.optim.AdamW(parameters, settings.lr, weight_decay=1e-4)
        self._augment = augmentation(data.train.crops.shape[1]) if settings.augment else None
        self._bars = ProgressBars("epochs", "batches", shown)
        self._pairs = data.pairs or validation_pairs(data.validation, settings.seed)
        self._state = TrainingState()
        self._history = list[Row]()
        self._saved = time.monotonic()

    def train(self) -> EpochFigures:
        """Train to the end, or resume; return the best figures. Exports the best network.

        Raises ``LearningError`` (NaN, full disk) and ``KeyboardInterrupt``; both leave a folder
        that opens.
        """
        self._restore()
        try:
            with Stopper() as stopper:
                self._epochs(stopper)
        except (LearningError, KeyboardInterrupt):
            with contextlib.suppress(LearningError):  # report the cause that ended the run
                self._finish()
            raise
        self._finish()
        return EpochFigures.of(self._history[self._state.best])

    def _restore(self) -> None:
        kept = self._run.load()
        if kept is None:
            self._say(self._start.said)
            if self._start.folded:
                measure_statistics(self._network, self._some_faces())
            self._judge()
            self._tell()
            return
        try:
            self._network.load_state_dict(kept["network"])
            self._loss.load_state_dict(kept["loss"])
            self._optimiser.load_state_dict(kept["optimiser"])
            self._state = TrainingState(**kept["state"])
            self._history = kept["history"]
            self._say(HEADER)
        except (KeyError, RuntimeError, TypeError, ValueError):
            raise LearningError(
                f"The checkpoint in {self._run.folder} does not fit its settings or pictures; "
                "start a new run."
            ) from None

    def _some_faces(self) -> Iterator[Tensor]:
        """Yield prepared batches of faces without augmentation, for BatchNorm statistics."""
        chosen = generator(self._settings.seed, 5).permutation(len(self._data.train))
        for part in np.array_split(chosen[:STATISTICS_FACES], STATISTICS_FACES // EMBED_AT_ONCE):
            if len(part):
                faces = as_faces(self._data.train.crops[np.sort(part)]).to(self._device)
                yield prepared(faces, self._network.spec.facts)

    def _save(self) -> None:
        state = {key: getattr(self._state, key) for key in TrainingState.__slots__}
        self._run.save(
            {
                "network": self._network.state_dict(),
                "loss": self._loss.state_dict(),
                "optimiser": self._optimiser.state_dict(),
                "state": state,
            },
            self._history,
        )
        self._saved = time.monotonic()

    def _epochs(self, stopper: Stopper) -> None:
        with self._bars.outer(self._settings.epochs, self._state.epoch) as bar:
            while self._state.epoch < self._settings.epochs and not self._tired:
                self._epoch(stopper)
                self._judge()
                bar.update()
                self._say(epoch_line(self._history[-1]))
                self._warn_if_useless()

    @property
    def _tired(self) -> bool:
        return 0 < self._settings.patience <= self._state.waited

    def _epoch(self, stopper: Stopper) -> None:
        """Train the rest of the current epoch.

        Pictures and augmentation depend on seed, epoch and step only.
        """
        s = self._settings
        state = self._state
        batches = self._objective.batches(
            self._data.train,
            s.batch,
            s.pairs or len(self._data.train),
            generator(s.seed, 2, state.epoch),
        )
        self._network.train()
        for batch in self._bars.inner(batches[state.step :], len(batches), state.step):
            seed_step(s.seed, state.epoch, state.step)
            state.running += self._step(batch)
            state.step += 1
            if stopper.wanted:
                self._save()
                raise KeyboardInterrupt
            if time.monotonic() - self._saved > CHECKPOINT_EVERY:
                self._save()
        state.epoch = state.epoch + 1
        state.step = 0
        state.running = state.running / max(1, len(batches))

    def _step(self, batch: Batch) -> float:
        faces = as_faces(self._data.train.crops[batch.rows])
        if self._augment:
            faces = torch.stack([self._augment(face) for face in faces])
        embeddings = self._network(prepared(faces.to(self._device), self._network.spec.facts))
        loss = self._objective(embeddings, torch.from_numpy(batch.targets).to(self._device))
        value = finite(loss, self._state.epoch + 1)
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._network.parameters(), 5.0)
        self._optimiser.step()
        return value

    def _tell(self) -> None:
        """Say what is judged by, and begin the table of epochs."""
        genuine = int(self._pairs.same.sum())
        self._say(
            f"Judged by {genuine} genuine and {len(self._pairs) - genuine} impostor pairs of "
            f"{len(self._data.validation.names)} people held apart, at the distance "
            f"{self._settings.threshold:g}."
        )
        self._say(HEADER)
        self._say(epoch_line(self._history[-1]))

    def _warn_if_useless(self) -> None:
        useless = EpochFigures.of(self._history[-1]).useless
        if useless and not self._warned:
            self._warn(f"After epoch {self._state.epoch} {useless}. {self._likely_cause()}")
        self._warned = bool(useless)

    def _likely_cause(self) -> str:
        if self._settings.start:
            return (
                f"The likely cause is the learning rate {self._settings.lr:g}: try a smaller one."
            )
        return (
            "The likely cause are random weights, which need many more pictures and epochs: leave "
            "out --start."
        )

    def _judge(self) -> None:
        """Validate on the held-apart people and keep the weights if they are the best."""
        vectors = embed(self._network, self._data.validation)
        if not np.isfinite(vectors).all():
            raise LearningError(
                f"The network gives no usable numbers after epoch {self._state.epoch}; start again "
                "with a smaller --lr. "
                "The run's folder keeps the best weights until then."
            )
        found = validate_epoch(vectors, self._pairs, self._settings.threshold, self._pair_loss)
        state = self._state
        loss = {"loss": state.running} if state.epoch else {}
        self._history.append({"epoch": state.epoch, **loss, **found.row()})
        if self._settings.film:
            self._keep_scatter(vectors)
        state.running = 0.0
        if self._is_best(found):
            state.best = len(self._history) - 1
            state.waited = 0
            save_network(self._run.folder / NAME, self._network)
        else:
            state.waited += 1
        self._save()

    def _is_best(self, found: EpochFigures) -> bool:
        """Whether the newest row is the best. A start with a new head is no network to keep."""
        best = self._state.best
        if best < 0 or (best == 0 and not self._start.complete):
            return True
        return found.better_than(EpochFigures.of(self._history[best]))

    @property
    def _pair_loss(self) -> PairLoss | None:
        """The loss of validation pairs; ``None`` for a loss that is not one of pairs."""
        loss = self._loss
        if not isinstance(loss, ContrastiveLoss | SwappedLabels):
            return None
        return lambda gaps, same: float(loss(torch.from_numpy(gaps), torch.from_numpy(same)))

    def _finish(self) -> None:
        """Export the best network, draw the plots, and write the summary."""
        best = load_network(self._run.folder / NAME).to(self._device)
        vectors = embed(best, self._data.validation)
        row = self._history[self._state.best]
        threshold = choose_threshold(
            *self._impostors(vectors),
            start=(self._start.complete and self._settings.start_threshold) or None,
            unchanged=self._start.complete and row["epoch"] == 0,
            useless=EpochFigures.of(row).useless,
        )
        export(best, self._run.folder, self._data.train.crops.shape[1], threshold.value)
        self._draw(vectors)
        self._run.record(
            self._history,
            {
                "best": row,
                "threshold": threshold.value,
                "threshold_because": threshold.why,
                "people": len(self._data.train.names),
                "pictures": len(self._data.train),
                "validation_people": len(self._data.validation.names),
                "validation_pairs": len(self._pairs),
                "genuine_pairs": int(self._pairs.same.sum()),
                "complete_start": self._start.complete,
                "finished": self._done,
            },
        )

    def _impostors(self, vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]:
        """Return the distances of impostor pairs held apart, and of how many pairs of people."""
        people = self._data.validation.people
        if self._data.me is None:
            return impostor_gaps(vectors, people), pairs_of_people(people)
        gaps = self._pairs.gaps(vectors)[~self._pairs.same]
        return gaps, len(self._data.validation.names) - 1  # each stranger against one person

    @property
    def _done(self) -> bool:
        return self._state.epoch >= self._settings.epochs or self._tired

    def _keep_scatter(self, vectors: NDArray[np.float32]) -> None:
        from kiosk.learning.evaluation.plots import scatter  # matplotlib is slow to import
        from kiosk.learning.training.scatter_film import keep_scatter

        s, epoch = self._settings, self._state.epoch
        scores = Scores.of(self._pairs.gaps(vectors), self._pairs.same)
        picture = scatter(scores, s.threshold, s.seed, f"Distances after epoch {epoch}")
        keep_scatter(self._run.folder, epoch, picture)

    def _draw(self, vectors: NDArray[np.float32]) -> None:
        from kiosk.learning.evaluation.plots import scatter
        from kiosk.learning.training.learning_curves import (
            learning_curve,
        )  # matplotlib is slow to import

        learning_curve(self._history, self._run.folder / "curve.png")
        scores = Scores.of(self._pairs.gaps(vectors), self._pairs.same)
        write(
            self._run.folder / "scatter.png",
            scatter(scores, self._settings.threshold, self._settings.seed),
        )


def validation_pairs(faces: Faces, seed: int) -> TrainingPairs:
    """Return the validation pairs of every epoch: distinct ones, at most 3,000 of each kind."""
    return distinct_pairs(faces.people, MOST_PAIRS, generator(seed, 3))


@torch.inference_mode()
def embed(network: SiameseNetwork, faces: Faces) -> NDArray[np.float32]:
    """Return (n, dimension) embeddings of unaugmented faces."""
    network.eval()
    where = next(network.parameters()).device
    parts: list[Tensor] = [
        network(
            prepared(as_faces(faces.crops[i : i + EMBED_AT_ONCE]).to(where), network.spec.facts)
        ).cpu()
        for i in range(0, len(faces), EMBED_AT_ONCE)
    ]
    return np.asarray(torch.cat(parts).numpy(), np.float32)
