"""What the sync loop asks of the part that signs, verifies, seals and opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from kiosk.core.errors import FleetError
from kiosk.core.fleet import (
    Applied,
    Beat,
    CentrePort,
    DoneReceipt,
    Draft,
    Fact,
    FeedHead,
    LeaseMark,
    LocalChange,
    NodeEvent,
    WrappedKey,
)


class HeadMoved(FleetError):
    """The centre has lines that this node has not read: it reads them and then tries again.

    Nothing was signed, since a node signs only after lines that it verified.
    """


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A local change as it goes to the centre, with the person's key wrapped for each node."""

    change: LocalChange
    draft: Draft
    keys: tuple[WrappedKey, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedPage:
    """What a node believes of the lines it was given.

    ``head``: the last good line; ``applied``: what they say, at most one fact for each subject.
    ``refused``: why the line after ``head`` is not believed. The node stays there, and its lease
    runs out.
    """

    applied: tuple[Applied, ...]
    head: FeedHead
    refused: FleetError | None = None


class TrustPort(Protocol):
    """What this node believes, and how it signs. Used by one thread: the sync loop's.

    It asks the node's store for admitted nodes and for the versions read so far, so that nothing
    is remembered twice.
    """

    def read(self, head: FeedHead, facts: Sequence[Fact], keys: Sequence[WrappedKey]) -> FeedPage:
        """Verify lines that follow ``head`` and open what this node may read; never raises."""
        ...

    def shared(self) -> Mapping[str, bytes] | None:
        """Return what PINs and cards are hashed under, by name; ``None`` until it has come."""
        ...

    def knows_groups(self, head: FeedHead) -> bool:
        """Return whether this node has read whom it serves: its own admission."""
        ...

    def expect_groups(self, admission: Fact | None) -> None:
        """Go by the groups in this node's newest document until its admission is read."""
        ...

    def deletions(self, facts: Sequence[Fact]) -> list[Applied]:
        """Return those of ``facts``, fetched ahead of the feed, whose writer is known already."""
        ...

    def open_waiting(self, fact: Fact, keys: Sequence[WrappedKey]) -> Applied | None:
        """Open a body that was waited for; ``None`` as long as its key is not there.

        Raises ``FleetError`` if it is not what the feed's line said.
        """
        ...

    def may_write(self) -> bool:
        """Return whether this node was admitted to write what staff change."""
        ...

    def seal(self, changes: Sequence[LocalChange]) -> list[Outgoing]:
        """Return drafts in the same order; a person's key is new with each version."""
        ...

    def finish(self, head: FeedHead, drafts: Sequence[Draft]) -> Sequence[Fact]:
        """Number, link and sign drafts after ``head`` (a ``Finish``).

        Raises ``HeadMoved`` unless ``head`` is the line up to which this node has read.
        """
        ...

    def wrap_again(
        self, missing: Sequence[tuple[str, str]], keys: Sequence[WrappedKey]
    ) -> list[WrappedKey]:
        """Wrap this node's own keys for admitted nodes that lack them; others are left out."""
        ...

    def seal_events(self, events: Sequence[NodeEvent]) -> list[NodeEvent]:
        """Seal the bodies of this node's events with the fleet's log key."""
        ...

    def beat(
        self, head: FeedHead, sequence: int, event_link: bytes, state: Mapping[str, Any]
    ) -> Beat:
        """Return this node's signed beat."""
        ...

    def heard(self, beats: Sequence[Beat]) -> LeaseMark | None:
        """Return a new mark if another admitted node was heard whose beat agrees with our feed."""
        ...

    def divided(self) -> FleetError | None:
        """Return what to say if another node was given another feed than this one."""
        ...

    def lease_now(self, mark: LeaseMark) -> LeaseMark:
        """Return ``mark`` with what was used of the lease until now."""
        ...

    def renew_sealing(self, centre: CentrePort, every: timedelta, limit: int) -> bool:
        """Take a step of replacing a sealing key that is older than ``every``.

        At most ``limit`` keys are sealed again; returns whether more wait.
        """
        ...

    def receipt(self, subject: str, number: int, at: datetime) -> DoneReceipt:
        """Return this node's signed receipt of a deletion."""
        ...
