"""The poses of a guided enrolment: what is asked for, how it is coached, and what was captured."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kiosk.core.door_state import Hint
from kiosk.core.frames import Observation, Quality, QualityIssue
from kiosk.core.people import Person
from kiosk.core.rights import Actor
from kiosk.core.templates import Template, Vector
from kiosk.core.view_models import HINT_OF_ISSUE, Coach, EnrolStep, Pose

ORDER = (Pose.FRONT, Pose.LEFT, Pose.RIGHT, Pose.UP, Pose.DOWN)
"""Order in which poses are asked for."""

HOLD_S = 0.35
"""A pose must be held this long, so that no blurred frame in motion is kept."""

TURN = 0.14
"""Least difference in yaw from the straight pose, in the units of ``Quality``."""

NOD = 0.09
"""Least difference in pitch from the straight pose, in the units of ``Quality``."""

STRAIGHT = 0.16
"""Largest yaw and difference in pitch that still count as straight."""

TURNED_SLACK = 1.2
"""Factor on the threshold for turned faces, which are farther from the straight one.

On the clips 1 of 7 turned faces was beyond the network's own threshold from its straight one, 1 of
18 beyond 1.2 times it; of other people 0.3 % (dlib) and 3 % (siamese) were within. What is kept is
still checked by the self-match and the duplicate check.
"""

_COACH_OF_POSE = {
    Pose.FRONT: Coach.LOOK_STRAIGHT,
    Pose.LEFT: Coach.TURN_LEFT,
    Pose.RIGHT: Coach.TURN_RIGHT,
    Pose.UP: Coach.LOOK_UP,
    Pose.DOWN: Coach.LOOK_DOWN,
}
_COACH_OF_HINT = {
    Hint.ONE_AT_A_TIME: Coach.ONE_FACE,
    Hint.CENTRE: Coach.CENTRE,
    Hint.COME_CLOSER: Coach.COME_CLOSER,
    Hint.STEP_BACK: Coach.STEP_BACK,
    Hint.LOOK_HERE: Coach.LOOK_STRAIGHT,
    Hint.HOLD_UPRIGHT: Coach.LOOK_STRAIGHT,
    Hint.MORE_LIGHT: Coach.MORE_LIGHT,
    Hint.LESS_LIGHT: Coach.LESS_LIGHT,
    Hint.HOLD_STILL: Coach.HOLD_STILL,
}


@dataclass(slots=True)
class HeldPose:
    """Best frame of the pose being held."""

    since: float | None = None
    best: Vector | None = None
    sharpness: float = -1.0

    def add(self, vector: Vector, quality: Quality, now: float) -> float:
        """Add a frame; return the progress of holding the pose, 0..1."""
        if self.since is None:
            self.since = now
        if quality.sharpness > self.sharpness:
            self.best = vector
            self.sharpness = quality.sharpness
        return min(1.0, (now - self.since) / HOLD_S)


@dataclass(slots=True)
class PoseCapture:
    """One enrolment in progress.

    ``kept``: embedding and sharpness by captured pose. ``straight``: yaw and pitch of the straight
    pose. ``self_distances``: (time, distance) of fresh straight frames to the new templates.
    """

    actor: Actor
    person: Person
    kept: dict[Pose, tuple[Vector, float]] = field(default_factory=dict)
    straight: tuple[float, float] = (0.0, 0.0)
    held: HeldPose = field(default_factory=HeldPose)
    step: EnrolStep = EnrolStep.CAPTURE
    moved_on_at: float = 0.0
    no_frames_since: float | None = None
    self_distances: list[tuple[float, float]] = field(default_factory=list)

    @property
    def next_pose(self) -> Pose:
        """The first pose that was not captured yet."""
        return next(pose for pose in ORDER if pose not in self.kept)

    @property
    def vectors(self) -> list[Vector]:
        """The captured embeddings."""
        return [vector for vector, _ in self.kept.values()]

    def coach(self, seen: Observation, threshold: float) -> Coach:
        """Return what the person should do for the next pose.

        ``threshold``: the network's own; a face farther than ``TURNED_SLACK`` times it from the
        captured ones is another person's.
        """
        pose = self.next_pose
        if seen.main is None or seen.quality is None:
            return Coach.NOBODY
        issues = [
            issue
            for issue in seen.quality.issues
            if issue is not QualityIssue.TURNED_AWAY or pose is Pose.FRONT
        ]
        if issues:
            return _COACH_OF_HINT[HINT_OF_ISSUE[issues[0]]]
        if not self._shows(pose, seen.quality):
            return _COACH_OF_POSE[pose]
        if seen.embedding is None:
            return Coach.HOLD_STILL
        if self.kept and self._distance(seen.embedding) > TURNED_SLACK * threshold:
            return Coach.SOMEBODY_ELSE
        return Coach.GOOD

    def hold(self, seen: Observation, now: float) -> float:
        """Add a good frame of the next pose; keep the pose once it was held long enough.

        Returns the progress of holding it, 0..1.
        """
        assert seen.embedding is not None and seen.quality is not None
        progress = self.held.add(seen.embedding, seen.quality, now)
        if progress >= 1.0:
            self._keep(self.next_pose, seen.quality, now)
        return progress

    def straight_again(self, quality: Quality) -> bool:
        """Whether the head is back in the straight pose."""
        yaw, pitch = self.straight
        return abs(quality.yaw - yaw) <= STRAIGHT and abs(quality.pitch - pitch) <= NOD

    def templates(self, embedder_id: str) -> list[Template]:
        """Return a template of each captured pose."""
        return [
            Template(self.person.id or 0, embedder_id, vector, pose.value, sharpness)
            for pose, (vector, sharpness) in self.kept.items()
        ]

    def _keep(self, pose: Pose, quality: Quality, now: float) -> None:
        assert self.held.best is not None
        self.kept[pose] = (self.held.best, self.held.sharpness)
        self.held = HeldPose()
        self.moved_on_at = now
        if pose is Pose.FRONT:
            self.straight = (quality.yaw, quality.pitch)
        if len(self.kept) == len(ORDER):
            self.step = EnrolStep.CHECK

    def _distance(self, vector: Vector) -> float:
        return min(float(np.linalg.norm(vector - kept)) for kept in self.vectors)

    def _shows(self, pose: Pose, quality: Quality) -> bool:
        """Whether the head is in ``pose``, relative to the straight one."""
        yaw = quality.yaw - self.straight[0]
        pitch = quality.pitch - self.straight[1]
        match pose:
            case Pose.FRONT:
                return abs(quality.yaw) <= STRAIGHT
            case Pose.LEFT:
                return yaw >= TURN
            case Pose.RIGHT:
                return yaw <= -TURN
            case Pose.UP:
                return pitch <= -NOD
            case Pose.DOWN:
                return pitch >= NOD
