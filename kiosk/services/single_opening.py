"""Opening the door once for somebody whom the door does not let in by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kiosk.core.decisions import Decision, Mode, Outcome, Reason
from kiosk.core.errors import KioskError, LockError
from kiosk.core.ports import AuditPort, Clock, LockPort, LogPort
from kiosk.core.rights import Actor, Right, require
from kiosk.services.two_admins import TwoAdmins

MOST_WORDS = 120
"""Characters of an explanation that are kept."""


class OpeningReason(StrEnum):
    """Why somebody opens the door by hand."""

    VISITOR = "visitor"
    DELIVERY = "delivery"
    RECOGNITION = "recognition"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class OpeningRules:
    """What holds at the moment of an opening.

    ``seconds``: how long the door opens. ``locked_down``: whether an administrator locked the door
    down; ``in_lockdown``: whether the settings allow an opening then. ``other_door_open``: whether
    the other door of an interlock stands open.
    """

    seconds: float
    locked_down: bool = False
    in_lockdown: bool = False
    other_door_open: bool = False


class SingleOpening:
    """Opens the door once; safe from any thread that may block.

    ``record`` stores an event of the audit log before it returns. ``rules`` is asked at each
    opening. ``decided`` is called with each decision after it was carried out. Failed attempts at
    the door, a lost camera or missing networks do not stand in the way.
    """

    def __init__(
        self,
        audit: AuditPort,
        access_log: LogPort,
        lock: LockPort,
        two: TwoAdmins,
        clock: Clock,
        rules: Callable[[], OpeningRules],
        decided: Callable[[Decision], object] = lambda decision: None,
    ) -> None:
        self._audit = audit
        self._log = access_log
        self._lock = lock
        self._two = two
        self._clock = clock
        self._rules = rules
        self._decided = decided

    def needs_two(self, actor: Actor) -> bool:
        """Return whether a second administrator must agree now: only during a lock-down."""
        require(actor, Right.OPEN_DOOR)
        rules = self._rules()
        return rules.locked_down and rules.in_lockdown and self._two.required

    def open(
        self,
        actor: Actor,
        reason: OpeningReason,
        words: str = "",
        name: str = "",
        pin: str = "",
    ) -> float:
        """Open the door once, after the action and the entry are logged; return for how long (s).

        ``words``: further explanation, which ``OTHER`` needs. ``name`` and ``pin``: of the second
        administrator, who must agree during a lock-down while the two-administrator rule is on.
        Raises ``SignInError`` without the right, ``LockError`` if the door may not open now or the
        lock does not confirm, and ``StorageError`` if nothing could be logged. The door is locked
        then.
        """
        require(actor, Right.OPEN_DOOR)
        words = " ".join(words.split())[:MOST_WORDS]
        if reason is OpeningReason.OTHER and not words:
            raise LockError("Say why the door is opened.", key="error.opening_reason")
        rules = self._rules()
        _check(rules)
        by = self._two.agreed(actor, name, pin) if rules.locked_down else actor.name
        now = self._clock()
        self._audit.record(
            "door_opened_once",
            by,
            {"opening_reason": reason.value, "words": words, "seconds": rules.seconds},
        )
        decision = self._log.append(_entry(by, now)).decision
        try:
            self._lock.open(rules.seconds, decision.reason.value)
            self._check_again()
        except KioskError:
            self._failed(decision)
            raise
        self._decided(decision)
        return rules.seconds

    def _check_again(self) -> None:
        """Lock again if a lock-down came between the check and the opening."""
        rules = self._rules()
        if rules.locked_down and not rules.in_lockdown:
            _check(rules)

    def _failed(self, decision: Decision) -> None:
        """Lock, and log that the door did not open."""
        rejected = replace(decision, outcome=Outcome.REJECT, reason=Reason.LOCK_FAILED)
        try:
            self._lock.close()
        finally:
            self._log.append(replace(rejected, at=self._clock()))
            self._decided(rejected)


def _check(rules: OpeningRules) -> None:
    """Raise ``LockError`` while the door may not be opened by hand."""
    if rules.locked_down and not rules.in_lockdown:
        raise LockError(
            "The door is locked down; lift the lock-down first.", key="error.opening_lockdown"
        )
    if rules.other_door_open:
        raise LockError(
            "The other door is open; close it first, then open this one.",
            key="error.opening_other_door",
        )


def _entry(by: str, now: datetime) -> Decision:
    """The row of the access log: nobody was compared, so it names who opened."""
    return Decision(
        at=now,
        outcome=Outcome.ACCEPT,
        reason=Reason.OPENED_BY_STAFF,
        mode=Mode.BY_HAND,
        threshold=0.0,
        embedder_id="",
        person_name=by,
    )
