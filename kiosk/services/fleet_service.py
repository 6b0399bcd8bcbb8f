"""What staff do with the fleet: rights, two administrators, and the audit log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from kiosk.core.fleet import EVERYBODY, Conflict, Membership
from kiosk.core.fleet_view import FeedCheck, FleetView, JoinView
from kiosk.core.ports import AuditPort
from kiosk.core.rights import Actor, Right, require
from kiosk.services.two_admins import TwoAdmins

ALL_DOORS = (EVERYBODY,)

LeaseLeft = Callable[[Membership], float | None]


class FleetOfficePort(Protocol):
    """Reads and writes the fleet's facts (``kiosk.fleet.sync.fleet_office``)."""

    def node(self) -> str: ...
    def view(self, lease_left: LeaseLeft) -> FleetView: ...
    def requests(self) -> list[JoinView]: ...
    def admit(self, node: str, *, staff: bool, groups: Sequence[str], account: str) -> str: ...
    def revoke(self, node: str, account: str) -> str: ...
    def lock_down(self, doors: Sequence[str], account: str) -> None: ...
    def end_lock_down(self, doors: Sequence[str], account: str) -> None: ...
    def open_once(self, door: str, account: str) -> str: ...
    def verify(self) -> FeedCheck: ...


class ConflictsPort(Protocol):
    """The conflicts in this node's database."""

    def conflicts(self) -> list[Conflict]: ...
    def settle(self, conflict: int, keep_mine: bool, by: str) -> None: ...
    def leave(self, by: str = "") -> None: ...


class FleetService:
    """Every method raises ``SignInError`` without the right, and may block for a minute.

    ``name`` and ``pin``: of the second administrator, where the rule is on. ``forget_keys``:
    destroys this node's keys, by its id. ``widens``: whether a text of access rules lets in
    somebody who may not enter at present.
    """

    def __init__(
        self,
        office: FleetOfficePort,
        store: ConflictsPort,
        audit: AuditPort,
        two: TwoAdmins,
        lease_left: LeaseLeft,
        forget_keys: Callable[[str], object],
        widens: Callable[[str], bool] = lambda text: True,
    ) -> None:
        self._office = office
        self._store = store
        self._audit = audit
        self._two = two
        self._lease_left = lease_left
        self._forget_keys = forget_keys
        self._widens = widens

    @property
    def needs_two(self) -> bool:
        """Whether two administrators admit and revoke nodes."""
        return self._two.required

    def view(self, actor: Actor) -> FleetView:
        """Return nodes, requests, conflicts and deletions that wait."""
        require(actor, Right.MANAGE_FLEET)
        return self._office.view(self._lease_left)

    def requests(self, actor: Actor) -> list[JoinView]:
        """Return the nodes that ask to be admitted, with their codes."""
        require(actor, Right.MANAGE_FLEET)
        return self._office.requests()

    def admit(
        self,
        actor: Actor,
        node: str,
        *,
        staff: bool = True,
        groups: Sequence[str] = (),
        name: str = "",
        pin: str = "",
    ) -> str:
        """Admit a node whose code both screens show; return its name.

        ``staff``: whether people may be enrolled and changed there. ``groups``: whom it serves;
        empty: everybody.
        """
        require(actor, Right.MANAGE_FLEET)
        by = self._two.agreed(actor, name, pin)
        admitted = self._office.admit(node, staff=staff, groups=groups, account=by)
        detail = {"node": node, "name": admitted, "staff": staff, "groups": list(groups)}
        self._audit.record("fleet_node_admitted", by, detail)
        return admitted

    def revoke(self, actor: Actor, node: str, name: str = "", pin: str = "") -> str:
        """Revoke a node; return its name."""
        require(actor, Right.MANAGE_FLEET)
        by = self._two.agreed(actor, name, pin)
        revoked = self._office.revoke(node, by)
        self._audit.record("fleet_node_revoked", by, {"node": node, "name": revoked})
        return revoked

    def lock_down(self, actor: Actor, doors: Sequence[str] = ALL_DOORS) -> None:
        """Lock these doors down, by the ids of their nodes."""
        require(actor, Right.CONTROL_DOOR)
        self._office.lock_down(doors, actor.name)
        self._audit.record("fleet_lock_down", actor.name, {"doors": list(doors)})

    def end_lock_down(self, actor: Actor, doors: Sequence[str] = ALL_DOORS) -> None:
        """End the lock-down of these doors."""
        require(actor, Right.CONTROL_DOOR)
        self._office.end_lock_down(doors, actor.name)
        self._audit.record("fleet_end_lock_down", actor.name, {"doors": list(doors)})

    def open_once(self, actor: Actor, door: str) -> str:
        """Order that the door with this node id opens once; return its name."""
        require(actor, Right.CONTROL_DOOR)
        name = self._office.open_once(door, actor.name)
        self._audit.record("fleet_open_once", actor.name, {"node": door, "name": name})
        return name

    def verify(self, actor: Actor) -> FeedCheck:
        """Verify the whole feed from its first line, and this node's place in it."""
        require(actor, Right.MANAGE_FLEET)
        found = self._office.verify()
        self._audit.record(
            "fleet_verified", actor.name, {"lines": found.lines, "findings": len(found.findings)}
        )
        return found

    def settle(
        self, actor: Actor, conflict: int, keep_mine: bool, name: str = "", pin: str = ""
    ) -> None:
        """Keep one side of a conflict, with the right that the same edit needs here.

        Two administrators must agree to rules that let in somebody who may not enter at present.
        """
        require(actor, Right.CHANGE_PEOPLE)
        by = actor.name
        found = next((one for one in self._store.conflicts() if one.id == conflict), None)
        side = None if found is None else found.mine if keep_mine else found.theirs
        if found is not None and found.why in ("number", "face"):
            require(actor, Right.DELETE_PEOPLE)
        if isinstance(side, str):
            require(actor, Right.CHANGE_RULES)
            by = self._two.agreed(actor, name, pin) if self._widens(side) else by
            self._audit.record("rules_changed", by, {"changes": "fleet conflict"})
        self._store.settle(conflict, keep_mine, by)

    def leave(self, actor: Actor, name: str = "", pin: str = "") -> None:
        """Leave the fleet; people stay here. The lease ends with it, so two must agree."""
        require(actor, Right.MANAGE_FLEET)
        by = self._two.agreed(actor, name, pin)
        node = self._office.node()
        self._store.leave(by)
        self._forget_keys(node)
