"""A door wired to the access policy as in the application."""

from __future__ import annotations

from kiosk.access.policy.engine import PolicyEngine
from kiosk.access.policy.rules import AccessPolicy
from tests.helpers.access import MemoryAudit
from tests.helpers.door import Door


class PolicyDoor:
    """``calls``: how often help was called."""

    def __init__(self, rules: AccessPolicy) -> None:
        self.audit = MemoryAudit()
        self.calls = 0
        self.engine = PolicyEngine(rules, self.audit.record, call=self._call)
        self.door = Door(
            policy=self.engine,
            asks_pin=lambda person: person.look_alike or self.engine.asks_pin(self.door.at),
            duress=lambda: self.engine.rules.duress,
            on_duress=self.engine.duress_typed,
            lease_over=lambda: self.engine.lease_over,
        )
        self.door.service._verify.listeners.append(self.engine.decided)

    def _call(self) -> None:
        self.calls += 1

    def type_pin(self, person: int, pin: str) -> None:
        """Type the number of ``person`` and a PIN."""
        self.door.service.claim(f"2026-{person}", self.door.now)
        self.door.service.enter_pin(pin, self.door.now)
