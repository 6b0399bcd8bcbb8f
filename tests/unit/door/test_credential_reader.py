"""A badge, a card and a bar code at the door."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from kiosk.access.badges import BadgeKey
from kiosk.access.policy.engine import PolicyEngine
from kiosk.access.policy.rules import AccessPolicy, AuthRequirement
from kiosk.app.bootstrap.badge_factory import SiteBadges
from kiosk.core.decisions import Mode, Outcome, Reason
from kiosk.core.door_state import DoorState
from kiosk.core.errors import StorageError
from kiosk.core.frames import Frame
from kiosk.door.claims import Next
from kiosk.door.credential_reader import CredentialReader
from kiosk.door.frame_engine import CodeInput, EngineHooks
from kiosk.door.recent_codes import AGAIN_S, HELD_S
from tests.helpers.access import MemoryAudit
from tests.helpers.door import NOW, Door
from tests.unit.door.test_frame_engine import Bench as EngineBench

KEY = BadgeKey(bytes(32))


FRAME = Frame(np.zeros((4, 4, 3), np.uint8), 1.0, 0)


class Camera:
    """Sees one QR code."""

    def __init__(self, text: str) -> None:
        self.qr = (text,)
        self.bar = ()

        self.closed = False

    def read(self, frame: Frame) -> Camera:
        return self

    def close(self) -> None:
        self.closed = True


class Cards:
    def __init__(self) -> None:
        self.cards: dict[str, int] = {"04A1B2C3D4": 1, "2026123400013": 2}
        self.badges: dict[bytes, int] = {}
        self.broken = False

    def owner_of_card(self, code: str) -> int | None:
        if self.broken:
            raise StorageError("The database does not answer.")
        return self.cards.get(code)

    def owner_of_badge(self, serial: bytes) -> int | None:
        return self.badges.get(serial)


class Bench:
    def __init__(self, way: AuthRequirement = AuthRequirement.CARD_FACE) -> None:
        policy = PolicyEngine(AccessPolicy(way=way), MemoryAudit().record)
        self.door = Door(policy=policy)
        self.cards = Cards()
        self.reader = CredentialReader(
            self.door.service, self.door.people, SiteBadges(KEY), self.cards, lambda: NOW
        )

    def badge(self, person_id: int, until: datetime = NOW + timedelta(days=1)) -> str:
        text, serial = KEY.issue(until)
        self.cards.badges[serial] = person_id
        return text


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_card_taken_away_while_its_owner_is_looked_up_claims_nothing(bench: Bench):
    owners = iter([1, None])
    bench.cards.owner_of_card = lambda code: next(owners)
    assert bench.reader.card("04A1B2C3D4", bench.door.now).next is Next.NOTHING
    assert bench.door.service.view(bench.door.now).mode is Mode.IDENTIFY
    bench.door.see(1, 1.0)
    assert bench.door.last.reason is Reason.CARD_NEEDED


def test_card_whose_owner_cannot_be_looked_up_again_claims_nothing(bench: Bench):
    def owner(code: str) -> int:
        if bench.cards.broken:
            raise StorageError("The database does not answer.")
        bench.cards.broken = True
        return 1

    bench.cards.owner_of_card = owner
    assert bench.reader.card("04A1B2C3D4", bench.door.now).next is Next.NOTHING
    assert bench.door.service.state is DoorState.OUT_OF_SERVICE


def test_change_after_the_card_was_shown_is_noticed_at_the_row(bench: Bench):
    basis = bench.door.people.basis(1)
    bench.reader.card("04A1B2C3D4", bench.door.now)
    bench.door.people.stored[1] = replace(bench.door.people.stored[1], name="이산")
    bench.door.see(1, 1.0)
    assert bench.door.log.bases == [basis] != [bench.door.people.basis(1)]


def test_a_badge_and_its_owners_face_open(bench: Bench):
    bench.reader.seen([bench.badge(2)], [], bench.door.now)
    assert bench.door.service.view(bench.door.now).mode is Mode.VERIFY
    bench.door.see(2, 1.0)
    assert bench.door.last.outcome is Outcome.ACCEPT and bench.door.last.person_number == "2026-2"


def test_a_badge_with_somebody_elses_face_does_not(bench: Bench):
    bench.reader.seen([bench.badge(2)], [], bench.door.now)
    bench.door.see(1, 5.0)
    assert bench.door.last.reason is Reason.NOT_THE_CLAIMED_PERSON and bench.door.lock.opened == 0


def test_a_badge_alone_opens_nothing(bench: Bench):
    bench.reader.seen([bench.badge(2)], [], bench.door.now)
    bench.door.see(None, 30.0)
    assert bench.door.decisions == [] and bench.door.lock.opened == 0


@pytest.mark.parametrize("change", ["forged", "expired", "replaced", "of somebody deleted"])
def test_a_badge_that_is_not_good_is_rejected_and_logged(bench: Bench, change: str):
    text = bench.badge(2, NOW if change == "expired" else NOW + timedelta(days=1))
    if change == "forged":
        text = text[:-2] + ("AA" if not text.endswith("AA") else "BA")
    if change == "replaced":
        bench.cards.badges.clear()
    if change == "of somebody deleted":
        bench.door.people.stored.clear()
    bench.reader.seen([text], [], bench.door.now)
    assert bench.door.last.reason is (Reason.BAD_CODE if change == "forged" else Reason.OLD_CODE)
    assert bench.door.log.rows[-1].outcome is Outcome.REJECT and bench.door.lock.opened == 0


def test_a_badge_still_held_to_the_camera_is_taken_once(bench: Bench):
    text = bench.badge(2, NOW)
    for step in range(20):
        bench.reader.seen([text], [], bench.door.now + step * 0.25)
    assert len(bench.door.decisions) == 1
    bench.door.now += 5 + AGAIN_S
    bench.reader.seen([text], [], bench.door.now)
    assert len(bench.door.decisions) == 2


FORGED = "MNJ1." + "A" * 48
"""Has the form of a badge."""


def test_a_badge_beside_other_codes_counts(bench: Bench):
    text = bench.badge(2)
    for qr in (["https://example.org", text], [FORGED, text], [text, FORGED]):
        bench.reader.seen(qr, ["4006381333931"], bench.door.now)
        bench.door.see(2, 1.0)
        assert bench.door.last.accepted and bench.door.last.person_number == "2026-2", qr
        bench.door.see(None, AGAIN_S + 3)
    assert len(bench.door.decisions) == 3, "nothing was rejected beside it"


def test_a_code_that_hangs_in_view_is_rejected_once_and_badges_count_beside_it(bench: Bench):
    text, old = bench.badge(2), bench.badge(1, NOW)
    for step in range(20):
        bench.reader.seen([FORGED, old], [], bench.door.now + step * 0.25)
    assert [decision.reason for decision in bench.door.decisions] == [Reason.BAD_CODE]
    bench.door.see(None, 5.0)
    bench.reader.seen([FORGED, old, text], [], bench.door.now)
    bench.door.see(2, 1.0)
    assert bench.door.last.accepted


def test_the_badge_held_nearest_counts_while_it_is_in_view(bench: Bench):
    mine, behind = bench.badge(2), bench.badge(1)
    for qr in ([mine, behind], [behind, mine], [mine, behind]):
        bench.reader.seen(qr, ["2026123400013"], bench.door.now)
        bench.door.see(None, 0.25)
    bench.door.see(2, 1.0)
    assert bench.door.last.accepted and bench.door.last.person_number == "2026-2"
    bench.door.see(None, AGAIN_S)
    bench.reader.seen([behind], [], bench.door.now)
    bench.door.see(1, 1.0)
    assert bench.door.last.person_number == "2026-1", "the other one, once alone"


def test_a_genuine_badge_left_before_the_camera_keeps_nobody_elses_out(bench: Bench):
    left, mine = bench.badge(1), bench.badge(2)
    for _ in range(2 * int(HELD_S)):
        bench.reader.seen([left], [], bench.door.now)
        bench.door.see(None, 0.75)
    decided = len(bench.door.decisions)
    bench.reader.seen([left, mine], [], bench.door.now)
    bench.door.see(2, 1.0)
    assert len(bench.door.decisions) == decided + 1
    assert bench.door.last.accepted and bench.door.last.person_number == "2026-2"


def test_a_bar_code_beside_a_badge_does_not_weaken_its_claim(bench: Bench):
    bench.reader.seen([bench.badge(2)], ["2026123400013"], bench.door.now)
    bench.door.see(2, 1.0)
    assert bench.door.last.accepted, "the card was needed, and the badge is one"


def test_of_several_bar_codes_the_registered_one_counts():
    bench = Bench(AuthRequirement.NUMBER_FACE)
    bench.reader.seen([], ["4006381333931", "2026123400013"], bench.door.now)
    bench.door.see(2, 1.0)
    assert bench.door.last.accepted


def test_other_codes_are_not_noticed(bench: Bench):
    for text in ("https://example.org", "WIFI:S:lab;;", "2026-1"):
        bench.reader.seen([text], [], 0.0)
    bench.reader.seen([], ["4006381333931"], 0.0)
    assert bench.door.decisions == [] and bench.door.service.state is DoorState.IDLE


def test_a_card_and_its_owners_face_open_and_an_unknown_card_is_said(bench: Bench):
    bench.reader.card("04A1B2C3D4", bench.door.now)
    bench.door.see(1, 1.0)
    assert bench.door.last.accepted
    bench.door.see(None, 8.0)
    bench.reader.card("FFFFFFFF", bench.door.now)
    assert bench.door.last.reason is Reason.UNKNOWN_CARD


def test_a_card_that_is_left_on_the_reader_counts_once(bench: Bench):
    for step in range(40):
        bench.reader.card("FFFFFFFF", bench.door.now + step * 0.25)
    assert [decision.reason for decision in bench.door.decisions] == [Reason.UNKNOWN_CARD]
    bench.door.now += 10 + AGAIN_S
    bench.reader.card("FFFFFFFF", bench.door.now)
    assert len(bench.door.decisions) == 2


def waiting(bench: Bench) -> None:
    """Let unknown cards be shown until faces alone have to wait."""
    for number in range(5):
        bench.reader.card(f"F{number}", bench.door.now)
        bench.door.see(None, 4.0)
    assert bench.door.service.state is DoorState.LOCKED_OUT


def test_a_member_with_a_card_comes_in_although_strangers_were_rejected(bench: Bench):
    waiting(bench)
    bench.reader.card("04A1B2C3D4", bench.door.now)
    bench.door.see(1, 1.0)
    assert bench.door.last.accepted and bench.door.last.person_number == "2026-1"


def test_cards_are_guessed_slowly_while_faces_wait(bench: Bench):
    waiting(bench)
    rows = len(bench.door.decisions)
    looked_up: list[str] = []
    bench.cards.owner_of_card = lambda code: looked_up.append(code)
    for number in range(50):
        bench.reader.card(f"E{number}", bench.door.now + 0.1 * number)
    assert len(looked_up) == 2 and len(bench.door.decisions) == rows


def test_a_bar_code_is_a_number_but_no_card():
    for way, opens in ((AuthRequirement.CARD_FACE, False), (AuthRequirement.NUMBER_FACE, True)):
        bench = Bench(way)
        bench.reader.seen([], ["2026123400013"], bench.door.now)
        bench.door.see(2, 1.0)
        assert bench.door.last.accepted is opens and bench.door.last.person_number == "2026-2"


def test_without_the_database_nothing_is_claimed(bench: Bench):
    bench.cards.broken = True
    bench.reader.card("04A1B2C3D4", bench.door.now)
    assert bench.door.service.state is DoorState.OUT_OF_SERVICE and bench.door.lock.opened == 0


def test_while_the_door_is_paused_nothing_counts(bench: Bench):
    bench.door.service.pause(bench.door.now)
    bench.reader.card("FFFFFFFF", bench.door.now)
    bench.reader.seen([bench.badge(2)], [], bench.door.now)
    bench.door.service.resume(bench.door.now)
    assert (
        bench.door.decisions == [] and bench.door.service.view(bench.door.now).mode is Mode.IDENTIFY
    )


def test_a_badge_whose_owner_needs_a_pin_asks_for_it_and_the_door_waits():
    bench = Bench()
    bench.door.claims._asks_pin = lambda person: True
    bench.door.pins.set(2, "482915")
    asked = []
    engine = EngineBench(
        hooks=EngineHooks(on_pin=asked.append),
        codes=CodeInput(bench.reader, Camera(bench.badge(2))),
    ).engine
    engine.door = bench.door.service
    engine._read_codes(FRAME, 1.0)
    assert [claim.person.number for claim in asked] == [
        "2026-2"
    ] and bench.door.service.state is DoorState.PAUSED
    assert engine.enter_pin("482915", 2.0).next is Next.FACE
    bench.door.now = 2.0
    bench.door.see(2, 1.0)
    assert bench.door.last.accepted
    bench.door.see(None, 8.0)
    bench.cards.cards["0011223344"] = 2
    engine.card("0011223344", bench.door.now)
    assert len(asked) == 2 and bench.door.service.state is DoorState.PAUSED


def test_a_closed_engine_ends_the_search_for_codes(bench: Bench):
    camera = Camera("")
    engine = EngineBench(codes=CodeInput(bench.reader, camera)).engine
    assert not camera.closed
    engine.close()
    assert camera.closed
    EngineBench(codes=CodeInput(bench.reader)).engine.close()


def test_many_forged_badges_pause_the_door(bench: Bench):
    states = set()
    for number in range(12):
        forged = KEY.issue(NOW + timedelta(days=1))[0][:-1] + "!" + str(number)
        bench.reader.seen([forged], [], bench.door.now)
        bench.door.see(None, 5.0)
        states.add(bench.door.service.state)
    assert DoorState.LOCKED_OUT in states and len(bench.door.decisions) < 12
