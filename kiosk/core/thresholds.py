"""The decision thresholds: in force, as derived and as chosen; and who looks alike at them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kiosk.core.decisions import Mode


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The distances in force, in the embedder's metric; replaced as a whole when one changes.

    ``identify``: the face alone (1:N). ``verify``: an identity was claimed (1:1). ``look_alike``:
    people nearer to each other than this are asked for number and PIN; 0 if unknown. Raises
    ``ValueError`` for a distance that is negative or not finite.
    """

    identify: float
    verify: float
    look_alike: float = 0.0

    def __post_init__(self) -> None:
        for distance in (self.identify, self.verify, self.look_alike):
            if not (math.isfinite(distance) and distance >= 0):
                raise ValueError(f"a threshold of {distance} is not a distance")

    @classmethod
    def same(cls, distance: float) -> Thresholds:
        """One distance for 1:N and 1:1: the embedder's own, until thresholds are derived."""
        return cls(distance, distance)

    def of(self, mode: Mode) -> float:
        """The distance that decides in ``mode``."""
        return self.verify if mode is Mode.VERIFY else self.identify


@dataclass(frozen=True, slots=True)
class Calibration:
    """A decision distance derived from a target, and what can be promised of it.

    Shares are FPIR of a gallery of ``people`` with ``templates`` in all: ``target``, ``fpir`` with
    its 95 % interval ``fpir_low`` .. ``fpir_high``, and ``proven``, which no error in ``pairs``
    pairs of people would still leave possible (rule of three). ``fmr``: the FMR needed of one
    comparison with one person. ``supported``: whether there are enough data for the target; if
    not, the stricter end of the interval was taken. ``source``: reference, site, site+reference, or
    empty. ``damaged``: enrolled templates that could not be used. ``fixed``: the threshold was set
    by hand, and only the shares are derived.
    """

    threshold: float
    target: float
    mode: Mode
    people: int
    templates: int
    fmr: float
    fpir: float
    fpir_low: float
    fpir_high: float
    proven: float
    pairs: int
    supported: bool
    source: str
    damaged: int = 0
    fixed: bool = False

    @property
    def key(self) -> str:
        """Key of the sentence that describes it in the message catalogues."""
        if self.fixed:
            return "calibration.fixed" if self.source else "calibration.fixed_no_data"
        if self.threshold <= 0:
            return "calibration.nobody"
        if not self.source:
            return "calibration.no_data"
        return "calibration.supported" if self.supported else "calibration.extrapolated"

    @property
    def values(self) -> dict[str, str]:
        """Values for that sentence's placeholders; shares as impostors in 10,000 attempts."""
        shares = {
            "target": self.target,
            "expected": self.fpir,
            "low": self.fpir_low,
            "high": self.fpir_high,
            "proven": self.proven,
        }
        return {
            name: f"{share * 10_000:.2g}" if share < 0.01 else f"{share * 10_000:,.0f}"
            for name, share in shares.items()
        } | {
            "threshold": f"{self.threshold:.3f}",
            "people": f"{self.people:,}",
            "templates": f"{self.templates:,}",
            "pairs": f"{self.pairs:,}",
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """What the door decides by, as chosen on the analysis screen. Exactly one is given.

    ``target``: impostors in 10,000 attempts from which the threshold is derived. ``distance``: a
    threshold fixed by hand.
    """

    target: float | None = None
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Two enrolled people nearer to each other than ``Thresholds.look_alike``.

    Ids ``first`` < ``second``.
    """

    first: int
    second: int
    distance: float


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from the people enrolled: both thresholds, and who looks alike."""

    identify: Calibration
    verify: Calibration
    look_alike_distance: float = 0.0
    look_alikes: tuple[LookAlike, ...] = ()

    @property
    def thresholds(self) -> Thresholds:
        """The distances alone, as the door and the enrolment use them."""
        return Thresholds(self.identify.threshold, self.verify.threshold, self.look_alike_distance)
