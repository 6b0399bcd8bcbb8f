"""What the door's panel says in each state: pure functions of the view."""

from __future__ import annotations

import math

from kiosk.core.decisions import Reason
from kiosk.core.door_state import DoorState, Hint
from kiosk.core.view_models import DoorView

CHECKING = "door.state.verifying"
"""The only headline beside which distances are shown."""
LOOK = "door.state.idle"
NO_FACES = "door.state.no_faces"
"""The headline of a door that compares no face and takes number and PIN or a card."""

FOR_EVERYBODY = frozenset({"lockdown", "fleet_locked", "free_access", "fire"})
"""Alerts of a door that is locked for everybody, or stands open."""

NUMBER_IS_NO_HELP = frozenset(
    {
        Reason.DISABLED,
        Reason.NOT_YET_VALID,
        Reason.EXPIRED,
        Reason.NO_GROUP,
        Reason.OUT_OF_SCHEDULE,
        Reason.LOCKDOWN,
        Reason.FLEET_FACES_OFF,
        Reason.FLEET_LOCKED,
        Reason.OTHER_DOOR_OPEN,
        Reason.FIRST_PERSON_NEEDED,
        Reason.ALREADY_INSIDE,
        Reason.LOG_FAILED,
        Reason.LOCK_FAILED,
    }
)
"""Rejects that a number cannot change: who it is was never in doubt."""

SYMBOLS = {
    CHECKING: ("search", "accent_text"),
    "door.state.cooldown": ("clock", "quiet"),
    "door.state.step_away": ("back", "wait_text"),
}
"""Symbol and colour by headline."""


def words_key(view: DoorView) -> str:
    """The message key of the headline for ``view``."""
    match view.state:
        case DoorState.APPROACH if view.face is not None and view.hint is not Hint.NONE:
            return f"hint.{view.hint.value}"
        case DoorState.VERIFYING if view.face is not None:
            return CHECKING
        case DoorState.COOLDOWN if view.step_away:
            return "door.state.step_away"
        case DoorState.COOLDOWN if view.face is not None:
            return "door.state.cooldown"
        case _ if view.alert == "fleet_faces_off":
            return NO_FACES
        case _:
            return LOOK


def alert_alone(view: DoorView) -> bool:
    """Return whether only the alert is shown: it decides for everybody.

    A member who is recognised all the same is welcomed.
    """
    return view.alert in FOR_EVERYBODY and view.state is not DoorState.ACCEPTED


def accepted_key(view: DoorView) -> str:
    """The message key of what an accept did: no door opens where no lock hangs on it."""
    return "door.accepted.next" if view.has_lock else "door.accepted.recorded"


def symbol_of(key: str) -> tuple[str, str]:
    """The symbol and its colour beside the headline ``key``."""
    if key.startswith("hint."):
        return "person", "wait_text"
    return SYMBOLS.get(key, ("face", "quiet"))


def shown_distance(view: DoorView) -> float | None:
    """The live distance of the person who is being checked; ``None`` in every other state."""
    if words_key(view) != CHECKING or view.distance is None or not math.isfinite(view.distance):
        return None
    return view.distance


def shown_runner_up(view: DoorView) -> float | None:
    """The runner-up's distance beside ``shown_distance``, where there is one."""
    if shown_distance(view) is None or view.runner_up is None or not math.isfinite(view.runner_up):
        return None
    return view.runner_up
