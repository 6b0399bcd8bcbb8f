"""Begin a fleet, or join one: how a database gets its membership."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace

from kiosk.core.errors import FleetError
from kiosk.core.fleet import (
    CentrePort,
    Fact,
    FactKind,
    FeedHead,
    FleetStorePort,
    JoinRequest,
    Membership,
    NodeKind,
)
from kiosk.fleet.trust.admission import Founding
from kiosk.fleet.trust.comparison_code import comparison_code
from kiosk.fleet.trust.lease_clock import Instant, heard
from kiosk.fleet.trust.node_documents import NodeDocument, fleet_id
from kiosk.fleet.trust.node_keys import NodeKeys
from kiosk.storage.crypto.key_store import KeyStore

Connect = Callable[[str], CentrePort]
"""Opens a connection for the fleet of that id."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a node is called, and what it is."""

    name: str
    kind: NodeKind


def found(
    store: FleetStorePort,
    connect: Connect,
    key_store: KeyStore,
    newcomer: Newcomer,
    shared: Mapping[str, bytes],
    *,
    now: Instant,
    account: str,
) -> Membership:
    """Write the first line of the feed into an empty centre and become its first node.

    ``shared``: the secrets of this database that become the fleet's, by name. Raises ``FleetError``
    if either has a fleet already; nothing is changed then.
    """
    require_no_fleet(store)
    keys = NodeKeys.create(key_store)
    founding = Founding(keys, newcomer.name, newcomer.kind, shared, now=now.wall, account=account)
    member = replace(founding.membership, lease=heard(now, 0.0))
    centre = connect(founding.fleet)
    try:
        with closing(connect("")) as anybody:
            if anybody.head() != FeedHead():
                founding.finish(anybody.head(), ())  # says so
        store.join(member, account)
        try:
            centre.append([founding.first.draft], founding.finish, founding.first.keys)
        except BaseException:
            store.leave()
            raise
    except BaseException:
        keys.destroy()
        raise
    finally:
        centre.close()
    keys.keep_secrets(founding.secrets.encoded())
    return member


class Joining:
    """One node's wish to join: ask, compare the code on both screens, then wait and enter.

    Its keys are made only now that the fleet is known (``comparison_code``), and are destroyed
    unless ``enter`` is reached.
    """

    def __init__(
        self, centre: CentrePort, key_store: KeyStore, newcomer: Newcomer, now: Instant
    ) -> None:
        """Ask the centre. Raises ``FleetError`` where it has no fleet, or the name is taken."""
        self._centre = centre
        self._now = now
        first = next(iter(centre.facts_after(0, 1)), None)
        if first is None or first.body is None or first.kind is not FactKind.NODE:
            raise FleetError(
                "This database has no fleet yet; begin one with munjigi fleet init.",
                key="error.fleet_none_there",
            )
        self._founder = first.body
        self.fleet = fleet_id(first.body)
        self._keys = NodeKeys.create(key_store)
        self.request: JoinRequest = self._keys.request(
            self.fleet, newcomer.name, newcomer.kind, now.wall
        )
        try:
            centre.ask_to_join(self.request)
            self.code = comparison_code(self.fleet, self.request)
        except BaseException:
            self.give_up()
            raise

    @property
    def node(self) -> str:
        """The id that this node will have."""
        return self._keys.node

    def admitted(self) -> bool:
        """Return whether an administrator has admitted this node."""
        return self._own_fact() is not None

    def wait(self, timeout_s: float) -> None:
        """Listen until something changes at the centre, ``timeout_s`` at most."""
        self._centre.wait(timeout_s)

    def confirm(self, typed: str) -> None:
        """Raise ``FleetError`` unless ``typed`` is the code; spaces and capitals do not matter."""
        if "".join(typed.replace("-", " ").split()).upper() != self.code.replace(" ", ""):
            raise FleetError(
                "The codes differ: somebody may stand between the two nodes. This node does not "
                "join; revoke it at the other node and start again.",
                key="error.fleet_code",
            )

    def enter(self, store: FleetStorePort, by: str = "", *, merge: bool = False) -> Membership:
        """Become a member. What the centre says of the admission is verified with the feed."""
        fact = self._own_fact()
        if fact is None or fact.body is None:
            raise FleetError(
                "No administrator has admitted this node yet; compare the codes and try again.",
                key="error.fleet_not_admitted",
            )
        document = NodeDocument.parse(fact.body)
        if (document.signing, document.sealing) != (self.request.signing, self.request.sealing):
            raise FleetError(
                "The centre says that another key was admitted than this node's; do not go on "
                "before you know who had access to the database.",
                key="error.fleet_other_key",
            )
        member = Membership(
            self.fleet,
            self.node,
            self.request.name,
            self.request.kind,
            self._founder,
            lease=heard(self._now, 0.0),
        )
        store.join(member, by, merge=merge)
        return member

    def give_up(self) -> None:
        """Destroy the keys of a node that does not join."""
        self._keys.destroy()

    def _own_fact(self) -> Fact | None:
        return self._centre.newest(FactKind.NODE, self.node)


def require_no_fleet(store: FleetStorePort) -> None:
    """Raise ``FleetError`` if this database belongs to a fleet."""
    if store.membership() is not None:
        raise FleetError(
            "This kiosk belongs to a fleet already; run munjigi fleet leave first.",
            key="error.fleet_member",
        )
