"""The gate between a recognised face and a decision: a live person must be shown to stand there.

Evidence is collected from every frame. Once the vote has named somebody the gate answers with a
``Proof`` to decide by, or with the ``Challenged`` event of a challenge that has just been issued,
or with ``None`` while more frames are needed.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.decisions import Decision, Reason, Verdict
from kiosk.core.door_state import Challenged
from kiosk.core.frames import Observation
from kiosk.core.ports import LivenessPort
from kiosk.core.view_models import ChallengeView
from kiosk.door.visit import Presence

GONE_S = 0.7
GONE_FRAMES = 3
"""A face that is missing for this long, and in this many frames in a row, fails a challenge."""


LONGEST_WAIT_S = 6.0
"""How long natural motion is waited for at most, however few pictures have come."""


@dataclass(frozen=True, slots=True)
class Waited:
    """How long natural motion has been watched: ``seconds``, and ``pictures`` compared in them."""

    seconds: float
    pictures: int


@dataclass(frozen=True, slots=True)
class Proof:
    """The gate's answer. ``against``: why no live person stands there; ``None`` if one does.

    ``by_challenge``: the answer comes from turns of the head, so liveness is certain.
    """

    against: Reason | None = None
    by_challenge: bool = False


NOTHING_AGAINST = Proof()


class LivenessGate:
    """Liveness evidence of the present visit; without ``liveness`` every face passes at once."""

    def __init__(self, liveness: LivenessPort | None) -> None:
        self._liveness = liveness
        self._walk_offs = 0

    def learn(self, observation: Observation, now: float) -> None:
        """Take in the background of any frame, with or without a face."""
        if self._liveness is not None:
            self._liveness.learn(observation, now)

    def observe(self, observation: Observation, person: int | None, now: float) -> bool:
        """Take in a frame that speaks for ``person``; return whether a turn was completed."""
        return self._liveness is not None and self._liveness.observe(observation, person, now)

    def reset(self, *, elsewhere: bool = True) -> None:
        """Forget the last visit's evidence. ``elsewhere``: the next face is in another place."""
        if self._liveness is not None:
            self._liveness.reset(elsewhere=elsewhere)

    def take_over(self, before: LivenessGate) -> None:
        """Go on with the place that ``before`` has learned; both are built alike."""
        if self._liveness is not None and before._liveness is not None:
            self._liveness.take_over(before._liveness)

    def applies_to(self, verdict: Verdict) -> bool:
        """Return whether ``verdict`` has to wait for evidence."""
        return self._liveness is not None and verdict.reason is Reason.MATCH

    def score(self, verdict: Verdict, proof: Proof) -> float | None:
        """The liveness value of the log's row, 0..1; ``None`` where liveness was not examined."""
        if self._liveness is None or verdict.reason is not Reason.MATCH:
            return None
        return 1.0 if proof.by_challenge else self._liveness.score

    def examine(self, person_id: int, waited: Waited, now: float) -> Proof | Challenged | None:
        """Judge ``person_id``, ``waited`` for since recognition, by the passive evidence so far."""
        assert self._liveness is not None
        against = self._liveness.refusal(now)
        if against or self._liveness.passed(person_id, now):
            return Proof(against)
        if self._must_wait(self._liveness, waited):
            return None
        if not self._liveness.asks:
            return Proof(Reason.NOT_SHOWN_LIVE)
        self._liveness.challenge(person_id, now)
        return Challenged(self._liveness.challenge_s)

    @staticmethod
    def _must_wait(liveness: LivenessPort, waited: Waited) -> bool:
        """Return whether there was too little time, or too few pictures, to see natural motion."""
        if waited.seconds < liveness.wait_s:
            return True
        return waited.pictures < liveness.wait_pictures and waited.seconds < LONGEST_WAIT_S

    def examine_challenge(
        self, recognised: int | None, seen: int | None, now: float
    ) -> Proof | None:
        """Judge the running challenge of ``recognised`` by a frame that speaks for ``seen``."""
        if self._liveness is None:
            return None
        against = self._liveness.refusal(now)
        if against:
            return Proof(against)
        passed = self._liveness.challenge_passed(seen if seen == recognised else None)
        return Proof(by_challenge=True) if passed else None

    def challenge_failure(
        self, presence: Presence, now: float, *, gone_s: float, until: float
    ) -> Reason | None:
        """Why the running challenge has failed, if it has.

        ``gone_s``: absence that ends any visit; ``until``: when the challenge's time is up.
        """
        away_s = presence.away_s(now)
        if away_s >= gone_s or (away_s >= GONE_S and presence.missed_frames >= GONE_FRAMES):
            return Reason.TRACK_LOST
        failed = self._liveness.challenge_failed(now) if self._liveness is not None else None
        return failed or (Reason.CHALLENGE_FAILED if now >= until else None)

    def challenge_view(self, now: float) -> ChallengeView | None:
        """What the screen shows of the running challenge."""
        return self._liveness.challenge_view(now) if self._liveness is not None else None

    def count_walk_off(self) -> bool:
        """Return whether leaving undecided is a reject that counts: every second in a row.

        A member who only passes by is not punished, but this prevents retrying a photo up to just
        before the challenge.
        """
        self._walk_offs += 1
        return self._walk_offs % 2 == 0

    def decided(self, decision: Decision) -> None:
        """An accept ends a row of walk-offs."""
        if decision.accepted:
            self._walk_offs = 0
