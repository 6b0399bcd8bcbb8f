"""Somebody who can write everything into a fleet's database, and has keys of their own only.

A ``Site`` has a desk and two doors that have read everything. Each function of ``TRIES`` changes
the database or what one door reads; ``Site.gained`` tells whether the door then believes anything
that no admitted node wrote, or that was true only before.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from kiosk.core.errors import FleetError
from kiosk.core.fleet import (
    EVERYBODY,
    Content,
    Draft,
    Fact,
    FactKind,
    FeedHead,
    FleetAccount,
    FleetCard,
    FleetPerson,
    LocalChange,
    NodeKind,
    WrappedKey,
)
from kiosk.fleet.trust.feed_lines import digest_of, link_of, sign_lines
from kiosk.fleet.trust.fleet_secrets import SUBJECT, FleetSecrets
from kiosk.fleet.trust.key_wrapping import key_digest, wrap_key
from kiosk.fleet.trust.node_documents import NodeDocument
from kiosk.fleet.trust.node_keys import NodeKeys
from kiosk.fleet.trust.orders import DoorOrder, OrderKind
from kiosk.fleet.trust.sealed_bodies import BodySealer
from tests.helpers.fleet_nodes import (
    START,
    KeysInMemory,
    MemoryNode,
    drawn_person,
    small_fleet,
)

MEMBER, DISABLED, DELETED, STRANGER = (digit * 32 for digit in "1234")
ADMIN, RULES, SETTINGS, LOCKED = (digit * 32 for digit in "abcd")


@dataclass
class Site:
    """``door`` is the victim; ``thief`` has no admitted key."""

    desk: MemoryNode
    door: MemoryNode
    other: MemoryNode
    thief: NodeKeys = field(default_factory=lambda: NodeKeys.create(KeysInMemory()))
    honest: dict[tuple[FactKind, str], Content] = field(default_factory=dict)

    @classmethod
    def opened(cls, *, staff: bool = True) -> Site:
        """Return a site with a member, a disabled one, a deleted one, an account and rules.

        ``staff``: whether the two doors are admitted with staff.
        """
        _, desk, (door, other) = small_fleet(("lab",), ("office",), staff=staff)
        desk.enrol(MEMBER, drawn_person("2026-0001", groups=("lab",)))
        desk.enrol(DISABLED, drawn_person("2026-0002", groups=("lab",)))
        desk.enrol(DELETED, drawn_person("2026-0003", groups=("lab",)))
        desk.write(FactKind.ACCOUNT, ADMIN, FleetAccount("kim", "admin", True, "hash", START))
        desk.write(FactKind.RULES, RULES, "[lab]\n")
        desk.write(FactKind.SETTINGS, SETTINGS, {"door.pin_for": "everybody"})
        desk.write(FactKind.ORDER, LOCKED, DoorOrder(OrderKind.LOCKDOWN, (EVERYBODY,)).content())
        site = cls(desk, door, other)
        site.settle()
        desk.enrol(DISABLED, drawn_person("2026-0002", groups=("lab",), enabled=False))
        desk.write(FactKind.DELETION, DELETED, None)
        site.settle()
        site.honest = dict(door.store.content)
        return site

    @property
    def lines(self) -> list[Fact]:
        """The feed in the database."""
        return self.desk.db.lines

    @property
    def fleet(self) -> str:
        """The fleet's id."""
        return self.desk.db.fleet

    def settle(self) -> None:
        """Let all nodes read."""
        for node in (self.desk, self.door, self.other):
            read(node)

    def newest(self, kind: FactKind, subject: str) -> Fact:
        """Return the newest line of a subject."""
        return self.desk.db.newest()[kind, subject]

    def put(self, line: Fact) -> None:
        """Write ``line`` in the place of the one with its number."""
        self.lines[line.number - 1] = line

    def append(self, draft: Draft, keys: NodeKeys | None = None, writer: str = "") -> None:
        """Append a line signed by the thief, under the desk's name or another."""
        signer = (keys or self.thief).signer
        head = self.desk.db.head()
        self.lines.extend(sign_lines(self.fleet, writer or self.desk.id, signer, head, [draft]))

    def gained(self) -> bool:
        """Let the door read, an hour long; return whether it believes what it must not."""
        read(self.door, 5)
        return any(
            content is not None and not _equal(content, self.honest.get(key))
            for key, content in self.door.store.content.items()
        )


def read(node: MemoryNode, rounds: int = 3) -> None:
    """Let a node read; what a person must mend is told, and nothing else is raised."""
    for _ in range(rounds):
        with suppress(FleetError):
            node.rounds(1)


def _equal(one: Content, two: Content) -> bool:
    if isinstance(one, FleetPerson) and isinstance(two, FleetPerson):
        vectors = [t.vector.tobytes() for t in one.templates]
        return vectors == [t.vector.tobytes() for t in two.templates] and replace(
            one, templates=()
        ) == replace(two, templates=())
    return one == two


def draft_of(site: Site, subject: str, content: Content, kind: FactKind, base: int) -> Draft:
    """Return a draft that everybody can read, with the key wrapped for all by the thief."""
    change = LocalChange(kind, subject, base, 1, (EVERYBODY,), content, "kim", START)
    sealed = BodySealer(site.fleet).draft(change)
    if sealed.key:
        for node in (site.desk, site.door, site.other):
            wrapped = wrap_key(
                site.fleet, subject, base + 1, node.id, node.keys.sealing, sealed.key
            )
            site.desk.db.keys[subject, node.id] = wrapped
    return sealed.draft


def opened_body(line: Fact) -> dict[str, Any]:
    """Return the JSON of a body."""
    body: dict[str, Any] = json.loads(line.body or b"")
    return body


def with_body(line: Fact, body: dict[str, Any] | bytes) -> Fact:
    """Return ``line`` with another body and its digest; the signature stays."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return replace(line, body=data, digest=digest_of(data))


Try = Callable[[Site], object]
TRIES: dict[str, Try] = {}


def hostile(name: str) -> Callable[[Try], Try]:
    """Add the decorated function to ``TRIES``."""

    def add(run: Try) -> Try:
        TRIES[name] = run
        return run

    return add


# enrol


@hostile("enrol under the desk's name")
def _(site: Site) -> None:
    site.append(draft_of(site, STRANGER, drawn_person(), FactKind.PERSON, 0))


@hostile("enrol under a name of one's own")
def _(site: Site) -> None:
    draft = draft_of(site, STRANGER, drawn_person(), FactKind.PERSON, 0)
    site.append(draft, writer=site.thief.node)


@hostile("enrol under the door's own name")
def _(site: Site) -> None:
    draft = draft_of(site, STRANGER, drawn_person(), FactKind.PERSON, 0)
    site.append(draft, writer=site.door.id)


@hostile("admit a node, then enrol with it")
def _(site: Site) -> None:
    thief = site.thief
    document = NodeDocument(thief.node, "thief", NodeKind.DESK, thief.signer.public, thief.sealing)
    draft = Draft(FactKind.NODE, thief.node, 0, (EVERYBODY,), document.body(), START)
    site.append(draft, writer=thief.node)
    person = draft_of(site, STRANGER, drawn_person(), FactKind.PERSON, 0)
    site.append(person, writer=thief.node)


@hostile("put one's own key into a node's document")
def _(site: Site) -> None:
    line = site.newest(FactKind.NODE, site.desk.id)
    site.put(with_body(line, opened_body(line) | {"signing": site.thief.signer.public.hex()}))
    site.append(draft_of(site, STRANGER, drawn_person(), FactKind.PERSON, 0))


@hostile("a signature of zeros, of another line, of another purpose")
def _(site: Site) -> None:
    draft = draft_of(site, STRANGER, drawn_person(), FactKind.PERSON, 0)
    (line,) = sign_lines(site.fleet, site.desk.id, site.thief.signer, site.desk.db.head(), [draft])
    statement = site.desk.keys.signer.sign("fleet beat", b"x")
    for signature in (bytes(64), site.lines[-1].signature, statement, b""):
        site.lines.append(replace(line, signature=signature))
        read(site.door, 1)
        site.lines.pop()


@hostile("found another fleet in the same database")
def _(site: Site) -> None:
    thief = MemoryNode(type(site.desk.db)(), "thief")
    thief.found()
    thief.enrol(STRANGER, drawn_person(groups=("lab",)))
    site.desk.db.lines = thief.db.lines


@hostile("put oneself in the founder's place, under the same fleet's id")
def _(site: Site) -> None:
    thief = site.thief
    document = NodeDocument(thief.node, "desk", NodeKind.DESK, thief.signer.public, thief.sealing)
    founder = Draft(FactKind.NODE, thief.node, 0, (EVERYBODY,), document.body(), START)
    person = draft_of(site, STRANGER, drawn_person(), FactKind.PERSON, 0)
    lines = sign_lines(site.fleet, thief.node, thief.signer, FeedHead(), [founder, person])
    site.lines[:] = lines
    read_again(site)


# change what was written


@hostile("enable a disabled person in the body")
def _(site: Site) -> None:
    line = site.newest(FactKind.PERSON, DISABLED)
    body = opened_body(line)
    body["open"]["enabled"] = True
    site.put(replace(line, body=json.dumps(body).encode()))


@hostile("enable a disabled person, with the digest")
def _(site: Site) -> None:
    line = site.newest(FactKind.PERSON, DISABLED)
    body = opened_body(line)
    body["open"]["enabled"] = True
    site.put(with_body(line, body))


@hostile("enable a disabled person for a door that reads from the beginning")
def _(site: Site) -> None:
    line = site.newest(FactKind.PERSON, DISABLED)
    body = opened_body(line)
    body["open"]["enabled"] = True
    site.put(with_body(line, body))
    read_again(site)


@hostile("replay the version before as the next line")
def _(site: Site) -> None:
    old = next(line for line in site.lines if line.subject == DISABLED)
    site.lines.append(replace(old, number=len(site.lines) + 1))


@hostile("replay the version before in its place and renumber")
def _(site: Site) -> None:
    head = site.desk.db.head()
    old = next(line for line in site.lines if line.subject == DISABLED)
    site.lines.append(replace(old, number=head.number + 1, previous=head.link, version=3))


@hostile("give a person a group, a card and a PIN")
def _(site: Site) -> None:
    person = drawn_person(
        "2026-0001",
        groups=("lab", "vault"),
        cards=(FleetCard("card", "e" * 64, START),),
        pin_hash="$argon2id$known",
    )
    site.append(draft_of(site, MEMBER, person, FactKind.PERSON, 1))


@hostile("add a group in the open part")
def _(site: Site) -> None:
    line = site.newest(FactKind.PERSON, MEMBER)
    body = opened_body(line)
    body["open"]["groups"].append("vault")
    site.put(replace(with_body(line, body), audience=("lab", "vault")))
    read_again(site)


@hostile("prolong a period in the open part")
def _(site: Site) -> None:
    line = site.newest(FactKind.PERSON, MEMBER)
    body = opened_body(line)
    body["open"]["until"] = "2099-12-31"
    site.put(with_body(line, body))
    read_again(site)


@hostile("show the office's people to the laboratory's door")
def _(site: Site) -> None:
    site.desk.enrol(STRANGER, drawn_person(groups=("office",)))
    site.honest[FactKind.PERSON, STRANGER] = None
    line = site.newest(FactKind.PERSON, STRANGER)
    site.put(replace(line, audience=("lab",)))


@hostile("swap two people's bodies")
def _(site: Site) -> None:
    one, two = site.newest(FactKind.PERSON, MEMBER), site.newest(FactKind.PERSON, DISABLED)
    site.put(replace(one, body=two.body))
    site.put(replace(two, body=one.body))
    read_again(site)


@hostile("swap two people's bodies with their digests")
def _(site: Site) -> None:
    one, two = site.newest(FactKind.PERSON, MEMBER), site.newest(FactKind.PERSON, DISABLED)
    site.put(replace(one, body=two.body, digest=two.digest))
    site.put(replace(two, body=one.body, digest=one.digest))
    read_again(site)


@hostile("swap two people's keys")
def _(site: Site) -> None:
    keys = site.desk.db.keys
    one, two = keys[MEMBER, site.door.id], keys[DISABLED, site.door.id]
    keys[MEMBER, site.door.id] = replace(two, subject=MEMBER, generation=one.generation)
    keys[DISABLED, site.door.id] = replace(one, subject=DISABLED, generation=two.generation)
    read_again(site)


@hostile("put one's own key and sealed part in a person's place")
def _(site: Site) -> None:
    line = site.newest(FactKind.PERSON, MEMBER)
    draft = draft_of(site, MEMBER, drawn_person("2026-0009"), FactKind.PERSON, line.version - 1)
    body = opened_body(line) | {"sealed": json.loads(draft.body)["sealed"]}
    site.put(with_body(line, body))
    read_again(site)


@hostile("wrap one's own key for a person, so that later versions are sealed with it")
def _(site: Site) -> bool:
    line = site.newest(FactKind.PERSON, MEMBER)
    key = secrets.token_bytes(32)
    for node in (site.desk, site.door):
        site.desk.db.keys[MEMBER, node.id] = wrap_key(
            site.fleet, MEMBER, line.version, node.id, node.keys.sealing, key
        )
    site.desk.enrol(MEMBER, drawn_person("2026-0001", groups=("lab",), name="new"))
    site.settle()
    written = opened_body(site.newest(FactKind.PERSON, MEMBER))
    used = key_digest(site.fleet, MEMBER, line.version + 1, key).hex() == written["key"]
    site.honest[FactKind.PERSON, MEMBER] = site.desk.store.content[FactKind.PERSON, MEMBER]
    return used


@hostile("replace the fleet's secrets, so that PINs are hashed under a known one")
def _(site: Site) -> bool:
    mine = FleetSecrets.create({"pins": b"known" * 6})
    for node in (site.desk, site.door):
        site.desk.db.keys[SUBJECT, node.id] = wrap_key(
            site.fleet, SUBJECT, 1, node.id, node.keys.sealing, mine.encoded()
        )
    site.door.trust.secrets = None
    read_again(site)
    return site.door.trust.secrets is not None and site.door.trust.secrets.logs == mine.logs


@hostile("add an administrator")
def _(site: Site) -> None:
    account = FleetAccount("evil", "admin", True, "known", START)
    site.append(draft_of(site, "e" * 32, account, FactKind.ACCOUNT, 0))


@hostile("set an administrator's PIN")
def _(site: Site) -> None:
    account = FleetAccount("kim", "admin", True, "known", START)
    site.append(draft_of(site, ADMIN, account, FactKind.ACCOUNT, 1))


@hostile("loosen the rules and the settings")
def _(site: Site) -> None:
    for kind, subject, content in (
        (FactKind.RULES, RULES, "[everybody]\n"),
        (FactKind.SETTINGS, SETTINGS, {"door.pin_for": "nobody"}),
    ):
        site.append(draft_of(site, subject, content, kind, 1))


@hostile("change the rules in their place")
def _(site: Site) -> None:
    line = site.newest(FactKind.RULES, RULES)
    site.put(with_body(line, {"v": 1, "text": "[everybody]\n"}))
    read_again(site)


# orders


@hostile("order an opening")
def _(site: Site) -> None:
    content = DoorOrder(OrderKind.OPEN_ONCE, (site.door.id,)).content()
    site.append(draft_of(site, "5" * 32, content, FactKind.ORDER, 0))


@hostile("end a lock-down")
def _(site: Site) -> None:
    content = DoorOrder(OrderKind.LOCKDOWN, ()).content()
    site.append(draft_of(site, LOCKED, content, FactKind.ORDER, 1))


@hostile("replay an opening")
def _(site: Site) -> None:
    content = DoorOrder(OrderKind.OPEN_ONCE, (site.door.id,)).content()
    site.desk.write(FactKind.ORDER, "5" * 32, content)
    site.settle()
    site.honest = dict(site.door.store.content)
    head = site.desk.db.head()
    line = site.newest(FactKind.ORDER, "5" * 32)
    site.lines.append(replace(line, number=head.number + 1, previous=head.link, subject="6" * 32))


@hostile("send an opening for another door to this one")
def _(site: Site) -> None:
    content = DoorOrder(OrderKind.OPEN_ONCE, (site.other.id,)).content()
    site.desk.write(FactKind.ORDER, "5" * 32, content)
    line = site.newest(FactKind.ORDER, "5" * 32)
    here = json.dumps({"v": 1, "content": {"order": "open_once", "doors": [site.door.id]}})
    site.put(with_body(line, here.encode()))


# deletions


@hostile("put a deleted person back: drop the deletion")
def _(site: Site) -> None:
    line = site.newest(FactKind.DELETION, DELETED)
    del site.lines[line.number - 1 :]
    site.lines.append(replace(line, kind=FactKind.PERSON))


@hostile("put a deleted person's line after the deletion")
def _(site: Site) -> None:
    old = next(line for line in site.lines if line.subject == DELETED)
    head = site.desk.db.head()
    site.lines.append(replace(old, number=head.number + 1, previous=head.link, version=2))


@hostile("delete the member")
def _(site: Site) -> bool:
    site.append(Draft(FactKind.DELETION, MEMBER, 0, (EVERYBODY,), b'{"v":1,"gone":true}', START))
    read(site.door)
    return site.door.person(MEMBER) is None


@hostile("delete the member ahead of the feed")
def _(site: Site) -> bool:
    draft = Draft(FactKind.DELETION, MEMBER, 0, (EVERYBODY,), b'{"v":1,"gone":true}', START)
    ahead = FeedHead(len(site.lines) + 7)
    site.lines.extend(sign_lines(site.fleet, site.desk.id, site.thief.signer, ahead, [draft]))
    read(site.door)
    return site.door.person(MEMBER) is None


@hostile("keep body and keys of a deleted person for a door that has carried the deletion out")
def _(site: Site) -> None:
    db, subject = site.desk.db, "7" * 32
    db.away.add(site.door.id)
    site.desk.enrol(subject, drawn_person("2026-0007", groups=("lab",)))
    line, keys = db.lines[-1], dict(db.keys)
    site.desk.write(FactKind.DELETION, subject, None)
    db.away.clear()
    site.door.store.apply(site.door.trust.deletions([db.lines[-1]]), site.door.head)
    db.keys |= keys
    site.door.lie = lambda lines: [line if one.number == line.number else one for one in lines]
    page = site.door.trust.read(site.door.head, [line], site.door.centre.wrapped_keys([subject]))
    site.door.store.apply(list(page.applied), page.head)


# the feed as a whole


@hostile("truncate the feed")
def _(site: Site) -> None:
    del site.lines[-3:]


@hostile("truncate the feed and go on differently")
def _(site: Site) -> None:
    del site.lines[-3:]
    for _ in range(4):
        site.append(draft_of(site, STRANGER, drawn_person(), FactKind.PERSON, 0))


@hostile("drop a line")
def _(site: Site) -> None:
    write_two(site)
    site.door.lie = lambda lines: [line for line in lines if line.number != len(site.lines) - 1]


@hostile("drop a line and renumber")
def _(site: Site) -> None:
    write_two(site)
    last = site.lines[-1]
    site.door.lie = lambda lines: [*lines[:-2], replace(last, number=last.number - 1)]


@hostile("drop a line, renumber and link again")
def _(site: Site) -> None:
    write_two(site)
    before, last = site.lines[-3], site.lines[-1]
    moved = replace(last, number=last.number - 1, previous=link_of(site.fleet, before))
    site.door.lie = lambda lines: [*lines[:-2], moved]


@hostile("reorder two lines")
def _(site: Site) -> None:
    write_two(site)
    one, two = site.lines[-2:]
    site.door.lie = lambda lines: [
        *lines[:-2],
        replace(two, number=one.number),
        replace(one, number=two.number),
    ]


@hostile("give a line of another fleet")
def _(site: Site) -> None:
    site.desk.db.fleet = "0" * 64
    head = site.door.head
    change = draft_of(site, STRANGER, drawn_person(), FactKind.PERSON, 0)
    line = sign_lines("0" * 64, site.desk.id, site.desk.keys.signer, head, [change])
    site.lines.extend(line)


@hostile("put one sealing key in the place of a node's, to be given all keys")
def _(site: Site) -> bool:
    line = site.newest(FactKind.NODE, site.other.id)
    forged = with_body(line, opened_body(line) | {"sealing": site.thief.sealing.hex()})
    site.put(forged)
    site.desk.enrol(MEMBER, drawn_person("2026-0001", groups=("lab", "office")))
    site.honest[FactKind.PERSON, MEMBER] = site.desk.store.content[FactKind.PERSON, MEMBER]
    return any(opens(site, wrapped) for wrapped in site.desk.db.keys.values())


@hostile("ask for keys of people whom a door does not concern")
def _(site: Site) -> bool:
    again = site.desk.trust.wrap_again(
        [(MEMBER, site.other.id), (MEMBER, site.thief.node), (DISABLED, site.other.id)],
        site.desk.centre.wrapped_keys([MEMBER, DISABLED]),
    )
    return bool(again)


@hostile("hand the door a hostile body, key or line of every shape")
def _(site: Site) -> None:
    line = site.lines[-1]
    head = site.desk.db.head()
    huge = base64.b64encode(bytes(10_000_000))
    after = replace(line, number=head.number + 1, previous=head.link)
    for bad in (
        replace(after, body=huge),
        replace(after, subject=""),
        replace(after, subject="x" * 10_000),
        replace(after, audience=("x",) * 10_000),
        replace(after, account="x" * 10_000),
        replace(after, signature=b""),
        replace(after, digest=b""),
        replace(after, version=2**70),
        replace(after, number=2**70),
        replace(after, number=-1),
        replace(after, writer=""),
    ):
        site.lines.append(bad)
        read(site.door, 1)
        site.lines.pop()
    site.desk.db.keys[MEMBER, site.door.id] = WrappedKey(MEMBER, site.door.id, 1, bytes(10))


def opens(site: Site, wrapped: WrappedKey) -> bool:
    """Return whether the thief can open a wrapped key."""
    try:
        site.thief.unwrap(site.fleet, replace(wrapped, node=site.thief.node))
    except Exception:
        return False
    return True


def write_two(site: Site) -> None:
    """Write two lines that the door has not read, and that take rights away."""
    site.desk.db.away.add(site.door.id)
    site.desk.enrol(MEMBER, drawn_person("2026-0001", groups=("lab",), enabled=False))
    site.desk.write(FactKind.RULES, RULES, "[nobody]\n")
    site.desk.db.away.clear()


def read_again(site: Site) -> None:
    """Let the door forget what it has read, and read from the first line."""
    member = site.door.store.member
    assert member is not None
    site.door.store.__init__()  # type: ignore[misc]
    with suppress(FleetError):
        site.door.begin(replace(member, head=FeedHead()))
