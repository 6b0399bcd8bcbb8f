"""What staff do with a fleet: see it, admit and revoke nodes, lock doors down."""

from __future__ import annotations

import functools
import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime

from kiosk.core.errors import CentreAway, FleetError
from kiosk.core.fleet import (
    EVERYBODY,
    CentrePort,
    Draft,
    FactKind,
    FleetStorePort,
    JoinRequest,
    LocalChange,
    Membership,
    NodeKind,
    Standing,
    WrappedKey,
)
from kiosk.core.fleet_trust import HeadMoved
from kiosk.core.fleet_view import ConflictView, FeedCheck, FleetView, JoinView
from kiosk.fleet.sync.feed_check import verify_feed
from kiosk.fleet.sync.fleet_survey import FleetSurvey
from kiosk.fleet.sync.log_check import verify_logs
from kiosk.fleet.trust.admission import admission, revocation
from kiosk.fleet.trust.comparison_code import comparison_code
from kiosk.fleet.trust.feed_lines import digest_of
from kiosk.fleet.trust.fleet_secrets import FleetSecrets
from kiosk.fleet.trust.key_ring import KeyRing
from kiosk.fleet.trust.node_trust import NodeTrust
from kiosk.fleet.trust.orders import DoorOrder, OrderKind

TRIES = 20
"""How often a change is tried while other nodes write into the feed."""

LOCKDOWN = hashlib.sha256(b"munjigi fleet lockdown 1").hexdigest()[:32]
"""The subject of the one fact that names the doors which are locked down."""

_code = functools.lru_cache(maxsize=64)(comparison_code)


class FleetOffice:
    """Every method connects, and may block for a minute; any thread, one at a time.

    ``follow``: lets this node's database catch up with the centre a little: by a round of the loop
    here, or by waiting a moment for that of the running kiosk. ``trust``: makes what signs for
    this node. Raises ``CentreAway`` and ``FleetError``.
    """

    def __init__(
        self,
        store: FleetStorePort,
        connect: Callable[[], CentrePort],
        trust: Callable[[Membership], NodeTrust],
        follow: Callable[[], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._connect = connect
        self._make_trust = trust
        self._follow = follow
        self._clock = clock

    def view(self, lease_left: Callable[[Membership], float | None]) -> FleetView:
        """Return the fleet as this node knows it; without the centre what is stored here."""
        member = self._member()
        trust = self._make_trust(member)
        survey = FleetSurvey(trust, member)
        conflicts = tuple(
            ConflictView(one.id, one.why, one.mine, one.theirs, one.found_at)
            for one in self._store.conflicts()
        )
        try:
            with closing(self._connect()) as centre:
                return survey.view(centre, self._requests(centre, trust), conflicts, lease_left)
        except CentreAway as away:
            return survey.view_alone(conflicts, lease_left, str(away))

    def node(self) -> str:
        """Return the id of this node; raises ``FleetError`` outside a fleet."""
        return self._member().node

    def requests(self) -> list[JoinView]:
        """Return the nodes that ask to be admitted, with their codes."""
        trust = self._make_trust(self._member())
        with closing(self._connect()) as centre:
            return list(self._requests(centre, trust))

    def admit(self, node: str, *, staff: bool, groups: Sequence[str], account: str) -> str:
        """Admit a node whose code was compared; return its name."""

        def change(trust: NodeTrust, member: Membership, centre: CentrePort) -> _Change:
            request = _request(centre, node)
            draft = admission(
                member.fleet,
                trust.ring(member.head),
                _fleet_secrets(trust),
                request,
                staff=staff,
                groups=tuple(groups) or (EVERYBODY,),
                now=self._clock(),
                account=account,
            )
            return [draft.draft], list(draft.keys), request.name

        return self._write(change)

    def revoke(self, node: str, account: str) -> str:
        """Revoke a node; return its name. Nothing that it writes counts from then on."""

        def change(trust: NodeTrust, member: Membership, centre: CentrePort) -> _Change:
            if node == member.node:
                raise FleetError(
                    "A node does not revoke itself; do that at another node, or run munjigi fleet "
                    "leave here.",
                    key="error.fleet_self",
                )
            known = trust.ring(member.head).trusted(node)
            standing = self._store.standing([node]).get((FactKind.NODE, node))
            draft, trust.secrets = revocation(
                member.fleet,
                trust.ring(member.head),
                _fleet_secrets(trust),
                node,
                standing.version if standing else 0,
                now=self._clock(),
                account=account,
            )
            return [draft.draft], list(draft.keys), known.name if known else node

        return self._write(change)

    def verify(self) -> FeedCheck:
        """Verify all lines of the feed again, from the founder's, with nothing known before.

        Then the logs of all nodes, as far as this node may read them.
        """
        member = self._member()
        with closing(self._connect()) as centre:
            feed = verify_feed(centre, member)
            logs = verify_logs(centre, self._make_trust(member), member.head)
        return FeedCheck(feed.lines, (*feed.findings, *logs.findings), logs.lines)

    def lock_down(self, doors: Sequence[str], account: str) -> None:
        """Lock these doors down too, by the ids of their nodes, or ``EVERYBODY``."""
        if EVERYBODY in doors:
            self._lock(lambda locked, ring: {EVERYBODY}, account)
        else:
            self._lock(lambda locked, ring: {*locked(), *doors}, account)

    def end_lock_down(self, doors: Sequence[str], account: str) -> None:
        """End the lock-down of these doors."""

        def without(read: Callable[[], set[str]], ring: KeyRing) -> set[str]:
            if EVERYBODY in doors:
                return set()
            locked = read()
            if EVERYBODY in locked:
                locked = {node.node for node in ring.present() if node.kind is NodeKind.DOOR}
            return locked - set(doors)

        self._lock(without, account)

    def open_once(self, door: str, account: str) -> str:
        """Order that this door opens once; return its name. The door decides whether it does."""

        def change(trust: NodeTrust, member: Membership, centre: CentrePort) -> _Change:
            known = trust.ring(member.head).trusted(door)
            if known is None or known.kind is not NodeKind.DOOR:
                raise FleetError(
                    "There is no such door in the fleet; see `munjigi fleet status`.",
                    key="error.fleet_unknown",
                )
            order = LocalChange(
                FactKind.ORDER,
                secrets.token_hex(16),
                0,
                0,
                (EVERYBODY,),
                DoorOrder(OrderKind.OPEN_ONCE, (door,)).content(),
                account,
                self._clock(),
            )
            return [one.draft for one in trust.seal([order])], [], known.name

        return self._write(change)

    def _lock(self, chosen: _Chosen, account: str) -> None:
        """Write the next version of the fact that names the doors which are locked down."""

        def change(trust: NodeTrust, member: Membership, centre: CentrePort) -> _Change:
            doors = chosen(lambda: set(locked_doors(self._store, centre)), trust.ring(member.head))
            standing = _lockdown_standing(self._store)
            order = LocalChange(
                FactKind.ORDER,
                LOCKDOWN,
                standing.version if standing else 0,
                0,
                (EVERYBODY,),
                DoorOrder(OrderKind.LOCKDOWN, tuple(sorted(doors))).content(),
                account,
                self._clock(),
            )
            return [one.draft for one in trust.seal([order])], [], ""

        self._write(change)

    def _write(self, make: Callable[[NodeTrust, Membership, CentrePort], _Change]) -> str:
        """Append what ``make`` returns for the feed as read so far, again if it moved meanwhile."""
        with closing(self._connect()) as centre:
            for _ in range(TRIES):
                member = self._caught_up(centre)
                trust = self._make_trust(member)
                drafts, keys, said = make(trust, member, centre)
                try:
                    centre.append(drafts, trust.finish, keys)
                except HeadMoved:
                    continue
                self._follow()
                return said
        raise CentreAway(
            "Other nodes are writing all the time; try again in a minute.", key="error.fleet_busy"
        )

    def _caught_up(self, centre: CentrePort) -> Membership:
        for _ in range(TRIES):
            member = self._member()
            if member.head.number >= centre.head().number:
                return member
            self._follow()
        raise FleetError(
            "This node has not read everything from the centre; see munjigi fleet status.",
            key="error.fleet_behind",
        )

    def _requests(self, centre: CentrePort, trust: NodeTrust) -> tuple[JoinView, ...]:
        ring = trust.ring(self._member().head)
        return tuple(
            JoinView(
                one.node,
                one.name,
                one.kind,
                one.asked_at,
                _code(trust.fleet, one),
            )
            for one in centre.join_requests()
            if ring.get(one.node) is None
        )

    def _member(self) -> Membership:
        member = self._store.membership()
        if member is None:
            raise FleetError(
                "This kiosk does not belong to a fleet; run munjigi fleet join.",
                key="error.fleet_none",
            )
        return member


_Chosen = Callable[[Callable[[], set[str]], KeyRing], set[str]]
"""From what reads the doors that are locked down, and the nodes, to those that shall be."""

_Change = tuple[list[Draft], list[WrappedKey], str]
"""Drafts, keys to store with them, and what to say about it."""


def locked_doors(store: FleetStorePort, centre: CentrePort) -> tuple[str, ...]:
    """Return the ids of the doors that are locked down, as this node has read it."""
    standing, fact = _lockdown_standing(store), centre.newest(FactKind.ORDER, LOCKDOWN)
    if standing is None:
        return ()
    if fact is None or fact.body is None:
        raise FleetError(
            "The fleet's database does not show which doors are locked down; lock all of them down,"
            " or end that at all of them.",
            key="error.fleet_order_hidden",
        )
    if digest_of(fact.body) != standing.digest:
        raise FleetError(
            "The order in the fleet's database is not the one that was signed; find out who had "
            "access to it.",
            key="error.fleet_order",
        )
    return DoorOrder.of(json.loads(fact.body)["content"]).doors


def _lockdown_standing(store: FleetStorePort) -> Standing | None:
    return store.standing([LOCKDOWN]).get((FactKind.ORDER, LOCKDOWN))


def _request(centre: CentrePort, node: str) -> JoinRequest:
    for request in centre.join_requests():
        if request.node == node:
            return request
    raise FleetError(
        "That node does not ask to be admitted any more; start munjigi fleet join there again.",
        key="error.fleet_request_gone",
    )


def _fleet_secrets(trust: NodeTrust) -> FleetSecrets:
    if trust.secrets is None:
        raise FleetError(
            "The fleet's secrets are not here yet; keep another node running to send them.",
            key="error.fleet_secrets",
        )
    return trust.secrets
