"""Attacks on the duress PIN: no call while somebody is coerced, or a false one later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

from kiosk.access.policy.rules import AccessGroup, AccessPolicy, AntiPassback, AuthRequirement
from kiosk.access.policy.weekly_schedule import ALWAYS, NEVER
from kiosk.core.decisions import Reason
from kiosk.core.view_models import DoorView
from tests.attacks.table import Outcome, attack
from tests.helpers.door import NOW
from tests.helpers.policy_door import PolicyDoor

PLAIN = AccessPolicy(duress=True, way=AuthRequirement.FACE_PIN)
CLOSED = {"everybody": AccessGroup(NEVER)}


def _second_follows(made: PolicyDoor) -> None:
    made.door.see(1, 1.0)
    made.door.see(None, 6.0)
    made.type_pin(2, "739128")
    made.door.see(2, 1.0)


def _face_follows(made: PolicyDoor) -> None:
    made.door.see(1, 1.0)


def _other_face_follows(made: PolicyDoor) -> None:
    made.door.see(3, 5.0)


def _nobody_follows(made: PolicyDoor) -> None:
    made.door.see(None, 30.0)


def _cancelled(made: PolicyDoor) -> None:
    made.door.service.cancel_claim(made.door.now)


def _staff_come(made: PolicyDoor) -> None:
    made.door.service.pause(made.door.now)
    made.door.see(1, 1.0)
    made.door.service.resume(made.door.now)


def _camera_goes(made: PolicyDoor) -> None:
    made.door.service.camera(False, made.door.now)
    made.door.service.camera(True, made.door.now)


def _networks_fail(made: PolicyDoor) -> None:
    made.door.service.fault("error.watchdog", made.door.now)


SITUATIONS: tuple[tuple[AccessPolicy, Callable[[PolicyDoor], None]], ...] = (
    (replace(PLAIN, two_person=ALWAYS), _second_follows),
    (replace(PLAIN, passback=AntiPassback.HARD), _face_follows),
    (replace(PLAIN, groups=CLOSED), _face_follows),
    (PLAIN, _face_follows),
    (PLAIN, _other_face_follows),
    (PLAIN, _nobody_follows),
    (PLAIN, _cancelled),
    (PLAIN, _staff_come),
    (PLAIN, _networks_fail),
    (PLAIN, _camera_goes),
)


def _visit(made: PolicyDoor, pin: str, follows: Callable[[PolicyDoor], None]) -> list[DoorView]:
    """Type a PIN and let something follow; return what the screen shows after each."""
    made.door.service.claim("2026-1", made.door.now)
    if follows is _camera_goes:
        made.door.service.camera(False, made.door.now)  # when the PIN is typed
    made.door.service.enter_pin(pin, made.door.now)
    views = [made.door.service.view(made.door.now)]
    follows(made)
    return [*views, made.door.service.view(made.door.now)]


def _made(rules: AccessPolicy) -> PolicyDoor:
    made = PolicyDoor(rules)
    made.door.pins.set(1, "482915")
    made.door.pins.set(2, "739128")
    return made


def _shown(views: list[DoorView]) -> str:
    """Return ``views`` as the visitor sees them: the screen shows accepting reasons alike."""
    return repr(views).replace(repr(Reason.DURESS), repr(Reason.MATCH))


@attack("B11", "coerce somebody without a call, or cause a false one", tries=1000, short=20)
def duress(folder: Path, tries: int) -> Outcome:
    """Type a duress PIN in every situation, then come back the next day with the right PIN."""
    random = Random(11)
    succeeded = 0
    for number in range(tries):
        rules, follows = SITUATIONS[number % len(SITUATIONS)]
        made, plain = _made(rules), _made(rules)
        if rules.passback is AntiPassback.HARD:
            away_s = random.uniform(6, 12)
            for one in (made, plain):
                _visit(one, "482915", _face_follows)
                one.door.see(None, away_s)
        before = made.calls
        seen = _shown(_visit(made, "482916", follows))
        told = made.calls - before == 1
        same = seen == _shown(_visit(plain, "482915", follows))
        opened = [row.reason for row in made.door.log.rows if row.accepted and row.person_id != 1]
        carried = follows is not _second_follows or opened == [Reason.DURESS]
        made.door.at = NOW + timedelta(days=1)
        made.door.see(None, 60.0)
        rows = len(made.door.log.rows)
        _visit(made, "482915", _face_follows)
        false_call = made.calls - before > 1 or any(
            row.reason is Reason.DURESS for row in made.door.log.rows[rows:]
        )
        succeeded += not told or false_call or not same or not carried
    return tries, succeeded, f"{len(SITUATIONS)} situations; what the visitor sees is compared too"
