"""Build what a node of a fleet needs: its store, what it believes, the loop, staff's use cases."""

from __future__ import annotations

import functools
import importlib
import logging
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from kiosk.app.bootstrap.administer_factory import build_two_admins, no_gallery
from kiosk.app.bootstrap.store_factory import key_store
from kiosk.app.site_policy_file import SitePolicyFile
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import FleetError
from kiosk.core.fleet import (
    EVERYBODY,
    Applied,
    CentrePort,
    Fact,
    FleetStorePort,
    LeaseMark,
    Membership,
)
from kiosk.core.process_turn import ProcessTurn
from kiosk.fleet.sync.fleet_office import FleetOffice
from kiosk.fleet.sync.joining import Newcomer, found
from kiosk.fleet.sync.order_desk import OrderDesk
from kiosk.fleet.sync.round_limits import USUAL_LIMITS, RoundLimits
from kiosk.fleet.sync.sync_loop import FleetSync
from kiosk.fleet.trust.lease_clock import advanced, system_instant
from kiosk.fleet.trust.node_keys import NodeKeys
from kiosk.fleet.trust.node_trust import NodeTrust
from kiosk.services.fleet_lockdown import FleetLockDown
from kiosk.services.fleet_service import FleetService
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.fleet.fleet_store import FleetStore
from kiosk.storage.store import Store

log = logging.getLogger(__name__)

FOLLOW_S = 0.5
"""How long a command waits for the running kiosk to read on, each time."""

instant = functools.partial(system_instant, local_now)
"""This moment by both clocks."""


def build_fleet_store(
    storage: Store,
    people_changed: Callable[[int | None], None] = no_gallery,
    rules: SitePolicyFile | None = None,
) -> FleetStore:
    """Return the fleet's part of the database.

    ``people_changed``: called after people came. ``rules``: the policy file, where facts are
    applied or conflicts settled.
    """
    return FleetStore(storage, people_changed, rules=rules)


def connect_centre(url: str, fleet: str = "") -> CentrePort:
    """Return a connection to the centre, opened by its first call.

    Raises ``FleetError`` for an address that cannot be used, or without psycopg.
    """
    if not url:
        raise FleetError(
            "The address of the fleet's database is missing; set [fleet] url in config.toml.",
            key="error.fleet_url",
        )
    try:
        from kiosk.fleet.centre.postgres_centre import PostgresCentre  # psycopg is an extra
    except ModuleNotFoundError as error:
        raise _without_psycopg(error) from None
    return PostgresCentre(url, fleet)


def build_trust(
    config: Config, data_dir: Path, store: FleetStorePort, member: Membership
) -> NodeTrust:
    """Return what signs and verifies for this node; raises ``FleetError`` without its keys."""
    return NodeTrust(
        store,
        NodeKeys.load(key_store(data_dir, config), member.node),
        member,
        groups=(EVERYBODY,),
        sealed_names=config.fleet.sealed_names,
        instant=instant,
    )


def build_sync(
    config: Config,
    data_dir: Path,
    store: FleetStorePort,
    member: Membership,
    *,
    state: Callable[[], Mapping[str, Any]] = dict,
    ordered: Callable[[Applied], None] = lambda applied: None,
    credentials_changed: Callable[[], None] = lambda: None,
    limits: RoundLimits = USUAL_LIMITS,
) -> FleetSync:
    """Return the loop of this node (``FleetSync``)."""
    return FleetSync(
        store,
        lambda: connect_centre(config.fleet.url, member.fleet),
        build_trust(config, data_dir, store, member),
        state=state,
        ordered=ordered,
        credentials_changed=credentials_changed,
        clock=local_now,
        steady=time.monotonic,
        limits=limits,
        sealing_every=timedelta(days=config.fleet.key_days),
    )


def lease_used_s(mark: LeaseMark) -> float:
    """Return the seconds that are used of a lease until now."""
    return advanced(mark, instant()).used_s


def lease_left_s(config: Config, member: Membership) -> float | None:
    """Return the seconds that are left of this node's lease; ``None`` without one."""
    if member.lease is None:
        return None
    return max(0.0, config.fleet.lease_h * 3600 - lease_used_s(member.lease))


def build_fleet_service(
    config: Config, data_dir: Path, storage: Store, follow: Callable[[], None]
) -> FleetService:
    """Return the use cases of staff. ``follow``: lets this node read on (``FleetOffice``)."""
    rules = SitePolicyFile(config, data_dir)
    store = build_fleet_store(storage, rules=rules)

    def connect() -> CentrePort:
        member = store.membership()
        return connect_centre(config.fleet.url, member.fleet if member else "")

    office = FleetOffice(
        store,
        connect,
        functools.partial(build_trust, config, data_dir, store),
        follow,
        local_now,
    )
    return FleetService(
        office,
        store,
        storage.audit_log,
        build_two_admins(storage),
        functools.partial(lease_left_s, config),
        lambda node: NodeKeys.load(key_store(data_dir, config), node).destroy(),
        rules.widens,
    )


def centre_schema() -> ModuleType:
    """Return what administers the centre; raises ``FleetError`` without psycopg."""
    try:
        return importlib.import_module("kiosk.fleet.centre.fleet_schema")
    except ModuleNotFoundError as error:
        raise _without_psycopg(error) from None


def begin_fleet(
    config: Config, data_dir: Path, storage: Store, newcomer: Newcomer, account: str
) -> Membership:
    """Found a fleet in the centre of ``config`` with this database as its first node."""
    return found(
        build_fleet_store(storage),
        lambda fleet: connect_centre(config.fleet.url, fleet),
        key_store(data_dir, config),
        newcomer,
        build_fleet_store(storage).shared_secrets(),
        now=instant(),
        account=account,
    )


def _without_psycopg(error: ModuleNotFoundError) -> Exception:
    if error.name != "psycopg":
        return error
    return FleetError("A fleet needs psycopg; install munjigi[fleet].", key="error.fleet_psycopg")


def wait_for_the_thread() -> None:
    """Wait a moment until this kiosk's own thread has read on."""
    time.sleep(FOLLOW_S)


class CommandFollower:
    """Lets a command's database catch up: by rounds of its own, unless a kiosk does that here."""

    def __init__(self, config: Config, data_dir: Path, storage: Store) -> None:
        self._config = config
        self._data_dir = data_dir
        self._storage = storage
        self._store = build_fleet_store(storage, rules=SitePolicyFile(config, data_dir))
        self._turn = ProcessTurn(paths.fleet_lock(data_dir))
        self._sync: FleetSync | None = None
        self.more = False

    def __call__(self) -> None:
        """Do one round, or wait a moment for the running kiosk."""
        member = self._store.membership()
        if member is None:
            return
        if not self._turn.take():
            time.sleep(FOLLOW_S)
            return
        if self._sync is None:
            self._sync = build_sync(
                self._config,
                self._data_dir,
                self._store,
                member,
                ordered=self._order_desk(member).take,
            )
        self.more = self._sync.round()

    def _order_desk(self, member: Membership) -> OrderDesk:
        """Return what stores a lock-down for the kiosk's start, and opens no door."""
        storage = self._storage

        def stored(override: object, by: str) -> None:
            storage.audit_log.record(f"door_{override}", by, {})

        def not_opened(order: Fact) -> None:
            log.warning("the kiosk is not running: %s opens nothing here", order.account)

        lock_down = FleetLockDown(storage.settings, stored)
        return OrderDesk(member.node, lock_down.order, not_opened, local_now)

    def follow_all(self) -> bool:
        """Do rounds until nothing waits; return false if the running kiosk does that."""
        self.more = True
        while self.more and self._turn.take():
            self()
        return not self.more

    def close(self) -> None:
        """Close the connection, and let another process follow."""
        if self._sync is not None:
            self._sync.close()
        self._turn.give()
