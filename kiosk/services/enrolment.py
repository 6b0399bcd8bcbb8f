"""Guided enrolment: poses with coaching, then self-match and duplicate check, then storing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kiosk.core.consent import require_consents
from kiosk.core.errors import EnrolError, KioskError
from kiosk.core.frames import Observation
from kiosk.core.masking import masked
from kiosk.core.people import Person
from kiosk.core.ports import GalleryPort, PeoplePort
from kiosk.core.rights import Actor, Right, require
from kiosk.core.templates import EmbedderInfo, Match
from kiosk.core.thresholds import Thresholds
from kiosk.core.view_models import Coach, EnrolStep, EnrolView
from kiosk.services.pose_capture import ORDER, HeldPose, PoseCapture

SELF_MATCH_FRAMES = 3
"""Number of latest straight frames whose median distance must match."""
SELF_MATCH_S = 3.0
"""Time for it: the head is still coming back from the last pose."""


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
        self._capture: PoseCapture | None = None
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

        Raises ``SignInError`` without the right to enrol, and ``EnrolError`` without the consents
        to personal data and to the face, or for a student number that is taken.
        """
        require(actor, Right.ENROL)
        require_consents(person.consents)
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
        self._capture = PoseCapture(actor, person, moved_on_at=now)
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
            capture.held = HeldPose()
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
        templates = capture.templates(self._info.id)
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

    def _pose(self, capture: PoseCapture, seen: Observation, now: float) -> EnrolView:
        pose = capture.next_pose
        coach = capture.coach(seen, self._own_threshold)
        progress = 0.0
        if coach is Coach.GOOD:
            progress = capture.hold(seen, now)
        else:
            capture.held = HeldPose()
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

    def _self_match(self, capture: PoseCapture, seen: Observation, now: float) -> EnrolView:
        """Compare fresh straight frames with the new templates."""
        self._add_self_distance(capture, seen, now)
        if now - capture.moved_on_at > self._timeout_s:
            return self._give_up("error.enrol_timeout")
        if len(capture.self_distances) < SELF_MATCH_FRAMES:
            return self._checking(capture, seen)
        latest = [distance for _, distance in capture.self_distances[-SELF_MATCH_FRAMES:]]
        distance = float(np.median(latest))
        if distance <= self._thresholds.identify:
            return self._confirm(capture, seen, distance)
        if now - capture.self_distances[0][0] < SELF_MATCH_S:
            return self._checking(capture, seen)
        return self._give_up("error.self_match", self_distance=distance)

    def _add_self_distance(self, capture: PoseCapture, seen: Observation, now: float) -> None:
        if seen.embedding is None or seen.quality is None:
            return
        if capture.straight_again(seen.quality):
            distance = self._gallery.distance(seen.embedding, capture.vectors)
            capture.self_distances.append((now, distance))

    def _confirm(self, capture: PoseCapture, seen: Observation, distance: float) -> EnrolView:
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

    def _checking(self, capture: PoseCapture, seen: Observation) -> EnrolView:
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

    def _known_as(self, capture: PoseCapture) -> tuple[tuple[Person, float], ...]:
        """Return the enrolled people whom these templates match, nearest first."""
        nearest: dict[int, float] = {}
        for vector in capture.vectors:
            for person_id, distance in _two_nearest(self._gallery.search(vector)):
                if distance <= self._duplicate and person_id != capture.person.id:
                    nearest[person_id] = min(distance, nearest.get(person_id, np.inf))
        found = [
            (self._people.get(person_id), d)
            for person_id, d in sorted(nearest.items(), key=lambda item: item[1])
        ]
        return tuple((person, distance) for person, distance in found if person is not None)

    def _looks_alike(self, capture: PoseCapture) -> bool:
        """Whether another person is nearer than the door can tell apart by the face alone."""
        near = _two_nearest(self._gallery.search(self._gallery.fused(capture.vectors)))
        return any(
            distance <= self._thresholds.look_alike and person_id != capture.person.id
            for person_id, distance in near
        )

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
