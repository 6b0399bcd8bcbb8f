"""Settings of a distillation, and what follows from them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kiosk.core.errors import LearningError
from kiosk.learning.networks.siamese import NetworkSpec
from kiosk.learning.training.run_folder import demand

LEARNING_RATES = {
    "resnet29": 2.5e-4,
    "mobilenet_v3_large": 2e-3,
    "mobilenet_v3_faces": 2e-3,
    "mobilefacenet": 1e-4,
}
STAGES = {
    "resnet29": "150:1",
    "mobilenet_v3_large": "64:0.35,88:0.25,112:0.4",
    "mobilenet_v3_faces": "128:1",
    "mobilefacenet": "128:1",
}
FOR_FACES = "mobilenet_v3_faces"


@dataclass(frozen=True, slots=True)
class DistilSettings:
    """All choices of a distillation.

    ``pool``: its folder. ``start``: initial weights; by default a ResNet-29 starts from dlib's
    published weights, a MobileFaceNet from the teacher's in ``teacher/`` of the pool. ``stages``:
    picture sizes with their share of the run, as 64:0.4,112:0.6 (empty: the backbone's). ``lr`` 0:
    the backbone's. ``warmup``: steps until it is reached; one full first step of AdamW ruins a good
    network (loss 0.42 to 2.6, measured). ``ema``: inertia of the running mean. ``share``: of the
    pool, for validation. ``strength``: of the augmentation; short runs learn more from milder
    pictures. ``normalise``: use BatchNorm in a ResNet-29 during training. ``covered``: share of
    faces with a mask or hand. ``relit``: share of faces under other light.
    ``apart``: weight of pushing different people apart. ``favour``: how
    much more often pictures from ``sources``, and similar ones, are drawn. ``frozen``: blocks of a
    MobileFaceNet that stay fixed. ``average``: how far a network from published weights moves back
    to them at the end (0: not). ``threshold``: written beside the network until `evaluate` has
    measured a better one.
    """

    pool: str
    start: str = ""
    backbone: str = "mobilefacenet"
    head: str = ""
    stages: str = ""
    epochs: int = 3
    batch: int = 64
    lr: float = 0.0
    warmup: int = 300
    relational: float = 2.0
    ema: float = 0.998
    share: float = 0.02
    strength: float = 0.5
    covered: float = 0.25
    relit: float = 0.0
    apart: float = 2.0
    favour: float = 1.0
    sources: str = "fm0,fm1,rmf"
    frozen: int = 5
    average: float = 0.5
    hint: float = 0.0
    views: int = 2
    normalise: bool = True
    threshold: float = 0.8
    seed: int = 0

    def __post_init__(self) -> None:
        demand(
            "Distillation",
            (
                (self.epochs > 0, "--epochs above 0"),
                (self.batch >= 4, "a --batch of at least 4"),
                (0 <= self.lr < float("inf"), "an --lr above 0"),
                (self.seed >= 0, "a --seed of 0 or more"),
                (0 < self.share <= 0.5, "a --share above 0 and at most 0.5"),
                (0 <= self.ema < 1, "an ema from 0 to below 1"),
                (self.warmup >= 0, "a --warmup of 0 or more"),
                (0 <= self.strength <= 1, "a --strength from 0 to 1"),
                (0 <= self.average < 1, "an --average from 0 to below 1"),
                (0 <= self.covered <= 1, "a --covered share from 0 to 1"),
                (0 <= self.relit <= 1, "a --relit share from 0 to 1"),
                (0 <= self.apart < float("inf"), "an --apart of 0 or more"),
                (0 <= self.favour < float("inf"), "a --favour of 0 or more"),
                (self.frozen >= 0, "a --frozen of 0 or more"),
                (0 <= self.hint < float("inf"), "a --hint of 0 or more"),
                (0 < self.views <= 16, "--views from 1 to 16"),
                (
                    not self.hint or self.backbone == FOR_FACES,
                    f"the --backbone {FOR_FACES} for a --hint",
                ),
                (0 < self.threshold < 2, "a --threshold between 0 and 2"),
            ),
        )
        self.sizes()

    @property
    def spec(self) -> NetworkSpec:
        """The architecture to train."""
        return NetworkSpec(self.backbone, self.head)

    @property
    def peak(self) -> float:
        """The peak learning rate."""
        return self.lr or LEARNING_RATES[self.backbone]

    def sizes(self) -> list[tuple[int, float]]:
        """Return picture sizes with the share of the run at which each ends; ``LearningError``."""
        spec = self.spec
        end = 0.0
        stages = []
        try:
            for stage in (self.stages or STAGES[self.backbone]).split(","):
                size, share = stage.split(":")
                end += float(share)
                stages.append((spec.size(int(size)), end))
        except ValueError:
            raise LearningError(
                f"The stages {self.stages!r} are not sizes with shares; write them as "
                "64:0.4,112:0.6."
            ) from None
        if not math.isclose(end, 1, abs_tol=1e-6):
            raise LearningError(
                f"The shares of the stages {self.stages!r} give {end:g} together; they must give 1."
            )
        return stages

    def size_at(self, done: float) -> int:
        """Return the picture size once a share ``done`` of the run is over."""
        return next((size for size, end in self.sizes() if done < end), self.sizes()[-1][0])

    def rate_at(self, step: int, steps: int) -> float:
        """Return the learning rate of ``step`` out of ``steps``.

        Linear warm-up over at least 3 % of the run, times a half cosine that falls to a hundredth.
        """
        rising = (step + 1) / (max(self.warmup, 0.03 * steps) + 1)
        return (
            self.peak
            * min(1.0, rising)
            * (0.99 * (1 + math.cos(math.pi * step / steps)) / 2 + 0.01)
        )
