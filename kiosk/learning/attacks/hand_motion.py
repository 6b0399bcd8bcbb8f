"""Motion of a hand-held instrument: slow drift, tremor, and deliberate tilt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FPS = 30.0
LENGTH_S = 16.0
CHANNELS = 7


@dataclass(frozen=True, slots=True)
class Grip:
    """Standard deviations of a hand's motion.

    ``shift`` mm, ``depth`` share of the distance, ``tilt`` and ``roll`` degrees, ``tremor`` mm at
    about 8 Hz. ``bend``: 1/mm around ``bent``.
    """

    shift: float = 6.0
    depth: float = 0.02
    tilt: float = 4.0
    roll: float = 2.0
    tremor: float = 0.25
    bent: float = 0.0
    bend: float = 0.0


STAND = Grip(0.0, 0.0, 0.0, 0.0, 0.0)
STEADY = Grip(shift=3.0, depth=0.01, tilt=2.0, roll=1.0, tremor=0.15)
HELD = Grip()
WAVED = Grip(shift=22.0, depth=0.05, tilt=13.0, roll=7.0, tremor=0.4)


class Drift:
    """Smooth random curves with standard deviation 1, one per channel: noise through two low-pass
    filters.
    """

    def __init__(self, rng: np.random.Generator, slow_s: float = 0.45) -> None:
        count = int(LENGTH_S * FPS)
        keep = float(np.exp(-1 / (FPS * slow_s)))
        curves = rng.normal(size=(count + 120, CHANNELS))
        for _ in range(2):
            for i in range(1, len(curves)):
                curves[i] = keep * curves[i - 1] + (1 - keep) * curves[i]
        curves = curves[120:]
        self._curves: NDArray[np.float64] = (curves - curves.mean(axis=0)) / curves.std(axis=0)
        self._phase = rng.random(2) * 6.28
        self._pace = 7.0 + 2.0 * rng.random(2)

    def at(self, t: float) -> NDArray[np.float64]:
        """Return (CHANNELS,) values at ``t`` seconds."""
        place = t * FPS % (len(self._curves) - 1)
        low = int(place)
        return np.asarray(
            self._curves[low] + (place - low) * (self._curves[low + 1] - self._curves[low])
        )

    def tremor(self, t: float) -> NDArray[np.float64]:
        """Return (2,) sines at about 8 Hz."""
        return np.asarray(np.sin(6.283 * self._pace * t + self._phase))


def eased(since: float, seconds: float) -> float:
    """Return the progress 0..1 of a deliberate movement of ``seconds``, with smooth ends."""
    share = min(1.0, max(0.0, since / seconds))
    return share * share * (3 - 2 * share)
