"""Reading codes held to the camera, with blur, noise, rotation and perspective."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
import zxingcpp

from kiosk.access.badges import BadgeKey
from kiosk.core.frames import Frame
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.vision.detection.code_reader import LATEST_S, PAUSE_S, CodeReader, qr_code
from kiosk.vision.detection.code_search import NO_CODES, Codes, ZXingCodeSearch
from tests.helpers.waiting import WAIT_S
from tests.unit.access.test_badges import NOW

TEXT = BadgeKey(bytes(32)).issue(NOW)[0]
EAN = {
    "L": [
        "0001101",
        "0011001",
        "0010011",
        "0111101",
        "0100011",
        "0110001",
        "0101111",
        "0111011",
        "0110111",
        "0001011",
    ],
    "first": [
        "LLLLLL",
        "LLGLGG",
        "LLGGLG",
        "LLGGGL",
        "LGLLGG",
        "LGGLLG",
        "LGGGLL",
        "LGLGLG",
        "LGLGGL",
        "LGGLGL",
    ],
}


def ean13(digits: str) -> np.ndarray:
    """Return the bars of an EAN-13 code (GS1 General Specifications 5.2) with a white margin."""
    right = ["".join("10"[int(bit)] for bit in code) for code in EAN["L"]]
    codes = {"L": EAN["L"], "R": right, "G": [code[::-1] for code in right]}
    sides = EAN["first"][int(digits[0])]
    left = "".join(codes[side][int(d)] for side, d in zip(sides, digits[1:7], strict=True))
    bits = "101" + left + "01010" + "".join(codes["R"][int(d)] for d in digits[7:]) + "101"
    line = np.repeat([255 - 255 * int(bit) for bit in "0" * 11 + bits + "0" * 11], 4).astype(
        np.uint8
    )
    return np.tile(line, (160, 1))


def scene(
    code: np.ndarray, turn: float = 0.0, slant: float = 0.0, blur: float = 0.7, noise: float = 5.0
) -> np.ndarray:
    """Return ``code`` on a card in a grey room as a webcam picture, (480, 640, 3)."""
    height, width = code.shape
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    middle = np.float32([320, 240])
    angle = np.float32([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    placed = (corners - corners.mean(axis=0)) @ angle.T
    placed[:, 1] *= 1 - slant * (placed[:, 0] / width)
    warp = cv2.getPerspectiveTransform(corners, (placed + middle).astype(np.float32))
    room = np.full((480, 640), 110, np.uint8)
    cv2.warpPerspective(code, warp, (640, 480), room, borderMode=cv2.BORDER_TRANSPARENT)
    grey = cv2.GaussianBlur(room, (0, 0), blur) + np.random.default_rng(1).normal(
        0, noise, room.shape
    )
    return cv2.cvtColor(grey.clip(0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)


def card(scale: int = 5) -> np.ndarray:
    return np.kron(np.where(qr_code(TEXT), 0, 255), np.ones((scale, scale))).astype(np.uint8)


@pytest.mark.parametrize(
    ("turn", "slant", "blur", "noise", "scale"),
    [
        (0, 0, 0.7, 5, 6),
        (0.2, 0, 0.7, 5, 5),
        (-0.5, 0.1, 0.7, 5, 5),
        (1.57, 0, 0.7, 5, 5),
        (0.1, 0.2, 1.0, 8, 6),
        (0, 0, 0.5, 5, 4),
    ],
)
def test_a_badge_is_read(turn: float, slant: float, blur: float, noise: float, scale: int):
    assert ZXingCodeSearch(False).look(scene(card(scale), turn, slant, blur, noise)).qr == (TEXT,)


def test_a_badge_in_dark_mode_is_read():
    assert ZXingCodeSearch(False).look(255 - scene(card(5), 0.2)).qr == (TEXT,)


def test_all_codes_in_view_are_read_the_largest_first():
    small, large = (
        np.kron(np.where(qr_code(text), 0, 255), np.ones((side, side))).astype(np.uint8)
        for text, side in (("WIFI:S:lab;;", 4), (TEXT, 6))
    )
    picture = np.full((480, 640), 110, np.uint8)
    picture[20 : 20 + len(small), 20 : 20 + len(small)] = small
    picture[200 : 200 + len(large), 300 : 300 + len(large)] = 255 - large
    assert ZXingCodeSearch(True).look(picture).qr == (TEXT, "WIFI:S:lab;;")


def test_a_bar_code_in_dark_mode_and_beside_a_badge_is_read():
    bars = scene(ean13("2026123400013"), blur=0.5, noise=3)
    assert ZXingCodeSearch(True).look(255 - bars).bar == ("2026123400013",)
    both = np.vstack([bars, scene(card(5))])
    assert ZXingCodeSearch(True).look(both) == Codes((TEXT,), ("2026123400013",))


def test_a_upc_code_has_the_twelve_digits_that_card_readers_send():
    picture = scene(ean13("0036000291452"), blur=0.5, noise=3)
    assert ZXingCodeSearch(True).look(picture).bar == ("036000291452",)


@pytest.mark.parametrize("kind", ["Code128", "Code39"])
def test_bar_codes_of_student_cards_are_read(kind: str):
    made = zxingcpp.create_barcode("A20261234", getattr(zxingcpp.BarcodeFormat, kind))
    bars = np.array(made.to_image(scale=2, add_quiet_zones=True))
    bars = np.tile(bars[len(bars) // 2], (120, 1))
    assert ZXingCodeSearch(True).look(scene(bars, blur=0.5, noise=3)).bar == ("A20261234",)


def test_a_bar_code_is_read_only_if_enabled():
    picture = scene(ean13("2026123400013"), blur=0.5, noise=3)
    assert ZXingCodeSearch(True).look(picture).bar == ("2026123400013",)
    assert ZXingCodeSearch(False).look(picture) == NO_CODES


def test_a_face_and_an_empty_room_hold_no_code():
    search = ZXingCodeSearch(True)
    for picture in (
        np.ascontiguousarray(draw_person(CAST[0].looks)),
        np.zeros((480, 640, 3), np.uint8),
        np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8),
    ):
        assert search.look(picture) == NO_CODES


class Search:
    """Answers what it is told to, and notes which frames it was given."""

    def __init__(self, *answers: Codes | OSError | None) -> None:
        self.answers = list(answers)
        self.seen: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.closed = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def look(self, image: np.ndarray) -> Codes | None:
        self.seen.put(int(image[0, 0, 0]))
        self.go_on.wait(WAIT_S)
        answer = self.answers.pop(0) if self.answers else NO_CODES
        if isinstance(answer, OSError):
            raise answer
        return answer

    def close(self) -> None:
        self.closed.set()
        self.go_on.set()


class Reader:
    """A reader whose rests are noted and not taken."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.rested: queue.SimpleQueue[float] = queue.SimpleQueue()
        self.reader = CodeReader(0.25, search)
        self.reader._closed.wait = self.rested.put

    def read(self, number: int, at: float) -> Codes:
        return self.reader.read(Frame(np.full((4, 4, 3), number, np.uint8), at, number))


@pytest.fixture
def reader_of() -> Iterator[Callable[[Search], Reader]]:
    made: list[Reader] = []

    def make(search: Search) -> Reader:
        made.append(Reader(search))
        return made[-1]

    yield make
    for one in made:
        one.reader.close()


FOUND = Codes((TEXT,))
ReaderOf = Callable[[Search], Reader]


def test_what_a_search_finds_is_returned_once_with_a_later_frame(reader_of: ReaderOf):
    reader = reader_of(Search(FOUND))
    assert reader.read(1, 10.0) == NO_CODES, "nobody waits for a search"
    assert reader.rested.get(timeout=WAIT_S) == 0.0
    assert [reader.read(2, 10.1), reader.read(3, 10.2)] == [FOUND, NO_CODES]


def test_looks_respect_the_interval(reader_of: ReaderOf):
    reader = reader_of(Search())
    for number, at in enumerate((10.0, 10.1, 10.24, 10.25, 10.4)):
        reader.read(number, at)
        if number in (0, 3):
            assert reader.search.seen.get(timeout=WAIT_S) == number
            reader.rested.get(timeout=WAIT_S)
    assert reader.search.seen.empty()


def test_a_search_that_hangs_makes_nobody_wait_and_goes_on_with_the_newest_frame(
    reader_of: ReaderOf,
):
    reader = reader_of(Search())
    reader.search.go_on.clear()
    reader.read(1, 10.0)
    assert reader.search.seen.get(timeout=WAIT_S) == 1
    for number in (2, 3, 4):
        assert reader.read(number, 10.0 + number) == NO_CODES
    reader.search.go_on.set()
    assert reader.search.seen.get(timeout=WAIT_S) == 4


@pytest.mark.parametrize(("age_s", "codes"), [(LATEST_S, FOUND), (LATEST_S + 0.01, NO_CODES)])
def test_a_code_that_was_shown_too_long_ago_counts_for_nothing(
    reader_of: ReaderOf, age_s: float, codes: Codes
):
    reader = reader_of(Search(FOUND))
    reader.read(1, 10.0)
    reader.rested.get(timeout=WAIT_S)
    assert reader.read(2, 10.0 + age_s) == codes


def test_after_a_search_that_was_cut_short_the_reader_rests(reader_of: ReaderOf):
    reader = reader_of(Search(None, NO_CODES))
    rests = []
    for number in range(2):
        reader.read(number, 10.0 + number)
        rests.append(reader.rested.get(timeout=WAIT_S))
    assert rests == [PAUSE_S, 0.0]


def test_the_log_says_once_a_minute_that_searches_are_cut_short(
    reader_of: ReaderOf, caplog: pytest.LogCaptureFixture
):
    reader = reader_of(Search(*[None] * 4))
    for number, at in enumerate((10.0, 40.0, 69.5, 70.0)):
        reader.read(number, at)
        reader.rested.get(timeout=WAIT_S)
    assert [record.getMessage()[:19] for record in caplog.records] == ["a search for codes "] * 2


def test_a_search_that_fails_again_and_again_is_tried_ever_less_often(reader_of: ReaderOf):
    reader = reader_of(Search(*[OSError("no process")] * 8, NO_CODES, OSError("again")))
    rests = []
    for number in range(10):
        reader.read(number, 10.0 + number)
        rests.append(reader.rested.get(timeout=WAIT_S))
    assert rests == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 0.0, PAUSE_S]


def test_closing_ends_the_thread_in_the_middle_of_a_search(reader_of: ReaderOf):
    reader = reader_of(Search())
    reader.search.go_on.clear()
    reader.read(1, 10.0)
    reader.search.seen.get(timeout=WAIT_S)
    reader.reader.close()
    assert reader.search.closed.is_set() and not reader.reader._thread.is_alive()


def test_a_text_longer_than_any_badge_is_ignored():
    text = "x" * 300
    picture = np.kron(np.where(qr_code(text), 0, 255), np.ones((5, 5))).astype(np.uint8)
    assert ZXingCodeSearch(False).look(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)).qr == ()
