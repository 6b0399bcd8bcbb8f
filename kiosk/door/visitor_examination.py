"""From one frame of a visitor to what the door can decide: comparison, vote, then liveness."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.decisions import Reason, Verdict
from kiosk.core.door_state import Challenged, DoorState, Machine
from kiosk.core.frames import Observation
from kiosk.core.templates import Match
from kiosk.door.credentials import Credentials
from kiosk.door.liveness_gate import NOTHING_AGAINST, LivenessGate, Proof, Waited
from kiosk.door.look_offers import LookOffers
from kiosk.door.visit import Presence, Visit


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What can be decided: ``verdict``, with ``proof`` for or against a live person."""

    verdict: Verdict
    proof: Proof = NOTHING_AGAINST


class VisitorExamination:
    """Looks at one frame after another. ``turned``: the latest one completed a turn of the head."""

    def __init__(
        self,
        visit: Visit,
        presence: Presence,
        credentials: Credentials,
        gate: LivenessGate,
        looks: LookOffers,
    ) -> None:
        self._visit = visit
        self._presence = presence
        self._credentials = credentials
        self._gate = gate
        self._looks = looks
        self.turned = False

    @property
    def means_to_come_in(self) -> bool:
        """Whether the person has stood there and faced the door, or gave a card or PIN."""
        return self._visit.intent.shown or self._credentials.show_intent

    def examine(
        self, seen: Observation, machine: Machine, now: float
    ) -> Conclusion | Challenged | None:
        """Examine one frame with a face; ``None`` while more are needed."""
        match = self._compare(seen, machine.state, now)
        person = match.person_id if match is not None and self._visit.supports(match) else None
        if match is not None and person is not None:
            self._looks.collect(seen, match)
        self.turned = self._gate.observe(seen, person, now)
        if machine.state is DoorState.CHALLENGE:
            return self.challenge_failure(machine, now) or self._challenge_result(person, now)
        if self._visit.recognised is not None:
            return self._prove(self._visit.recognised, now)
        if self._visit.failed is not None:
            return self._refuse(self._visit.failed)
        return self._vote(match, now) if match is not None else None

    def challenge_failure(self, machine: Machine, now: float) -> Conclusion | None:
        """Why the running challenge has failed by ``now``, with or without a frame."""
        if self._visit.recognised is None:
            return None
        against = self._gate.challenge_failure(
            self._presence, now, gone_s=machine.timing.gone_s, until=machine.until
        )
        return Conclusion(self._visit.recognised, Proof(against)) if against else None

    def _compare(self, seen: Observation, state: DoorState, now: float) -> Match | None:
        if seen.embedding is None or state is DoorState.APPROACH:
            return None
        probe = self._visit.probe(seen.embedding, now)
        return self._visit.compare(self._credentials.nearest(probe), now)

    def _vote(self, match: Match, now: float) -> Conclusion | Challenged | None:
        verdict = self._visit.vote(match, now)
        if verdict is None:
            return None
        if verdict.reason is not Reason.MATCH:
            return self._refuse(verdict)
        self._visit.recognise(verdict, now)
        return self._prove(verdict, now)

    def _refuse(self, verdict: Verdict) -> Conclusion | None:
        """Reject a face that is not known once the person means to come in.

        Who passes by is not rejected. The vote is closed all the same: another try would be one
        more chance.
        """
        if self.means_to_come_in or self._credentials.person is not None:
            return Conclusion(verdict)
        self._visit.failed = verdict
        return None

    def _prove(self, verdict: Verdict, now: float) -> Conclusion | Challenged | None:
        """Judge a recognised person once liveness is shown or ruled out, or challenge them.

        Nobody is let in, or asked for anything, who only passes by.
        """
        assert verdict.person_id is not None
        if not self.means_to_come_in:
            return None
        if not self._gate.applies_to(verdict):
            return Conclusion(verdict)
        waited = Waited(self._visit.waited_s(now), self._visit.compared_since)
        answer = self._gate.examine(verdict.person_id, waited, now)
        return Conclusion(verdict, answer) if isinstance(answer, Proof) else answer

    def _challenge_result(self, person: int | None, now: float) -> Conclusion | None:
        verdict = self._visit.recognised
        if verdict is None:
            return None
        proof = self._gate.examine_challenge(verdict.person_id, person, now)
        return Conclusion(verdict, proof) if proof is not None else None
