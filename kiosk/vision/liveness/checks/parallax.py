"""Depth in the motion of the head: how far it was seen to turn as no flat or bent sheet can."""

from __future__ import annotations

from collections import deque

import numpy as np

from kiosk.core.config import LivenessConfig
from kiosk.core.decisions import Reason
from kiosk.core.frames import BGRImage, Points
from kiosk.vision.liveness.liveness_check import TrackFrame
from kiosk.vision.liveness.parallax_meter import GrayPatch, ParallaxMeter, Rotation, cut_patch

SMOOTHED = 3
"""Successive rotations whose median counts, so that no single frame is evidence."""

MIN_LIKENESS = 0.9
"""Least correlation of a patch with its reference; below it something covers the face, or the flow
was lost."""

LOST_AFTER = 4
"""Successive patches unlike the reference after which another reference is taken."""

REFERENCE_S = 2.5
"""Seconds after which another reference is taken, unless it is to be kept."""

POSES = 5
"""Latest poses and eye distances of the recognised person whose medians count."""

FULL_TURN_EYE_DISTANCE = 36.0
"""Pixels between the eyes up to which the whole configured turn is needed. A larger face is
measured with less noise and needs less, in the same proportion."""

MIN_TURN_SHARE = 0.5
"""Least share of the configured turn, however large the face."""


class TurnTracker:
    """Measures how far the head turned in depth against a reference frame of the track.

    ``span``: the largest angle, in radians, between two smoothed views since ``begin``.
    """

    def __init__(self, meter: ParallaxMeter) -> None:
        self._meter = meter
        self._reference: GrayPatch | None = None
        self._reference_at = 0.0
        self._lost = 0
        self._recent: deque[tuple[float, float]] = deque(maxlen=SMOOTHED)
        self._path: list[tuple[float, float]] = []
        self._keep_reference = False
        self._replace = False
        self.span = 0.0

    def begin(self, *, keep_reference: bool = False) -> None:
        """Forget what was shown so far.

        ``keep_reference``: compare everything with the first frame that may be a reference (before
        that with the first frame of all), however long ago, unless the face was lost meanwhile.
        """
        self._restart()
        self._keep_reference = keep_reference
        self.span = 0.0

    def replace_reference(self) -> None:
        """Take another reference from the next frame that may be one."""
        self._replace = True

    def add(
        self, image: BGRImage, landmarks: Points, now: float, *, may_be_reference: bool = True
    ) -> Rotation | None:
        """Return the rotation of this frame against the reference.

        ``landmarks``: (5, 2) float32 in pixels of ``image``. ``None`` where the frame becomes the
        reference itself, is too unlike it, or its landmarks coincide.
        """
        patch = cut_patch(image, landmarks)
        if patch is None:
            return None
        if self._reference is None or (self._reference_expired(now) and may_be_reference):
            self._restart()
            self._reference = patch
            self._reference_at = now
            self._replace = self._keep_reference and not may_be_reference
            return None
        rotation = self._meter.turn(self._reference, patch)
        if rotation.likeness < MIN_LIKENESS:
            self._lost += 1
            return None
        self._lost = 0
        self._extend_path(rotation)
        return rotation

    def _reference_expired(self, now: float) -> bool:
        return (
            self._replace
            or self._lost >= LOST_AFTER
            or (now - self._reference_at > REFERENCE_S and not self._keep_reference)
        )

    def _extend_path(self, rotation: Rotation) -> None:
        self._recent.append((rotation.x, rotation.y))
        if len(self._recent) == SMOOTHED:
            x, y = np.median(np.array(self._recent), axis=0)
            self.span = max([self.span, *(float(np.hypot(x - u, y - v)) for u, v in self._path)])
            self._path.append((float(x), float(y)))

    def _restart(self) -> None:
        self._reference = None
        self._lost = 0
        self._replace = False
        self._recent.clear()
        self._path.clear()


class ParallaxCheck:
    """Wants the recognised person's head to turn in depth. It never refuses by itself.

    Frames of nobody do not count: a stranger's nod is no evidence for the photograph shown next.
    During a challenge ``rotation`` measures the frames, and ``observe`` leaves them alone.
    """

    def __init__(self, meter: ParallaxMeter, config: LivenessConfig) -> None:
        self._config = config
        self._turns = TurnTracker(meter)
        self._poses: deque[tuple[float, float]] = deque(maxlen=POSES)
        self._eye_distances: deque[float] = deque(maxlen=POSES)
        self._person: int | None = None
        self._challenged = False

    def reset(self, *, new_face: bool) -> None:
        """Forget what the head has shown."""
        self._turns.begin()
        self._poses.clear()
        self._eye_distances.clear()
        self._person = None
        self._challenged = False

    def observe(self, seen: TrackFrame, person: int | None, now: float) -> None:
        """Measure a frame in which somebody was recognised; another person starts from nothing."""
        if seen.embedding is None or person is None:
            return
        if self._person is not None and person != self._person:
            self._turns.begin()
        self._person = person
        if not self._challenged:
            self._turns.add(seen.image, seen.face.landmarks, now)
            self._poses.append((seen.quality.yaw, seen.quality.pitch))
            self._eye_distances.append(seen.quality.eye_distance)

    def refusal(self, now: float) -> Reason | None:
        """Return ``None``: a head may simply keep still."""
        return None

    def ready(self, person: int, now: float) -> bool:
        """Return whether the head was seen to turn as far as needed."""
        return self._turns.span >= self._needed_span

    @property
    def score(self) -> float:
        """How much of the needed turn in depth was seen, 0..1."""
        return min(1.0, self._turns.span / self._needed_span)

    @property
    def _needed_span(self) -> float:
        """The turn in depth that natural motion must show, in radians."""
        eyes = float(np.median(np.array(self._eye_distances or [0.0])))
        share = min(1.0, FULL_TURN_EYE_DISTANCE / max(eyes, 1.0))
        return float(np.radians(self._config.parallax_deg)) * max(MIN_TURN_SHARE, share)

    # during a challenge

    @property
    def straight_pose(self) -> tuple[float, float]:
        """Yaw and pitch (units of ``Quality``) of the person before the challenge."""
        yaw, pitch = np.median(np.array(self._poses or [(0.0, 0.0)]), axis=0)
        return float(yaw), float(pitch)

    def begin_challenge(self) -> None:
        """Compare the frames that follow with one straight view of the person."""
        self._challenged = True
        self._turns.begin(keep_reference=True)

    def replace_reference(self) -> None:
        """Compare with another straight view from the next one on."""
        self._turns.replace_reference()

    def rotation(self, seen: TrackFrame, now: float, *, may_be_reference: bool) -> Rotation | None:
        """Return the frame's rotation against the straight view, as ``TurnTracker.add``."""
        return self._turns.add(
            seen.image, seen.face.landmarks, now, may_be_reference=may_be_reference
        )
