"""Guided enrolment: poses with coaching, then self-match and duplicate check, then storing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from kiosk.core.door_state import Hint
from kiosk.core.errors import EnrolError, KioskError
from kiosk.core.frames import Observation, Quality, QualityIssue
from kiosk.core.masking import masked
from kiosk.core.people import Person
from kiosk.core.ports import GalleryPort, PeoplePort
from kiosk.core.rights import Actor, Right, require
from kiosk.core.templates import EmbedderInfo, Match, Template, Vector
from kiosk.core.thresholds import Thresholds
from kiosk.core.view_models import HINT_OF_ISSUE, Coach, EnrolStep, EnrolView, Pose

ORDER = (Pose.FRONT, Pose.LEFT, Pose.RIGHT, Pose.UP, Pose.DOWN)
HOLD_S = 0.35
"""A pose must be held this long, so that no blurred frame in motion is kept."""

TURN = 0.14
NOD = 0.09
STRAIGHT = 0.16
"""How far yaw and pitch must differ from the straight pose, in the units of ``Quality``."""

TURNED_SLACK = 1.2
"""Factor on the threshold for turned faces, which are farther from the straight one.

On the clips 1 of 7 turned faces was beyond the network's own threshold from its straight one, 1 of
18 beyond 1.2 times it; of other people 0.3 % (dlib) and 3 % (siamese) were within. What is kept is
still checked by the self-match and the duplicate check.
"""

SELF_MATCH_FRAMES = 3
"""Number of latest straight frames whose median distance must match."""
SELF_MATCH_S = 3.0
"""Time for it: the head is still coming back from the last pose."""

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
    Hint.MORE_LIGHT: Coach.MORE_LIGHT,
    Hint.LESS_LIGHT: Coach.LESS_LIGHT,
    Hint.HOLD_STILL: Coach.HOLD_STILL,
}


@dataclass(slots=True)
class _Held:
    """Best frame of the pose being held."""

    since: float | None = None
    best: Vector | None = None
    sharpness: float = -1.0

    def add(self, vector: Vector, quality: Quality, now: float) -> float:
        if self.since is None:
            self.since = now
        if quality.sharpness > self.sharpness:
            self.best = vector
            self.sharpness = quality.sharpness
        return min(1.0, (now - self.since) / HOLD_S)


@dataclass(slots=True)
class _Capture:
    actor: Actor
    person: Person
    kept: dict[Pose, tuple[Vector, float]] = field(default_factory=dict)
    straight: tuple[float, float] = (0.0, 0.0)
    held: _Held = field(default_factory=_Held)
    step: EnrolStep = EnrolStep.CAPTURE
    moved_on_at: float = 0.0
    no_frames_since: float | None = None
    self_distances: list[tuple[float, float]] = field(default_factory=list)


class EnrolService:
    """Runs one enrolment at a time, driven by observations on the inference thread."""

    def __init__(
        self,
        gallery: GalleryPort,
        people: PeoplePort,
        info: EmbedderInfo,
        *,
        thresholds: Thresholds,
        duplicate_factor: float,
        pose_timeout_s: float,
    ) -> None:
        self._gallery = gallery
        self._people = people
        self._info = info
        self._thresholds = thresholds
        self._own_threshold = thresholds.identify
        self._duplicate = thresholds.identify * duplicate_factor
        self._timeout_s = pose_timeout_s
        self._capture: _Capture | None = None
        self._camera_ok = True
        self._view = EnrolView(EnrolStep.FAILED)

    def use_thresholds(self, thresholds: Thresholds) -> None:
        """Require from now on that a new person is recognised at the door's ``thresholds``.

        Whether pictures show one person, and who may be enrolled already, is still judged by the
        network's own threshold.
        """
        self._thresholds = thresholds

    @property
    def active(self) -> bool:
        """Whether an enrolment is running."""
        return self._capture is not None

    @property
    def view(self) -> EnrolView:
        """What the enrolment screen shows now."""
        return self._view

    def start(self, actor: Actor, person: Person, now: float) -> None:
        """Start the capture of ``person``, enrolled by ``actor``.

        Raises ``SignInError`` without the right to enrol, and ``EnrolError`` without consent or for
        a student number that is taken.
        """
        require(actor, Right.ENROL)
        if person.consented_at is None:
            raise EnrolError(
                "Ask for consent first; nobody is enrolled without it.", key="error.no_consent"
            )
        taken = self._people.by_number(person.number)
        if taken is not None and taken.id != person.id:
            raise EnrolError(
                f"Student number {person.number} belongs to {taken.name}; check the number.",
                key="error.number_taken",
                name=masked(taken.name),
            )
        self._capture = _Capture(actor, person, moved_on_at=now)
        self._view = EnrolView(
            EnrolStep.CAPTURE, person=person, threshold=self._thresholds.identify
        )
        if not self._camera_ok:
            self.camera(False, now)

    def again(self, now: float) -> None:
        """Discard the captured poses and start with the first pose."""
        if self._capture is not None:
            self.start(self._capture.actor, self._capture.person, now)

    def cancel(self) -> None:
        """Stop without storing anything."""
        self._capture = None

    def observe(self, seen: Observation, now: float) -> EnrolView:
        """Process one frame; return what to show."""
        capture = self._capture
        if capture is None:
            return self._view
        if capture.step is EnrolStep.CAPTURE:
            self._view = self._pose(capture, seen, now)
        elif capture.step is EnrolStep.CHECK:
            self._view = self._self_match(capture, seen, now)
        return self._view

    def camera(self, alive: bool, now: float) -> None:
        """Report whether the camera delivers frames; time without frames extends the timeout."""
        capture = self._capture
        self._camera_ok = alive
        if capture is None:
            return
        if not alive:
            capture.no_frames_since = now
            capture.held = _Held()
            self._view = replace(self._view, coach=Coach.CAMERA_LOST, progress=0.0, face=None)
        elif capture.no_frames_since is not None:
            capture.moved_on_at += now - capture.no_frames_since
            capture.no_frames_since = None

    def save(self) -> Person:
        """Store the person and the templates in one transaction; return the stored person.

        Raises ``EnrolError`` unless all checks have passed.
        """
        capture = self._capture
        if capture is None or capture.step is not EnrolStep.CONFIRM:
            raise EnrolError(
                "Finish the capture and the check first.", key="error.enrol_unfinished"
            )
        templates = self._templates(capture)
        if capture.person.id is None:
            person = self._people.add_with_templates(capture.person, templates, capture.actor.name)
        else:
            person = self._people.enrol_again(capture.person, templates, capture.actor.name)
        self._capture = None
        self._view = EnrolView(
            EnrolStep.DONE,
            Coach.GOOD,
            None,
            ORDER,
            person=person,
            threshold=self._thresholds.identify,
            pin_needed=self._view.pin_needed and not person.has_pin,
        )
        return person

    def _pose(self, capture: _Capture, seen: Observation, now: float) -> EnrolView:
        pose = next(pose for pose in ORDER if pose not in capture.kept)
        coach = self._coach(capture, pose, seen)
        progress = 0.0
        if coach is Coach.GOOD and seen.embedding is not None and seen.quality is not None:
            progress = capture.held.add(seen.embedding, seen.quality, now)
            if progress >= 1.0:
                self._keep(capture, pose, seen.quality, now)
        else:
            capture.held = _Held()
        if now - capture.moved_on_at > self._timeout_s:
            return self._give_up("error.enrol_timeout")
        if capture.step is EnrolStep.CHECK:
            return self._checking(capture, seen)
        return EnrolView(
            EnrolStep.CAPTURE,
            coach,
            pose,
            tuple(capture.kept),
            progress,
            seen.main,
            seen.sized,
            threshold=self._thresholds.identify,
            person=capture.person,
        )

    def _coach(self, capture: _Capture, pose: Pose, seen: Observation) -> Coach:
        if seen.main is None or seen.quality is None:
            return Coach.NOBODY
        against = [
            i
            for i in seen.quality.issues
            if i is not QualityIssue.TURNED_AWAY or pose is Pose.FRONT
        ]
        if against:
            return _COACH_OF_HINT[HINT_OF_ISSUE[against[0]]]
        if not self._posed(capture, pose, seen.quality):
            return _COACH_OF_POSE[pose]
        if seen.embedding is None:
            return Coach.HOLD_STILL
        if (
            capture.kept
            and self._distance(capture, seen.embedding) > TURNED_SLACK * self._own_threshold
        ):
            return Coach.SOMEBODY_ELSE
        return Coach.GOOD

    @staticmethod
    def _posed(capture: _Capture, pose: Pose, quality: Quality) -> bool:
        yaw = quality.yaw - capture.straight[0]
        pitch = quality.pitch - capture.straight[1]
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

    def _keep(self, capture: _Capture, pose: Pose, quality: Quality, now: float) -> None:
        assert capture.held.best is not None
        capture.kept[pose] = (capture.held.best, capture.held.sharpness)
        capture.held = _Held()
        capture.moved_on_at = now
        if pose is Pose.FRONT:
            capture.straight = (quality.yaw, quality.pitch)
        if len(capture.kept) == len(ORDER):
            capture.step = EnrolStep.CHECK

    def _self_match(self, capture: _Capture, seen: Observation, now: float) -> EnrolView:
        """Compare fresh straight frames with the new templates."""
        if (
            seen.embedding is not None
            and seen.quality is not None
            and _straight_again(capture, seen.quality)
        ):
            capture.self_distances.append(
                (
                    now,
                    self._gallery.distance(
                        seen.embedding, [vector for vector, _ in capture.kept.values()]
                    ),
                )
            )
        if now - capture.moved_on_at > self._timeout_s:
            return self._give_up("error.enrol_timeout")
        if len(capture.self_distances) < SELF_MATCH_FRAMES:
            return self._checking(capture, seen)
        distance = float(
            np.median([found for _, found in capture.self_distances[-SELF_MATCH_FRAMES:]])
        )
        if distance > self._thresholds.identify:
            tried_s = now - capture.self_distances[0][0]
            return (
                self._checking(capture, seen)
                if tried_s < SELF_MATCH_S
                else self._give_up("error.self_match", self_distance=distance)
            )
        try:
            known_as = self._known_as(capture)
            pin_needed = self._looks_alike(capture)
        except KioskError as error:  # a database error, for instance
            return self._give_up(error.key)
        capture.step = EnrolStep.CONFIRM
        return EnrolView(
            EnrolStep.CONFIRM,
            Coach.GOOD,
            None,
            ORDER,
            1.0,
            seen.main,
            seen.sized,
            known_as=known_as,
            pin_needed=pin_needed,
            self_distance=distance,
            threshold=self._thresholds.identify,
            person=capture.person,
        )

    def _checking(self, capture: _Capture, seen: Observation) -> EnrolView:
        return EnrolView(
            EnrolStep.CHECK,
            Coach.LOOK_STRAIGHT,
            None,
            ORDER,
            1.0,
            seen.main,
            seen.sized,
            threshold=self._thresholds.identify,
            person=capture.person,
        )

    def _known_as(self, capture: _Capture) -> tuple[tuple[str, float], ...]:
        """Return the enrolled people whom these templates match, nearest first."""
        nearest: dict[int, float] = {}
        for vector, _ in capture.kept.values():
            for person_id, distance in _two_nearest(self._gallery.search(vector)):
                if distance <= self._duplicate and person_id != capture.person.id:
                    nearest[person_id] = min(distance, nearest.get(person_id, np.inf))
        found = [
            (self._people.get(person_id), d)
            for person_id, d in sorted(nearest.items(), key=lambda item: item[1])
        ]
        return tuple(
            (masked(person.name), distance) for person, distance in found if person is not None
        )

    def _looks_alike(self, capture: _Capture) -> bool:
        """Whether another person is nearer than the door can tell apart by the face alone."""
        vectors = [vector for vector, _ in capture.kept.values()]
        near = _two_nearest(self._gallery.search(self._gallery.fused(vectors)))
        return any(
            distance <= self._thresholds.look_alike and person_id != capture.person.id
            for person_id, distance in near
        )

    def _distance(self, capture: _Capture, vector: Vector) -> float:
        return min(float(np.linalg.norm(vector - kept)) for kept, _ in capture.kept.values())

    def _templates(self, capture: _Capture) -> list[Template]:
        return [
            Template(capture.person.id or 0, self._info.id, vector, pose.value, sharpness)
            for pose, (vector, sharpness) in capture.kept.items()
        ]

    def _give_up(self, key: str, **values: float) -> EnrolView:
        person = self._capture.person if self._capture else None
        if self._capture is not None:
            self._capture.step = EnrolStep.FAILED
        return EnrolView(
            EnrolStep.FAILED,
            message_key=key,
            message_values=dict(values),
            threshold=self._thresholds.identify,
            person=person,
        )


def _two_nearest(match: Match | None) -> list[tuple[int, float]]:
    """Return (person, distance) of the nearest and the second nearest person.

    At a re-enrolment the nearest is the person themselves.
    """
    if match is None:
        return []
    second = [] if match.runner_up_id is None else [(match.runner_up_id, match.runner_up_distance)]
    return [(match.person_id, match.distance), *second]


def _straight_again(capture: _Capture, quality: Quality) -> bool:
    yaw, pitch = capture.straight
    return abs(quality.yaw - yaw) <= STRAIGHT and abs(quality.pitch - pitch) <= NOD
