"""What the frames of one track say about somebody real standing there, each kind by itself; times are handed in."""

from __future__ import annotations

import zlib
from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from kiosk.core.frames import BGRImage, Points
from kiosk.core.templates import Vector
from kiosk.vision.liveness.checks.parallax import Grey, ParallaxMeter, Rotation, cut_patch

SMOOTHED = 3
"""Rotations in a row whose median counts, so that no single frame is evidence."""

LIKE_ENOUGH = 0.9
"""Least likeness of a patch and its reference: below it something covers the face, or the flow was lost."""

LOST_AFTER = 4
"""Patches in a row that are too unlike the reference before another is taken."""

REFERENCE_S = 2.5
"""Seconds after which another reference is taken."""

KNOWN_FRAMES = 1000
"""Pictures that are remembered, about a minute: a longer loop is not noticed."""

REPEATED_S = 0.5
REPEATED_FRAMES = 6
REPEATED_SHARE = 0.9
"""Frames that came before, bit by bit: over so long, so many at least, and such a share of them. A camera's driver that hands
each picture on twice or three times stays below."""


@dataclass(slots=True)
class Parallax:
    """How far the head turned in depth, from the first frame or since something covered the face."""

    meter: ParallaxMeter
    _reference: Grey | None = None
    _since: float = 0.0
    _lost: int = 0
    _recent: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=SMOOTHED))
    _path: list[tuple[float, float]] = field(default_factory=list)
    _kept: bool = False
    _stale: bool = False
    span: float = 0.0

    def begin(self, *, keep: bool = False) -> None:
        """Another track, or another stretch of it: nothing shown yet. ``keep``: everything is compared with its first frame that
        may be a ``reference`` (until then with the first of all), however long ago, unless the face was lost meanwhile."""
        self._restart()
        self._kept = keep
        self.span = 0.0

    def renew(self) -> None:
        """Take another reference at the next opportunity."""
        self._stale = True

    def add(
        self, image: BGRImage, landmarks: Points, now: float, *, reference: bool = True
    ) -> Rotation | None:
        """One more frame; its rotation against the reference, where it is like it. ``reference``: whether it may become the next one."""
        patch = cut_patch(image, landmarks)
        if patch is None:
            return None
        if self._reference is None or (self._over(now) and reference):
            self._restart()
            self._reference = patch
            self._since = now
            self._stale = self._kept and not reference
            return None
        rotation = self.meter.turn(self._reference, patch)
        if rotation.likeness < LIKE_ENOUGH:
            self._lost += 1
            return None
        self._lost = 0
        self._note(rotation)
        return rotation

    def _over(self, now: float) -> bool:
        return (
            self._stale
            or self._lost >= LOST_AFTER
            or (now - self._since > REFERENCE_S and not self._kept)
        )

    def _note(self, rotation: Rotation) -> None:
        self._recent.append((rotation.x, rotation.y))
        if len(self._recent) == SMOOTHED:
            x, y = np.median(np.array(self._recent), axis=0)
            self.span = max([self.span, *(float(np.hypot(x - u, y - v)) for u, v in self._path)])
            self._path.append((float(x), float(y)))

    def _restart(self) -> None:
        self._reference = None
        self._lost = 0
        self._stale = False
        self._recent.clear()
        self._path.clear()


class Repeats:
    """Whether frames come again, bit by bit: a frozen picture, or a recording fed in in a loop. ``returned``: how many came again
    after another one, which no driver does."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Another track."""
        self._known: deque[int] = deque(maxlen=KNOWN_FRAMES)
        self._recent: deque[tuple[float, bool]] = deque(maxlen=120)
        self._latest: int | None = None
        self.returned = 0

    def add(self, image: BGRImage, now: float) -> None:
        """One more frame."""
        mark = zlib.crc32(image[::4, ::4].tobytes())
        again = mark in self._known
        self._recent.append((now, again))
        self.returned += again and mark != self._latest
        self._latest = mark
        if not again:
            self._known.append(mark)

    @property
    def found(self) -> bool:
        """Whether they do."""
        if not self._recent:
            return False
        last = self._recent[-1][0]
        late = [again for at, again in self._recent if last - at <= REPEATED_S]
        enough = len(late) >= REPEATED_FRAMES and last - self._recent[0][0] >= REPEATED_S
        return enough and sum(late) >= REPEATED_SHARE * len(late)


@dataclass(slots=True)
class Identity:
    """Who the frames of the track are, by the door's own threshold: the same person at its start, in its middle and at its end."""

    _person: int | None = None
    _votes: list[float] = field(default_factory=list)

    def begin(self) -> None:
        """Another track."""
        self._person = None
        self._votes.clear()

    def add(self, person: int | None, now: float) -> bool:
        """A compared frame speaks for ``person`` (``None``: for nobody). Whether somebody else than before, so that all begins anew."""
        if person is None:
            return False
        other = self._person is not None and person != self._person
        if other:
            self._votes.clear()
        self._person = person
        self._votes.append(now)
        return other

    def throughout(self, person: int, now: float, gap_s: float) -> bool:
        """Whether the frames from the first to now speak for ``person``, with no gap of more than ``gap_s`` nor of more than half of all."""
        if person != self._person or len(self._votes) < 3:
            return False
        times = [*self._votes, now]
        most = min(gap_s, max(0.2, (now - times[0]) / 2))
        return all(after - before <= most for before, after in pairwise(times))


@dataclass(slots=True)
class Jump:
    """Notices that the embeddings change from one person to another without the face having gone away."""

    limit: float
    few: int = 3
    _before: deque[Vector] = field(default_factory=lambda: deque(maxlen=6))
    _after: list[Vector] = field(default_factory=list)

    def begin(self) -> None:
        """Another face, or the face came back from elsewhere."""
        self._before.clear()
        self._after.clear()

    def add(self, embedding: Vector) -> bool:
        """Whether this frame is the last of ``few`` that are like each other and unlike those before, ``few`` at least."""
        if len(self._before) < self.few or self._near(embedding, self._before):
            self._before.extend((*self._after, embedding))
            self._after.clear()
            return False
        if self._after and not self._near(embedding, self._after):
            self._after.clear()
        self._after.append(embedding)
        return len(self._after) >= self.few

    def _near(self, embedding: Vector, others: deque[Vector] | list[Vector]) -> bool:
        return any(float(np.linalg.norm(embedding - other)) <= self.limit for other in others)
