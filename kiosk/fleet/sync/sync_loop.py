"""One node follows the centre: what was decided elsewhere in, what staff changed here out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from kiosk.core.errors import CentreAway, FleetError, KioskError
from kiosk.core.fleet import (
    Applied,
    CentrePort,
    Fact,
    FactKind,
    FeedHead,
    FleetStorePort,
    LocalChange,
    Membership,
    StaleBase,
)
from kiosk.core.fleet_status import SyncStatus
from kiosk.core.fleet_trust import HeadMoved, Outgoing, TrustPort
from kiosk.fleet.sync.event_push import EventPush
from kiosk.fleet.sync.round_limits import USUAL_LIMITS, RoundLimits
from kiosk.fleet.trust.content_codec import SEALED_KINDS

log = logging.getLogger(__name__)

SECRETS = ""
"""The subject of the fleet's secrets among the wrapped keys."""


class FleetSync:
    """``round`` does a bounded part of everything that waits. One thread.

    ``connect``: opens a connection to the centre. ``state``: what the beat says of this node.
    ``ordered``: called with each order, again after a crash. ``credentials_changed``: called when
    PINs and cards are hashed under the fleet's secrets from now on. ``clock``: zone-aware time.
    ``steady``: monotonic seconds. ``sealing_every``: how old this node's sealing key may become.
    """

    def __init__(
        self,
        store: FleetStorePort,
        connect: Callable[[], CentrePort],
        trust: TrustPort,
        *,
        state: Callable[[], Mapping[str, Any]],
        clock: Callable[[], datetime],
        steady: Callable[[], float],
        ordered: Callable[[Applied], None] = lambda applied: None,
        credentials_changed: Callable[[], None] = lambda: None,
        limits: RoundLimits = USUAL_LIMITS,
        sealing_every: timedelta = timedelta(days=30),
    ) -> None:
        self._store = store
        self._connect = connect
        self._trust = trust
        self._state = state
        self._clock = clock
        self._steady = steady
        self._ordered = ordered
        self._credentials_changed = credentials_changed
        self._shared: Mapping[str, bytes] = {}
        self._limits = limits
        self._sealing_every = sealing_every
        self._centre: CentrePort | None = None
        self._events: EventPush | None = None
        self._beat_at = float("-inf")
        self._heard_at = float("-inf")
        self._marked_at = float("-inf")
        self._log_problem: FleetError | None = None
        self._push_problem: FleetError | None = None
        self._refused: FleetError | None = None
        self._divided: FleetError | None = None
        self._stale: frozenset[str] = frozenset()
        self._moved = False
        self._told: dict[str, str] = {}
        self.status = SyncStatus()
        """Replaced as a whole, so that any thread may read it."""

    def round(self) -> bool:
        """Do what waits, up to the limits; return whether more waits.

        Raises ``CentreAway`` if the centre cannot be reached, and ``FleetError`` for what a person
        must mend; the next call tries again.
        """
        member = self._store.membership()
        if member is None or member.revoked:
            self.close()
            self.status = SyncStatus(member=member is not None)
            return False
        self._use_lease(member)
        try:
            more = self._do(member)
        except FleetError as error:
            if isinstance(error, CentreAway):
                self.close()
            self._note(problem=error, connected=not isinstance(error, CentreAway))
            raise
        except Exception as error:
            self.close()  # whatever state the connection is in
            self._note(
                problem=error if isinstance(error, KioskError) else _fault(error),
                connected=self.status.connected,
                refused=self._refused is not None,
            )
            raise
        return more

    def wait(self, timeout_s: float) -> None:
        """Listen to the centre for ``timeout_s`` at most; returns early after a change."""
        if self._centre is not None:
            try:
                self._centre.wait(timeout_s)
            except CentreAway:
                self.close()
                raise

    def close(self) -> None:
        """Close the connection; the next round opens another."""
        centre, self._centre, self._events = self._centre, None, None
        self._beat_at = self._heard_at = float("-inf")
        if centre is not None:
            centre.close()

    def _do(self, member: Membership) -> bool:
        centre = self._connected()
        head = self._deletions(centre, member.head)
        head, behind = self._pull(centre, head)
        self._open_waiting(centre, head)
        current = not behind and self._refused is None
        more = behind or (current and self._push_or_tell(centre))
        more |= current and self._renew_sealing(centre)
        more |= self._push_events(centre)
        more |= self._wrap_keys(centre)
        self._receipts(centre)
        self._beat(centre, head)
        withheld = self._withheld()
        if current:
            self._hear(centre, renews=withheld is None)
        self._note(
            connected=True,
            contact_at=self._clock(),
            problem=self._refused
            or self._divided
            or withheld
            or self._push_problem
            or self._log_problem,
            refused=self._refused is not None,
            behind=max(0, centre.head().number - head.number) if behind else 0,
            unsent=more or self._push_problem is not None,
            conflicts=self._store.conflict_count(),
        )
        return more

    def _use_lease(self, member: Membership) -> None:
        """Keep from time to time what is used of the lease, so that a restart prolongs nothing."""
        if member.lease is not None and self._steady() - self._marked_at >= self._limits.mark_s:
            self._store.keep_lease(self._trust.lease_now(member.lease))
            self._marked_at = self._steady()

    def _connected(self) -> CentrePort:
        if self._centre is None:
            self._centre = self._connect()
        return self._centre

    # in

    def _deletions(self, centre: CentrePort, head: FeedHead) -> FeedHead:
        """Carry out deletions before everything else, however far behind this node is."""
        facts = centre.deletions_after(head.number, self._limits.facts)
        applied = self._trust.deletions(facts) if facts else []
        if applied:
            self._store.apply(applied, head)
        return head

    def _pull(self, centre: CentrePort, head: FeedHead) -> tuple[FeedHead, bool]:
        """Read the next lines; return the new head and whether more wait."""
        if not self._trust.knows_groups(head) and (member := self._store.membership()):
            self._trust.expect_groups(centre.newest(FactKind.NODE, member.node))
        facts = centre.facts_after(head.number, self._limits.facts)
        if not facts:
            self._check_head(centre, head)
            self._adopt()
            self._refused = None
            return head, False
        page = self._trust.read(head, facts, self._keys_of(centre, facts))
        if page.head != head:
            for one in page.applied:  # before it counts as read: a crash repeats it
                if one.fact.kind is FactKind.ORDER:
                    self._ordered(one)
            self._store.apply(page.applied, page.head)
        self._adopt()  # it is admitted with some line, and its people follow
        self._refused = page.refused
        if page.refused is not None:
            self._tell("feed", page.refused)
        return page.head, page.refused is None and len(facts) == self._limits.facts

    def _adopt(self) -> None:
        """Hash PINs and cards here as the whole fleet does, as soon as its secrets are known."""
        shared = self._trust.shared()
        if shared and shared != self._shared:
            if self._store.adopt_secrets(shared):
                self._credentials_changed()
            self._shared = shared

    def _keys_of(self, centre: CentrePort, facts: Sequence[Fact]) -> list[Any]:
        subjects = {
            fact.subject for fact in facts if fact.kind in SEALED_KINDS and fact.body is not None
        }
        return centre.wrapped_keys([SECRETS, *sorted(subjects)])

    def _check_head(self, centre: CentrePort, head: FeedHead) -> None:
        """Raise ``FleetError`` if the centre has less than this node has read."""
        found = centre.head()
        if found.number < head.number or (found.number == head.number and found.link != head.link):
            raise FleetError(
                f"The centre is not the one that this door followed up to line {head.number}: it "
                "was put back to an older state or replaced; see docs/fleet.md.",
                key="error.fleet_older",
            )

    def _open_waiting(self, centre: CentrePort, head: FeedHead) -> None:
        """Take what lines announced and what was not there then: a body, or its key."""
        waiting = self._store.waiting(self._limits.facts)
        if not waiting:
            return
        keys = centre.wrapped_keys([SECRETS, *(subject for _, subject in waiting)])
        opened = []
        for kind, subject in waiting:
            fact = centre.newest(kind, subject)
            if fact is None or fact.number > head.number:  # its line comes first
                continue
            mine = [key for key in keys if key.subject in (subject, SECRETS)]
            applied = self._trust.open_waiting(fact, mine)
            if applied is not None:
                opened.append(applied)
        for applied in opened:
            if applied.fact.kind is FactKind.ORDER:
                self._ordered(applied)
        if opened:
            self._store.apply(opened, head)

    def _withheld(self) -> FleetError | None:
        """Return what to say if an order, rules or an account was announced and is not here.

        It may take rights away, so the lease is not renewed meanwhile. People are kept out instead.
        """
        if all(kind is FactKind.PERSON for kind, _ in self._store.waiting(1)):
            return None
        error = FleetError(
            "The fleet's database does not show an order, rules or an account that this node has to"
            " follow, or this program cannot read it, and the lease is not renewed; update this"
            " node, or find out who had access to the database.",
            key="error.fleet_withheld",
        )
        self._tell("withheld", error)
        return error

    # out

    def _push_or_tell(self, centre: CentrePort) -> bool:
        """Push; what the centre refuses is told, and the node goes on to follow and to beat."""
        self._push_problem = None
        try:
            return self._push(centre)
        except CentreAway:
            raise
        except FleetError as error:
            self._push_problem = error
            self._tell("push", error)
            return False

    def _push(self, centre: CentrePort) -> bool:
        """Write what staff changed here; return whether more waits.

        A node without staff writes nothing: there a sign-in changes an account, too. A change
        whose fact was changed elsewhere meanwhile becomes a conflict with the next pull.
        """
        changes = self._store.local_changes(self._limits.changes)
        if not changes or not self._trust.may_write():
            return False
        try:
            outgoing = self._trust.seal(changes)
        except CentreAway:
            raise
        except FleetError as error:  # find the one that cannot be sealed; the others go on
            self._tell("seal", error)
            self._push_problem = error
            outgoing = self._sealed_one_by_one(changes)
        wrote, stale = self._append(centre, outgoing)
        if stale:
            fresh = [one for one in outgoing if one.draft.subject not in stale]
            wrote, _ = self._append(centre, fresh)
        pulled, self._stale = stale != self._stale, stale
        moved, self._moved = self._moved, False
        return moved or bool(stale and pulled) or (wrote and len(changes) == self._limits.changes)

    def _sealed_one_by_one(self, changes: Sequence[LocalChange]) -> list[Outgoing]:
        sealed: list[Outgoing] = []
        for change in changes:
            try:
                sealed.extend(self._trust.seal([change]))
            except CentreAway:
                raise
            except FleetError as error:
                log.error("a change of %s %s is not sent: %s", change.kind, change.subject, error)
        return sealed

    def _append(
        self, centre: CentrePort, outgoing: Sequence[Outgoing]
    ) -> tuple[bool, frozenset[str]]:
        """Write drafts; return whether they were, and the subjects that have a newer version.

        A confirmation that is lost by a crash leaves the change marked; its next try finds a newer
        version, which this node wrote, and changes nothing.
        """
        if not outgoing:
            return False, frozenset()
        keys = [key for one in outgoing for key in one.keys]
        try:
            facts = centre.append([one.draft for one in outgoing], self._trust.finish, keys)
        except StaleBase as error:
            return False, frozenset(error.newest)
        except HeadMoved:  # the next round, which follows at once, reads first
            self._moved = True
            return False, frozenset()
        for one, fact in zip(outgoing, facts, strict=True):
            self._store.confirm(one.change, fact)
        return True, frozenset()

    def _push_events(self, centre: CentrePort) -> bool:
        """Send rows of the logs; a log that was cut here is told, and the rest goes on."""
        try:
            if self._events is None:
                self._events = EventPush(self._store, centre, self._trust.seal_events)
            more = self._events.push(self._limits.events)
            self._log_problem = None
        except CentreAway:
            raise
        except FleetError as error:
            self._log_problem = error
            self._tell("log", error)
            return False
        return more

    def _wrap_keys(self, centre: CentrePort) -> bool:
        """Wrap people's keys for nodes that may read them and have none: new ones, say."""
        missing = centre.keys_missing(self._limits.keys)
        if not missing:
            return False
        own = centre.wrapped_keys(sorted({subject for subject, _ in missing}))
        wrapped = self._trust.wrap_again(missing, own)
        if wrapped:
            centre.put_keys(wrapped)
        return bool(wrapped) and len(missing) == self._limits.keys

    def _renew_sealing(self, centre: CentrePort) -> bool:
        """Replace this node's sealing key when it is old; return whether more waits."""
        try:
            return self._trust.renew_sealing(centre, self._sealing_every, self._limits.keys)
        except (HeadMoved, StaleBase):  # the next round reads first
            return True

    def _receipts(self, centre: CentrePort) -> None:
        for subject, number, at in self._store.deletions_done():
            centre.put_receipt(self._trust.receipt(subject, number, at))
            self._store.receipt_sent(number)

    def _beat(self, centre: CentrePort, head: FeedHead) -> None:
        """Tell the others that this node is there, and how far it has read."""
        if self._steady() - self._beat_at < self._limits.beat_s:
            return
        events = self._events
        sequence, link = (events.sequence, events.link) if events else (0, bytes(32))
        state = dict(self._state())
        if self._log_problem is not None:
            state["log"] = False
        centre.beat(self._trust.beat(head, sequence, link, state))
        self._beat_at = self._steady()

    def _hear(self, centre: CentrePort, *, renews: bool) -> None:
        """Hear the beats of others, which alone renew the lease: once all lines are read.

        A lease that has not begun yet begins in any case.
        """
        if self._steady() - self._heard_at < self._limits.beat_s:
            return
        mark = self._trust.heard(centre.beats())
        member = self._store.membership()
        if mark is not None and (renews or member is None or member.lease is None):
            self._store.keep_lease(mark)
        self._divided = self._trust.divided()
        if self._divided is not None:
            self._tell("divided", self._divided)
        self._heard_at = self._steady()

    # how it is doing

    def _note(self, **facts: Any) -> None:
        before = self.status
        self.status = SyncStatus(
            **(
                {"member": True, "contact_at": before.contact_at, "behind": before.behind}
                | {"unsent": before.unsent, "conflicts": before.conflicts}
                | facts
            )
        )

    def _tell(self, where: str, problem: FleetError) -> None:
        """Log a problem once, until another one takes its place."""
        if self._told.get(where) != str(problem):
            self._told[where] = str(problem)
            log.error("%s", problem)


def _fault(error: Exception) -> FleetError:
    """Return what to show of an error that nobody expected; the log file has the rest."""
    return FleetError(
        f"The fleet is not followed because of a fault ({type(error).__name__}); see the log file.",
        key="error.fleet_fault",
        what=type(error).__name__,
    )
