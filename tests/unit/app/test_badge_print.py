"""Printing badges, and the commands for badges and cards."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter

from kiosk.access.badges import Badge, BadgeKey
from kiosk.app.badge_print import HEIGHT_MM, WIDTH_MM, BadgeFace, paint_badge
from kiosk.app.bootstrap.badge_factory import badge_key_of
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.cli import main
from kiosk.core.people import Person
from kiosk.vision.detection.code_reader import qr_code
from kiosk.vision.detection.code_search import ZXingCodeSearch


@pytest.fixture
def home(tmp_path: Path) -> Path:
    storage = open_store(tmp_path)
    storage.people.add(Person("2026-1", "홍길동"))
    storage.close()
    return tmp_path


def test_drawn_badge_can_be_read(qapp):
    text = BadgeKey(bytes(32)).issue(datetime(2027, 1, 1, tzinfo=UTC))[0]
    picture = QImage(round(WIDTH_MM * 8), round(HEIGHT_MM * 8), QImage.Format.Format_RGB888)
    painter = QPainter(picture)
    paint_badge(
        painter,
        BadgeFace(
            "지능형 시스템 연구실",
            "제갈공명 아무개 긴이름",
            "2026-1234",
            date(2027, 1, 1),
            qr_code(text),
        ),
        8.0,
    )
    painter.end()
    rows = np.frombuffer(picture.constBits(), np.uint8).reshape(
        picture.height(), picture.bytesPerLine()
    )[:, : picture.width() * 3]
    image = np.ascontiguousarray(rows.reshape(picture.height(), picture.width(), 3))
    assert ZXingCodeSearch(False).look(image).qr == (text,)
    assert (image[:, : (4 * 8)] > 200).mean() > 0.98, "nothing stands at the edge"


def test_printed_badge_identifies_its_owner(home: Path, capsys: pytest.CaptureFixture[str], qapp):
    file = home / "badge.pdf"
    assert (
        main(["people", "badge", "2026-1", str(file), "--days", "30", "--data-dir", str(home)]) == 0
    )
    assert (
        file.read_bytes().startswith(b"%PDF-") and "older ones are void" in capsys.readouterr().out
    )
    storage = open_store(home)
    key = badge_key_of(storage, home)
    assert storage.cards(key.pepper).count(1) == {"badge": 1}
    storage.close()
    text, _ = key.issue(datetime.now(UTC) + timedelta(days=1))
    assert isinstance(key.read(text, datetime.now(UTC)), Badge)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("2026-1",), "Name the file"),
        (("2026-9", "x.pdf"), "Nobody with student number"),
        (("2026-1", "x.pdf", "--days", "0"), "1 to 3650 days"),
        (("2026-1", "/nowhere/x.pdf"), "cannot be written"),
    ],
)
def test_bad_input(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str, qapp
):
    assert main(["people", "badge", *words, "--data-dir", str(home)]) == 2
    assert says in capsys.readouterr().err
    storage = open_store(home)
    assert storage.cards(badge_key_of(storage, home).pepper).count(1) == {}
    storage.close()


def test_card_is_enrolled_at_the_reader(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sys.stdin", io.StringIO("04A1B2C3D4\n"))
    assert main(["people", "card", "2026-1", "--data-dir", str(home)]) == 0
    storage = open_store(home)
    cards = storage.cards(badge_key_of(storage, home).pepper)
    assert cards.owner_of_card("04A1B2C3D4") == 1
    assert main(["people", "card", "2026-1", "--forget", "--data-dir", str(home)]) == 0
    assert cards.owner_of_card("04A1B2C3D4") is None
    storage.close()
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["people", "card", "2026-1", "--data-dir", str(home)]) == 2
    assert "No card was read" in capsys.readouterr().err
