"""Somebody who took a door without staff out of the wall, keys and all, and owns the database too.

The stolen door is ``site.other``. It was admitted, so its signatures are genuine; each function of
``STOLEN`` tries to get more from that than the door's own people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiosk.core.fleet import EVERYBODY, Draft, FactKind, FeedHead, FleetAccount
from kiosk.fleet.trust.feed_lines import link_of, sign_lines
from kiosk.fleet.trust.lease_clock import advanced
from kiosk.fleet.trust.orders import DoorOrder, OrderKind
from kiosk.storage.crypto.aead import SealBroken
from tests.helpers.fleet_nodes import START, MemoryNode, drawn_person
from tests.helpers.hostile_fleet import (
    ADMIN,
    DISABLED,
    MEMBER,
    RULES,
    STRANGER,
    Site,
    draft_of,
    read,
)

Theft = Callable[[Site], object]
STOLEN: dict[str, Theft] = {}


def theft(name: str) -> Callable[[Theft], Theft]:
    """Add the decorated function to ``STOLEN``."""

    def add(run: Theft) -> Theft:
        STOLEN[name] = run
        return run

    return add


def signed(site: Site, draft: Draft) -> None:
    """Append a line that the stolen door signs under its own name."""
    site.append(draft, site.other.keys, site.other.id)


@theft("write every kind of fact")
def _(site: Site) -> None:
    head = len(site.lines)
    for draft in (
        draft_of(site, STRANGER, drawn_person(), FactKind.PERSON, 0),
        draft_of(site, ADMIN, FleetAccount("kim", "admin", True, "x", START), FactKind.ACCOUNT, 1),
        draft_of(site, RULES, "[everybody]\n", FactKind.RULES, 1),
        draft_of(
            site,
            "5" * 32,
            DoorOrder(OrderKind.OPEN_ONCE, (site.door.id,)).content(),
            FactKind.ORDER,
            0,
        ),
        Draft(FactKind.DELETION, MEMBER, 0, (EVERYBODY,), b'{"gone":true,"v":1}', START),
    ):
        signed(site, draft)
        read(site.door)
        del site.lines[head:]


@theft("give itself staff, another group or another name")
def _(site: Site) -> bool:
    head = len(site.lines)
    document = site.desk.trust.ring(site.desk.head).nodes[site.other.id].document
    for change in ({"staff": True}, {"groups": ("lab", "office")}, {"name": "desk"}):
        body = replace(document, **change).body()  # type: ignore[arg-type]
        signed(site, Draft(FactKind.NODE, site.other.id, 1, (EVERYBODY,), body, START))
        read(site.desk)
        del site.lines[head:]
    return site.desk.trust.ring(site.desk.head).nodes[site.other.id].document != document


@theft("be given keys of people of other groups")
def _(site: Site) -> bool:
    site.desk.db.groups[site.other.id] = frozenset({EVERYBODY})
    site.settle()
    wrapped = site.desk.trust.wrap_again(
        [(MEMBER, site.other.id), (DISABLED, site.other.id)],
        site.desk.centre.wrapped_keys([MEMBER, DISABLED]),
    )
    held = any((subject, site.other.id) in site.desk.db.keys for subject in (MEMBER, DISABLED))
    return bool(wrapped) or held


@theft("open keys that were sealed for the other door")
def _(site: Site) -> bool:
    for wrapped in list(site.desk.db.keys.values()):
        if wrapped.node == site.door.id:
            try:
                site.other.trust.keys.unwrap(site.fleet, replace(wrapped, node=site.other.id))
            except SealBroken:
                continue
            return True
    return False


@theft("keep the other door's lease alive while the desk is hidden from it")
def _(site: Site) -> bool:
    minute(site.desk, site.door, site.other, times=3)
    for _ in range(90):
        minute(site.other, site.door)
        site.desk.db.beats.pop(site.desk.id, None)
    member = site.door.store.member
    assert member is not None and member.lease is not None
    return advanced(member.lease, site.door.time()).used_s < 3600


@theft("read what is written after its revocation")
def _(site: Site) -> bool:
    site.desk.enrol(STRANGER, drawn_person("2026-0004", groups=("office",)))
    read(site.other)
    site.desk.revoke(site.other)
    site.desk.enrol(STRANGER, drawn_person("2026-0004", groups=("office",), name="new"))
    site.settle()
    site.honest = dict(site.door.store.content)
    key = site.desk.db.keys.get((STRANGER, site.other.id))
    secrets = site.desk.trust.secrets
    assert secrets is not None and site.other.trust.secrets is not None
    return (key is not None and key.generation > 1) or secrets.logs == site.other.trust.secrets.logs


@theft("go on after its revocation")
def _(site: Site) -> None:
    site.desk.revoke(site.other)
    document = site.desk.trust.ring(site.desk.head).nodes[site.other.id].document
    site.settle()
    site.honest = dict(site.door.store.content)
    back = replace(document, revoked=False, sealing=site.thief.sealing).body()
    signed(site, Draft(FactKind.NODE, site.other.id, 2, (EVERYBODY,), back, START))


@theft("sign after a forged line whose body is shown later")
def _(site: Site) -> None:
    person = draft_of(site, STRANGER, drawn_person(), FactKind.PERSON, 0)
    (line,) = sign_lines(site.fleet, site.desk.id, site.thief.signer, site.desk.db.head(), [person])
    forged = replace(line, signature=bytes(64))
    after = FeedHead(forged.number, link_of(site.fleet, forged))
    own = site.desk.trust.ring(site.desk.head).nodes[site.other.id].document
    sealing = replace(own, sealing=site.thief.sealing).body()
    draft = Draft(FactKind.NODE, own.node, 1, (EVERYBODY,), sealing, START)
    signer = site.other.keys.signer
    site.lines.extend([forged, *sign_lines(site.fleet, own.node, signer, after, [draft])])
    site.door.lie = lambda lines: [
        replace(line, body=None) if line.subject == STRANGER else line for line in lines
    ]
    read(site.door)
    site.door.lie = lambda lines: lines


@theft("sign another line in the place of one of its own")
def _(site: Site) -> None:
    line = next(one for one in site.lines if one.writer == site.desk.id and one.number > 4)
    head = replace(site.door.head, number=line.number - 1, link=line.previous)
    draft = draft_of(site, STRANGER, drawn_person(), FactKind.PERSON, 0)
    site.put(sign_lines(site.fleet, site.other.id, site.other.keys.signer, head, [draft])[0])


def minute(*nodes: MemoryNode, times: int = 1) -> None:
    """Let a minute pass at each node, with one round."""
    for _ in range(times):
        for node in nodes:
            node.time.advance(59)
            read(node, 1)
