"""The access policy at work: answers the door and keeps state between visits."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from kiosk.access.policy.entry_outlook import outlook
from kiosk.access.policy.evaluate import (
    AccessRequest,
    PolicyMemory,
    entered,
    evaluate,
    is_free,
    number_inside,
)
from kiosk.access.policy.rules import AccessPolicy, AuthRequirement, DoorOverride
from kiosk.access.policy.validity import may_enter
from kiosk.core.access_rules import EntryPreview
from kiosk.core.decisions import Decision, Factor, Reason
from kiosk.core.masking import masked, masked_number
from kiosk.core.parsed_json import parse_json
from kiosk.core.people import Person

Note = Callable[[str, str, Mapping[str, object]], None]
"""Record an event: its name, the person, and details. Must not block."""

log = logging.getLogger(__name__)


class PolicyEngine:
    """Answers ``policy(person, now, given)`` for the door, and learns from its decisions.
    Thread-safe.

    ``other_door_open``: state of the interlock's other door. ``note``: records events. ``keep``:
    stores the policy's memory as text that ``recall`` reads after a restart. ``call``: passes a
    call for help on. ``lock``: locks the door. None of them may block. ``lookup``: returns a person
    as enrolled now, for the first of two.
    """

    def __init__(
        self,
        rules: AccessPolicy,
        note: Note,
        *,
        other_door_open: Callable[[], bool] = lambda: False,
        keep: Callable[[str], None] = lambda text: None,
        call: Callable[[], None] = lambda: None,
        lock: Callable[[], None] = lambda: None,
        lookup: Callable[[int], Person | None] | None = None,
    ) -> None:
        self.rules = rules
        self._note = note
        self._other_door_open = other_door_open
        self._keep = keep
        self._call = call
        self._lock = lock
        self._lookup = lookup
        self._mutex = threading.Lock()
        self._memory = PolicyMemory()
        self._override = DoorOverride.NORMAL
        self._lease_over: Reason | None = None
        self._asked: Person | None = None
        self._asked_under = DoorOverride.NORMAL

    def __call__(
        self, person: Person | None, now: datetime, given: frozenset[Factor]
    ) -> Reason | None:
        """Return why ``person`` may not enter at ``now`` with the factors ``given``.

        ``None`` or ``DURESS`` if they may. Raises ``KioskError`` if the first of two people cannot
        be looked up.
        """
        over = self._lease_over
        if over is Reason.FLEET_LOCKED or (over is not None and Factor.FACE in given):
            return over
        self._look_up_first(now)
        with self._mutex:
            self._asked = person
            self._asked_under = self._override
            result = evaluate(
                self.rules,
                self._override,
                self._memory,
                AccessRequest(person, given, now, self._other_door_open()),
            )
            self._memory = result.memory
        for event in result.notes:
            self._tell(event, person)
        return result.reason

    def decided(self, decision: Decision) -> None:
        """Learn from a decision: an accepted person counts as inside.

        An opening that was overtaken by a lock-down is ended.
        """
        if not decision.accepted:
            return
        with self._mutex:
            if self._override is DoorOverride.LOCKDOWN is not self._asked_under:
                self._lock()
            person = self._asked
            if person is None or person.id is None or person.id != decision.person_id:
                return
            self._memory = entered(self.rules, self._memory, person, decision.at)
            self._keep(self._as_text())

    def _look_up_first(self, now: datetime) -> None:
        """Let the first of two wait no longer if they may not enter any more: disabled, say."""
        first = self._memory.pending
        if first is None or self._lookup is None:
            return
        person = self._lookup(first.person_id)
        reason = may_enter(person, self.rules.local(now), frozenset(Factor))
        if reason is not None or person is None or person.groups != first.groups:
            with self._mutex:
                if self._memory.pending is first:
                    self._memory = replace(self._memory, pending=None)

    def duress_typed(self, person: Person) -> None:
        """Record that ``person`` typed their duress PIN, and call for help. Never waits."""
        self._call()
        self._tell("duress", person)

    def asks_pin(self, now: datetime) -> bool:
        """Return whether the policy requires a PIN at ``now``."""
        return self.rules.asked_way(now) is AuthRequirement.FACE_PIN

    def is_free(self, now: datetime) -> bool:
        """Return whether the door stands open for everybody at ``now``."""
        if self._lease_over is Reason.FLEET_LOCKED:
            return False
        with self._mutex:
            return is_free(self.rules, self._override, self._memory, now)

    def inside(self, now: datetime) -> int:
        """Return how many people count as inside at ``now``."""
        with self._mutex:
            return number_inside(self.rules, self._memory, now)

    @property
    def override(self) -> DoorOverride:
        """The mode that an administrator set."""
        return self._override

    def set_override(self, override: DoorOverride, actor: str) -> None:
        """Set the mode; ``actor`` is recorded.

        Who waits for a second person was let in by the mode before: they show themselves again.
        """
        with self._mutex:
            before = self._override
            self._override = override
            if before is not override:
                self._memory = replace(self._memory, pending=None)
        if before is not override:
            self._note(f"door_{override.value}", actor, {})

    @property
    def lease_over(self) -> Reason | None:
        """Why faces, or everybody, are refused without the fleet: ``FLEET_FACES_OFF`` or
        ``FLEET_LOCKED``; ``None`` while the lease holds, and outside a fleet.
        """
        return self._lease_over

    def set_lease_over(self, reason: Reason | None) -> None:
        """Say what the lease allows from now on; a change is recorded."""
        with self._mutex:
            before, self._lease_over = self._lease_over, reason
            if before is not reason:
                self._memory = replace(self._memory, pending=None)
        if before is not reason:
            self._note(reason.value if reason else "fleet_heard", "door", {})

    def use(self, rules: AccessPolicy) -> None:
        """Go by ``rules`` from the next request on.

        Who waits for a second person was let in by the rules before: they show themselves again.
        """
        with self._mutex:
            self.rules = rules
            self._memory = replace(self._memory, pending=None)

    def outlook(
        self,
        people: Iterable[Person],
        has_card: Callable[[int], bool],
        at: datetime,
        rules: AccessPolicy | None = None,
    ) -> EntryPreview:
        """Return who of ``people`` may enter at ``at``; by ``rules`` instead of those in use."""
        with self._mutex:
            now = (rules or self.rules, self._override, self._memory)
        other = self._other_door_open()
        return outlook(*now, people, has_card, at, other_door_open=other)

    def forget_inside(self) -> None:
        """Forget who is inside."""
        with self._mutex:
            self._memory = PolicyMemory(opened_day=self._memory.opened_day)
            self._keep(self._as_text())

    def recall(self, text: str) -> None:
        """Restore the memory stored before a restart; damaged text is ignored."""
        try:
            kept = parse_json(text)
            inside = {
                int(who): datetime.fromisoformat(when) for who, when in kept["inside"].items()
            }
            if any(when.tzinfo is None for when in inside.values()):
                raise ValueError("a moment without a zone")
            opened = None if kept["opened_day"] is None else int(kept["opened_day"])
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            log.error("who is inside is not known any more: what was kept is damaged")
            return
        with self._mutex:
            self._memory = PolicyMemory(inside, None, opened)

    def _as_text(self) -> str:
        inside = {who: when.isoformat() for who, when in self._memory.inside.items()}
        return json.dumps({"inside": inside, "opened_day": self._memory.opened_day})

    def _tell(self, event: str, person: Person | None) -> None:
        """Record an event without details that would name the person after a deletion."""
        self._note(
            event,
            masked(person.name) if person else "",
            {"number": masked_number(person.number), "person_id": person.id} if person else {},
        )
