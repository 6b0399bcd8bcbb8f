"""What this node believes, and how it signs (``TrustPort``)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from kiosk.core.errors import FleetError
from kiosk.core.fleet import (
    Applied,
    Beat,
    CentrePort,
    DoneReceipt,
    Draft,
    Fact,
    FeedHead,
    FleetStorePort,
    LeaseMark,
    LocalChange,
    Membership,
    NodeEvent,
    WrappedKey,
)
from kiosk.core.fleet_trust import FeedPage, HeadMoved, Outgoing
from kiosk.fleet.trust.beats import Beats
from kiosk.fleet.trust.body_fields import BodyRefused
from kiosk.fleet.trust.deletion_answers import signed_receipt
from kiosk.fleet.trust.event_sealing import seal_events
from kiosk.fleet.trust.fact_opener import FactOpener
from kiosk.fleet.trust.feed_lines import sign_lines
from kiosk.fleet.trust.feed_reader import FeedReader
from kiosk.fleet.trust.fleet_secrets import SUBJECT, FleetSecrets
from kiosk.fleet.trust.key_ring import KeyRing, RingNode
from kiosk.fleet.trust.key_sharing import KeySharing
from kiosk.fleet.trust.lease_clock import Instants, advanced, heard, passed_s
from kiosk.fleet.trust.node_documents import NodeDocument
from kiosk.fleet.trust.node_keys import NodeKeys
from kiosk.fleet.trust.sealed_bodies import BodySealer
from kiosk.fleet.trust.sealing_rotation import SealingRotation
from kiosk.storage.crypto.aead import SealBroken

log = logging.getLogger(__name__)


class NodeTrust:
    """One member's beliefs and signatures. One thread.

    ``groups``: whom this node serves, until that is known (``expect_groups``). ``instant``: this
    moment by both clocks. ``secrets``: the fleet's, as soon as they were read.
    """

    def __init__(
        self,
        store: FleetStorePort,
        keys: NodeKeys,
        member: Membership,
        *,
        groups: tuple[str, ...],
        sealed_names: bool,
        instant: Instants,
    ) -> None:
        self.fleet = member.fleet
        self._rotation = SealingRotation(member.fleet, keys, store)
        self._store = store
        self._groups = groups
        self._instant = instant
        self._reader = FeedReader(self.fleet, store.standing)
        self._sealer = BodySealer(self.fleet, sealed_names=sealed_names)
        self.beats = Beats(self.fleet, keys.node, keys.signer)
        self._ring: tuple[FeedHead, KeyRing] | None = None
        self._told: dict[int, str] = {}
        self.secrets = self._kept_secrets(member)
        self.knows_groups(member.head)

    @property
    def keys(self) -> NodeKeys:
        """This node's own keys."""
        return self._rotation.keys

    def read(self, head: FeedHead, facts: Sequence[Fact], keys: Sequence[WrappedKey]) -> FeedPage:
        """Verify lines that follow ``head`` and open what this node may read; never raises."""
        try:
            reading = self._reader.read(head, self.ring(head), facts)
        except FleetError as error:  # the node's own list of nodes is damaged
            return FeedPage((), head, error)
        own = reading.ring.get(self.keys.node)
        if own is not None and own.document.groups != self._groups:
            return self._other_groups(head, own)
        self._ring = reading.head, reading.ring
        self.beats.read_to(reading.head)
        self._use_secrets(reading.ring, keys)
        opener = self._opener(keys)
        applied = [opener.applied(line) for line in opener.newest(reading.lines)]
        return FeedPage(tuple(applied), reading.head, reading.refused)

    def shared(self) -> Mapping[str, bytes] | None:
        """Return what PINs and cards are hashed under, by name; ``None`` until it has come."""
        return None if self.secrets is None else self.secrets.shared

    def knows_groups(self, head: FeedHead) -> bool:
        """Return whether this node has read whom it serves: its own admission."""
        own = self.ring(head).get(self.keys.node)
        if own is not None:
            self._groups = own.document.groups
        return own is not None

    def expect_groups(self, admission: Fact | None) -> None:
        """Go by the groups in this node's newest document until its admission is read.

        People who were there before are read earlier. If the document then says otherwise, the
        centre lied, and the reading ends there.
        """
        if admission is not None and admission.body is not None:
            self._groups = NodeDocument.parse(admission.body).groups

    def deletions(self, facts: Sequence[Fact]) -> list[Applied]:
        """Return those of ``facts``, fetched ahead of the feed, whose writer is known already."""
        ring = self.ring(self._member().head)
        return [Applied(fact, None) for fact in facts if self._reader.genuine_deletion(ring, fact)]

    def open_waiting(self, fact: Fact, keys: Sequence[WrappedKey]) -> Applied | None:
        """Open a body that was waited for; ``None`` as long as it cannot be opened.

        The whole line is verified again. Raises ``FleetError`` if it is not the one that was read.
        """
        standing = self._store.standing([fact.subject]).get((fact.kind, fact.subject))
        if standing is None or standing.number != fact.number:
            return None
        ring = self.ring(self._member().head)
        self._reader.check_again(ring, standing, fact)
        self._use_secrets(ring, keys)
        applied = self._opener(keys).opened(fact)
        return None if applied.waiting else applied

    def may_write(self) -> bool:
        """Return whether this node was admitted to write what staff change."""
        own = self.ring(self._member().head).get(self.keys.node)
        return own is None or own.document.staff

    def seal(self, changes: Sequence[LocalChange]) -> list[Outgoing]:
        """Return drafts in the same order; a sealed fact's key is new with each version."""
        sharing = KeySharing(self.fleet, self.keys, self.ring(self._member().head))
        outgoing = []
        for change in changes:
            sealed = self._sealer.draft(change)
            keys = sharing.wrapped(sealed.draft, sealed.key) if sealed.key else ()
            outgoing.append(Outgoing(change, sealed.draft, keys))
        return outgoing

    def finish(self, head: FeedHead, drafts: Sequence[Draft]) -> list[Fact]:
        """Number, link and sign drafts after ``head``; raise ``HeadMoved`` unless it was read."""
        if head != self._member().head:
            raise HeadMoved(
                "Somebody else wrote into the fleet's database meanwhile; this node reads it first."
            )
        return sign_lines(self.fleet, self.keys.node, self.keys.signer, head, drafts)

    def wrap_again(
        self, missing: Sequence[tuple[str, str]], keys: Sequence[WrappedKey]
    ) -> list[WrappedKey]:
        """Wrap this node's own keys for nodes that lack them.

        Only for admitted nodes that the newest version concerns; others are left out, whatever the
        centre says.
        """
        secrets = self.secrets.generation if self.secrets else 0
        sharing = KeySharing(self.fleet, self.keys, self.ring(self._member().head))
        return sharing.wrapped_again(missing, keys, self._store.standing, secrets)

    def seal_events(self, events: Sequence[NodeEvent]) -> list[NodeEvent]:
        """Seal the bodies of this node's events with the fleet's log key."""
        if self.secrets is None:
            raise FleetError(
                "The fleet's secrets are not here yet; keep another node running to send them.",
                key="error.fleet_secrets",
            )
        return seal_events(self.fleet, self.keys.node, self.secrets, events)

    def beat(
        self, head: FeedHead, sequence: int, event_link: bytes, state: Mapping[str, Any]
    ) -> Beat:
        """Return this node's signed beat."""
        return self.beats.make(head, sequence, event_link, state, self._instant())

    def heard(self, beats: Sequence[Beat]) -> LeaseMark | None:
        """Return a new mark if another admitted node was heard whose beat agrees with our feed.

        A lease that has not begun does so when this node first knows of another node with staff.
        Without one nobody else can change anything, and reaching the centre is enough.
        """
        member = self._member()
        ring = self.ring(member.head)
        now = self._instant()
        alone = all(node.node == self.keys.node or not node.staff for node in ring.present())
        alive = self.beats.hear(ring, member.head, beats)
        if member.lease is None or alone:
            return None if member.lease is None and alone else heard(now, 0.0)
        if alive is None:
            return None
        mark = heard(now, passed_s(alive, now))
        before = member.lease
        if before is not None and advanced(before, now).used_s <= mark.used_s:
            return None
        return mark

    def divided(self) -> FleetError | None:
        """Return what to say if another node was given another feed than this one."""
        others = self.beats.disagreeing()
        if not others:
            return None
        ring = self.ring(self._member().head)
        names = ", ".join(ring.nodes[node].document.name for node in others)
        return FleetError(
            f"The fleet's database shows {names} other entries than this node; find out who had"
            " access to it, and restore it.",
            key="error.fleet_divided",
            names=names,
        )

    def lease_now(self, mark: LeaseMark) -> LeaseMark:
        """Return ``mark`` with what was used of the lease until now."""
        return advanced(mark, self._instant())

    def receipt(self, subject: str, number: int, at: datetime) -> DoneReceipt:
        """Return this node's signed receipt of a deletion."""
        return signed_receipt(self.fleet, self.keys.signer, self.keys.node, subject, number, at)

    def renew_sealing(self, centre: CentrePort, every: timedelta, limit: int) -> bool:
        """Take the next step of replacing a sealing key that is older than ``every``.

        At most ``limit`` keys are sealed again; returns whether more wait. A node without staff
        writes nothing into the feed, so its key stays. Raises ``HeadMoved`` and
        what the centre raises.
        """
        own = self.ring(self._member().head).get(self.keys.node)
        if own is None or own.document.revoked or not own.document.staff:
            return False
        now = self._instant().wall
        return self._rotation.step(centre, self.finish, own, now=now, every=every, limit=limit)

    def ring(self, head: FeedHead) -> KeyRing:
        """Return the nodes as they stand at ``head``, which the store has applied."""
        if self._ring is None or self._ring[0] != head:
            self._ring = head, KeyRing.of(self._store.nodes())
        return self._ring[1]

    def _member(self) -> Membership:
        member = self._store.membership()
        if member is None or member.fleet != self.fleet:
            raise FleetError(
                "This node is no longer a member of the fleet; start the program again.",
                key="error.fleet_left",
            )
        return member

    def _opener(self, keys: Sequence[WrappedKey]) -> FactOpener:
        return FactOpener(self._sealer, self.keys, self._groups, keys, self._tell)

    def _tell(self, line: int, problem: str) -> None:
        """Log what is wrong with a line, or (0) with the fleet's secrets, when it is new."""
        if self._told.get(line) != problem:
            self._told[line] = problem
            log.error("%s", problem)

    def _other_groups(self, head: FeedHead, own: RingNode) -> FeedPage:
        return FeedPage(
            (),
            head,
            FleetError(
                f"This node was admitted for the groups {', '.join(own.document.groups)}, and the"
                " fleet's database said otherwise before; leave the fleet and join again.",
                key="error.fleet_groups",
            ),
        )

    def _use_secrets(self, ring: KeyRing, keys: Sequence[WrappedKey]) -> None:
        """Take the secrets that the newest mark names, if they are among ``keys``."""
        mark = ring.secrets()
        if mark is None or (self.secrets and self.secrets.mark() == mark):
            return
        for wrapped in keys:
            if wrapped.subject == SUBJECT and wrapped.generation == mark.generation:
                try:
                    encoded = self.keys.unwrap(self.fleet, wrapped)
                    self.secrets = FleetSecrets.parse(encoded, mark)
                    self._store.adopt_secrets(self.secrets.shared)
                    self.keys.keep_secrets(encoded)
                except (SealBroken, BodyRefused) as error:
                    self._tell(
                        0, f"the fleet's secrets that the centre sends are not used: {error}"
                    )

    def _kept_secrets(self, member: Membership) -> FleetSecrets | None:
        mark = self.ring(member.head).secrets()
        kept = self.keys.kept_secrets()
        try:
            return FleetSecrets.parse(kept, mark) if kept and mark else None
        except BodyRefused:  # of an earlier generation; the centre has the new ones
            return None
