"""The decision threshold: how it is derived, chosen, and which people look alike at it."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.decisions import Mode


@dataclass(frozen=True, slots=True)
class Calibration:
    """A decision distance derived from a target, and what can be promised of it.

    ``target``, ``fpir`` with its 95 % interval ``fpir_low`` .. ``fpir_high``, and ``proven``: shares of strangers let in by
    a gallery of ``people`` with ``templates`` in all. ``proven`` is what no error in ``pairs`` pairs of people would still leave
    possible (rule of three). ``fmr``: what is needed of one comparison with one person. ``supported``: whether the data
    are many enough for the target; else the stricter end was taken. ``source``: reference, site, site+reference, or
    nothing. ``damaged``: enrolled templates that could not be used. ``fixed``: the threshold was set by hand, and only what it
    lets in is derived.
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
        """The sentence that says it, in the catalogues of the screens."""
        if self.fixed:
            return "calibration.fixed" if self.source else "calibration.fixed_no_data"
        if self.threshold <= 0:
            return "calibration.nobody"
        if not self.source:
            return "calibration.no_data"
        return "calibration.supported" if self.supported else "calibration.extrapolated"

    @property
    def values(self) -> dict[str, str]:
        """The placeholders of that sentence; shares as strangers in 10,000."""
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
    """By what the door decides, as somebody chose it on the Evidence screen: a ``target`` (strangers in 10,000) that the
    threshold is derived from, or a ``distance`` fixed by hand. Exactly one is given."""

    target: float | None = None
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Two enrolled people whose templates lie nearer to each other than the door lets strangers come: ``first`` < ``second``."""

    first: int
    second: int
    distance: float


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from the people enrolled: the distance by face alone (1:N), that with a number (1:1), and who looks alike.

    ``look_alike_distance``: two people nearer than this are asked for number and PIN.
    """

    identify: Calibration
    verify: Calibration
    look_alike_distance: float = 0.0
    look_alikes: tuple[LookAlike, ...] = ()
