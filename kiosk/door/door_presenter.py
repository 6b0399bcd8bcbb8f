"""Builds what the door's screen shows."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.decisions import Decision
from kiosk.core.door_state import DoorState, Machine
from kiosk.core.masking import masked, masked_number
from kiosk.core.templates import EmbedderInfo
from kiosk.core.view_models import DoorView
from kiosk.door.credentials import Credentials
from kiosk.door.liveness_gate import LivenessGate
from kiosk.door.look_offers import LookOffers
from kiosk.door.visit import Presence, Visit

NO_FRAME_SIZE = (640, 480)
"""(width, height) in pixels shown before the first frame."""


@dataclass(frozen=True, slots=True)
class DoorPresenter:
    """Reads the door's parts; changes nothing. ``votes_needed``: frames that must agree."""

    visit: Visit
    presence: Presence
    credentials: Credentials
    liveness: LivenessGate
    looks: LookOffers
    info: EmbedderInfo
    votes_needed: int

    def view(
        self,
        machine: Machine,
        decision: Decision | None,
        now: float,
        *,
        threshold: float,
        people: int,
        fault_key: str,
        wait_s: float = 0.0,
    ) -> DoorView:
        """The door at ``now``. ``decision``: the latest one, shown while its state lasts."""
        if machine.state not in (DoorState.ACCEPTED, DoorState.REJECTED):
            decision = None
        match = self.visit.match
        seen = self.presence.observation
        claimed = self.credentials.person
        challenged = machine.state is DoorState.CHALLENGE
        return DoorView(
            state=machine.state,
            hint=machine.hint,
            mode=self.credentials.mode,
            face=seen.main if seen else None,
            frame_size=seen.sized if seen else NO_FRAME_SIZE,
            distance=match.distance if match else None,
            runner_up=match.runner_up_distance if match and match.has_runner_up else None,
            threshold=threshold,
            far=self.info.far,
            history=self.visit.history(now),
            votes=self.visit.votes,
            votes_needed=self.votes_needed,
            remaining=machine.remaining(now),
            duration=_duration(machine),
            decision=decision,
            masked_name=masked(decision.person_name) if decision and decision.accepted else "",
            claimed=masked_number(claimed.number) if claimed else "",
            away_s=max(0.0, self.presence.away_s(now)),
            arrivals=self.presence.arrivals,
            people_enrolled=people,
            embedder_title=self.info.title,
            service_key=fault_key,
            wait_s=wait_s if decision is not None else 0.0,
            step_away=machine.ignores_face,
            challenge=self.liveness.challenge_view(now) if challenged else None,
            look=self.looks.view(now),
        )


def _duration(machine: Machine) -> float:
    """Seconds that the present state lasts in all; 0 for a state without an end."""
    return max(0.0, machine.until - machine.since) if machine.until != float("inf") else 0.0
