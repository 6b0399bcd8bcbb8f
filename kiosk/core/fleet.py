"""A fleet of doors and desks that share one list of people through a PostgreSQL database.

The database is called the centre. A *fact* is one version of something that staff decide: a person,
an account, the access rules, the shared settings, a node. The centre keeps the newest version of
each fact and a *feed*: one line for each version, in the order of commit, numbered without gaps and
linked by hashes. A node follows the feed into its own SQLite file and decides alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Protocol

from kiosk.core.consent import Consent
from kiosk.core.templates import Template


class NodeKind(StrEnum):
    """What a node is."""

    DOOR = "door"
    DESK = "desk"
    """Staff's screens alone, with or without a webcam."""


class FactKind(StrEnum):
    """What a fact is about. Deletions are read and applied before everything else."""

    NODE = "node"
    """An admitted or revoked node, with its public keys."""
    PERSON = "person"
    DELETION = "deletion"
    """The order to destroy a person's key and rows; its subject is the person's."""
    ACCOUNT = "account"
    RULES = "rules"
    SETTINGS = "settings"
    ORDER = "order"
    """Lock-down, its end, or one opening, addressed to some doors and valid for a short time."""


EVERYBODY = "*"
"""In an audience: every node. Otherwise an audience lists groups of the access rules."""


@dataclass(frozen=True, slots=True)
class FeedHead:
    """The newest line of the feed: its number, 0 before the first, and its link (32 bytes)."""

    number: int = 0
    link: bytes = bytes(32)


@dataclass(frozen=True, slots=True)
class Draft:
    """A version of a fact before it is written.

    ``subject``: 32 hexadecimal digits, the same at all nodes. ``base``: the version that the writer
    had seen, 0 for a new fact; the centre refuses a draft whose base is not the newest.
    ``audience``: groups before and after the change, or ``EVERYBODY``. ``body``: canonical JSON,
    with sealed parts; the centre does not read it. ``account``: who did it, as shown to people.
    """

    kind: FactKind
    subject: str
    base: int
    audience: tuple[str, ...]
    body: bytes
    at: datetime
    account: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the feed, with its body where this node may read it.

    ``version``: the draft's base + 1, counted for each kind and subject; a deletion's is 1.
    ``digest``: SHA-256 of the body. ``previous``: the link of the line before. ``writer``: the
    node's id. ``signature``: the writer's, over everything else. ``body``: kept for the newest
    version, and for every version of a node, since its keys verify older lines.
    """

    number: int
    kind: FactKind
    subject: str
    version: int
    audience: tuple[str, ...]
    digest: bytes
    previous: bytes
    at: datetime
    writer: str
    account: str
    signature: bytes
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A person's key (or, for the subject "", the fleet's secrets) sealed for one node by HPKE.

    ``generation``: rises when the key is replaced.
    """

    subject: str
    node: str
    generation: int
    sealed: bytes


@dataclass(frozen=True, slots=True)
class NodeEvent:
    """A row of a node's logs. ``sequence`` and ``link`` are those of the node's own hash chain.

    ``kind``: ``log`` or ``actions``. ``body``: the bytes that the link was hashed from, sealed with
    the fleet's log key on the way to the centre; plain in ``FleetStorePort.events_after``.
    """

    sequence: int
    kind: str
    at: datetime
    body: bytes
    link: bytes


@dataclass(frozen=True, slots=True)
class LogRemoval:
    """Rows of a node's log that were dropped after their time, and the links of both ends."""

    node: str
    from_sequence: int
    to_sequence: int
    first_link: bytes
    last_link: bytes


@dataclass(frozen=True, slots=True)
class Beat:
    """What a node says of itself, signed; the newest of each node is kept.

    ``number``, ``link``: the feed as the node has applied it. ``sequence``, ``event_link``: its own
    log. ``state``: version of the program, camera, lock, people held, pending deletions; under
    ``nonce`` a random number of this beat, and under ``seen`` the newest nonce of other nodes,
    which shows them that this beat is younger than theirs.
    """

    node: str
    at: datetime
    number: int
    link: bytes
    sequence: int
    event_link: bytes
    state: Mapping[str, Any] = field(default_factory=dict)
    signature: bytes = b""


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """A node that asks to be admitted. ``signing``, ``sealing``: its public keys, 32 bytes each.

    ``signature``: by the key itself, which shows that the node holds it.
    """

    node: str
    name: str
    kind: NodeKind
    signing: bytes
    sealing: bytes
    asked_at: datetime
    signature: bytes = b""


@dataclass(frozen=True, slots=True)
class DoneReceipt:
    """A node's signed answer that it destroyed what a deletion (feed ``number``) named."""

    node: str
    subject: str
    number: int
    at: datetime
    signature: bytes = b""


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest line of one kind and subject that a node has read, as far as later ones need it.

    Kept of every line, also of those that do not concern the node. ``digest``: of the body.
    """

    number: int
    version: int
    digest: bytes
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeaseMark:
    """How much of its lease a node has used, kept so that a restart or the clock prolongs nothing.

    ``heard_at``: when another node was last heard, by this node's clock, for people to read.
    ``used_s``: seconds of the lease used at the time of this mark. ``wall``: that time by the
    clock; ``boot_s``: by the time since the boot ``boot_id``.
    """

    heard_at: datetime
    used_s: float
    wall: datetime
    boot_s: float
    boot_id: str


class StaleBase(Exception):
    """A draft was made against an older version; ``newest`` has what stands in the centre.

    So is every draft of a person whose subject has a deletion. Nothing of the call was written.
    """

    def __init__(self, subjects: Mapping[str, int]) -> None:
        super().__init__(f"{len(subjects)} facts were changed meanwhile")
        self.newest = subjects
        """The newest version by subject."""


Finish = Callable[[FeedHead, Sequence[Draft]], Sequence[Fact]]
"""Numbers, links and signs drafts after the feed's head; called inside the writing transaction."""


class CentrePort(Protocol):
    """The fleet's database, as one node sees it. Not thread-safe; one connection for each user.

    Every method raises ``CentreAway`` (a ``FleetError``) when the database cannot be reached or
    refuses the connection; the caller tries again later. ``FleetError`` is for what a person must
    mend: no schema, a foreign database, a role without rights, a schema newer than the program.
    """

    def head(self) -> FeedHead: ...
    def facts_after(self, number: int, limit: int) -> list[Fact]: ...
    def deletions_after(self, number: int, limit: int) -> list[Fact]: ...
    def newest(self, kind: FactKind, subject: str) -> Fact | None: ...
    def append(
        self, drafts: Sequence[Draft], finish: Finish, keys: Sequence[WrappedKey] = ()
    ) -> list[Fact]: ...
    def wrapped_keys(self, subjects: Sequence[str]) -> list[WrappedKey]: ...
    def own_keys(self, after: str | None, limit: int) -> list[WrappedKey]:
        """Return this node's keys in the order of their subjects, those after ``after``."""
        ...

    def put_keys(self, keys: Sequence[WrappedKey]) -> None: ...
    def keys_missing(self, limit: int) -> list[tuple[str, str]]:
        """Return (subject, node) where the node may read the newest body and has no key for it.

        Only subjects of which the caller has a key. The caller wraps for nodes it believes in.
        """
        ...

    def events_stored(self) -> tuple[int, bytes]: ...
    def push_events(self, events: Sequence[NodeEvent]) -> int: ...
    def events_of(self, node: str, sequence: int, limit: int) -> list[NodeEvent]:
        """Return rows of a node's logs after ``sequence``, in order, still sealed."""
        ...

    def log_heads(self) -> dict[str, tuple[int, bytes]]:
        """Return number and link of the newest stored row of each node's log."""
        ...

    def log_removals(self) -> list[LogRemoval]:
        """Return what was dropped of the logs by months, in order."""
        ...

    def beat(self, beat: Beat) -> None: ...
    def beats(self) -> list[Beat]: ...
    def ask_to_join(self, request: JoinRequest) -> None: ...
    def join_requests(self) -> list[JoinRequest]: ...
    def put_receipt(self, receipt: DoneReceipt) -> None: ...
    def receipts(self, number: int) -> list[DoneReceipt]: ...
    def wait(self, timeout_s: float) -> bool:
        """Return early, and true, when somebody announced a change (LISTEN)."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class FleetCard:
    """A card or badge by the keyed hash of its code, under the fleet's pepper."""

    kind: str
    code_hash: str
    created_at: datetime
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class FleetPerson:
    """Everything about a person that a door needs, unsealed. ``role``, ``entry``: stored words.

    ``pin_hash``: Argon2id under the fleet's pepper; empty without a PIN. ``consents``: on the way
    between nodes, ``version`` is a digest of the text, 1 to 2^52. ``templates``: their
    ``person_id`` and ``id`` mean nothing outside a node.
    """

    number: str
    name: str
    role: str
    enabled: bool
    entry: str
    created_at: datetime
    groups: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    until_time: time | None = None
    consents: tuple[Consent, ...] = ()
    pin_hash: str = ""
    pin_set_at: datetime | None = None
    cards: tuple[FleetCard, ...] = ()
    templates: tuple[Template, ...] = ()


@dataclass(frozen=True, slots=True)
class FleetAccount:
    """An account of staff; ``pin_hash`` as for people."""

    name: str
    role: str
    enabled: bool
    pin_hash: str
    created_at: datetime
    pin_given_at: datetime | None = None
    pin_is_own: bool = False


Content = FleetPerson | FleetAccount | Mapping[str, Any] | str | None
"""What a fact says: a person, an account, settings by name, the text of the rules; ``None``: gone.
Nodes, deletions and orders are mappings."""


@dataclass(frozen=True, slots=True)
class LocalChange:
    """Something that staff changed at this node and that the centre does not have yet.

    ``base``: the version that this node had. ``stamp``: tells this state of the rows from a later
    one; a confirmation with an older stamp leaves the later change to be pushed. ``audience``: the
    groups before and after.
    """

    kind: FactKind
    subject: str
    base: int
    stamp: int
    audience: tuple[str, ...]
    content: Content
    account: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Applied:
    """A verified fact with its content, ready to be written into the node's own database.

    ``content`` is ``None`` for a deletion, and for a person who no longer concerns this node.
    ``waiting``: the line is verified and its body or its key is not there yet; ``content`` is
    ``None`` then. Until it comes the person is not let in.
    """

    fact: Fact
    content: Content
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two changes of one fact, or two people with one number or one face, for staff to decide.

    ``why``: ``version``, ``number`` or ``face``. ``mine``: as it stood at this node; ``theirs``: as
    it stands in the centre. Until it is settled the stricter of both counts.
    """

    id: int
    why: str
    subject: str
    other: str
    mine: Content
    theirs: Content
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Membership:
    """This node's place in a fleet.

    ``fleet``: the fleet's id, the digest of the founding node's document. ``founder``: that
    document. ``head``: the feed as applied. ``lease``: since another node was last heard.
    """

    fleet: str
    node: str
    name: str
    kind: NodeKind
    founder: bytes
    head: FeedHead = FeedHead()
    lease: LeaseMark | None = None
    revoked: bool = False


class FleetStorePort(Protocol):
    """The node's own database. Callable from any thread; each method is one transaction."""

    def membership(self) -> Membership | None: ...
    def join(self, membership: Membership, by: str = "", *, merge: bool = False) -> None: ...
    def leave(self, by: str = "") -> None: ...
    def adopt_secrets(self, shared: Mapping[str, bytes]) -> bool:
        """Hash PINs and cards under the fleet's secrets; return whether that is new.

        ``shared``: what the founder shared, by name, 32 bytes each.
        """
        ...

    def local_changes(self, limit: int) -> list[LocalChange]: ...
    def confirm(self, change: LocalChange, fact: Fact) -> None: ...
    def conflict(self, change: LocalChange, theirs: Applied) -> None: ...
    def apply(self, facts: Sequence[Applied], head: FeedHead) -> None:
        """Write facts and the cursor.

        A fact about a subject that staff changed here meanwhile becomes a conflict, in the same
        transaction, unless this node wrote it: then the confirmation was lost in a crash. A
        version that is already here (a confirmed change whose line comes back, a deletion that was
        fetched early) changes nothing.
        """
        ...

    def standing(self, subjects: Sequence[str]) -> dict[tuple[FactKind, str], Standing]:
        """Return the newest line of each kind and subject that was read from the feed.

        A confirmed change counts only once its line has come back; a deletion that was fetched
        early counts at once.
        """
        ...

    def waiting(self, limit: int) -> list[tuple[FactKind, str]]:
        """Return facts that were applied as ``waiting`` and have not come yet; people last."""
        ...

    def keep_lease(self, mark: LeaseMark) -> None: ...
    def nodes(self) -> dict[str, Mapping[str, Any]]: ...
    def conflicts(self) -> list[Conflict]: ...
    def conflict_count(self) -> int: ...
    def settle(self, conflict: int, keep_mine: bool, by: str) -> None: ...
    def events_after(self, sequence: int, limit: int) -> list[NodeEvent]: ...
    def deletions_done(self) -> list[tuple[str, int, datetime]]:
        """Return subject, feed number and time of deletions whose receipt is not sent yet."""
        ...

    def receipt_sent(self, number: int) -> None: ...
