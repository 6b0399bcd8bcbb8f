"""The texts of consent on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QTextDocument

from kiosk.app.bootstrap.consent_factory import publish_consent
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.consent_print import CLEARER, POINTS, copy_page, form_page, print_page, style_sheet
from kiosk.cli import main
from kiosk.core.config import Config
from kiosk.core.consent import ConsentTerms
from kiosk.core.errors import StorageError
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.people.subject_access import own_data
from kiosk.ui.consent_text import consent_texts
from tests.helpers.consenting import consenting
from tests.unit.storage.samples import template

TERMS = ConsentTerms("<문지기>대학교", "02-1234-5678", 30, 14)


def sizes(page: str) -> dict[str, float]:
    """Return the size in points of each piece of text of a page."""
    document = QTextDocument()
    document.setDefaultStyleSheet(style_sheet())
    document.setHtml(f"<body>{page}</body>")
    found = {}
    block = document.begin()
    while block.isValid():
        pieces = block.begin()
        while not pieces.atEnd():
            found[pieces.fragment().text()] = pieces.fragment().charFormat().fontPointSize()
            pieces += 1
        block = block.next()
    return found


def test_what_has_to_stand_out_is_larger_on_paper_too(qapp):
    page = form_page(consent_texts("ko", TERMS))
    found = sizes(page)
    assert found["<문지기>대학교\u2028문의: 02-1234-5678"] == POINTS >= 9
    kept = next(size for text, size in found.items() if text.startswith("얼굴 특징정보: 동의를"))
    assert kept == POINTS * CLEARER >= 1.2 * POINTS
    assert page.count("☐") == 2 and "☑" not in page


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    with open_store(folder, Config()) as store:
        publish_consent(store, Config())
        store.people.add_with_templates(consenting("1", "<이산>", local_now()), [template(1)])
    return folder


def test_a_copy_has_the_words_that_were_read(qapp, data):
    with open_store(data) as store:
        person = store.people.by_number("1")
        store.people.withdraw(person.id)
        page = copy_page(own_data(store, person.id, local_now()), "ko")
    assert "&lt;이산&gt;" in page and "[필수]" in page and "[선택]" in page
    assert page.count("철회, 동의문") == 1


def test_pages_are_printed_by_command(data, tmp_path, capsys):
    form, copy = tmp_path / "form.pdf", tmp_path / "copy.pdf"
    assert main(["consent", "print", str(form), "--data-dir", str(data)]) == 0
    words = ["consent", "print", str(copy), "--number", "1", "--data-dir", str(data)]
    assert main(words) == 0
    for file in (form, copy):
        assert file.read_bytes().startswith(b"%PDF") and file.stat().st_mode & 0o777 == 0o600
    words[4] = "77"
    assert main(words) == 2 and "Nobody with student number 77" in capsys.readouterr().err
    assert main(["consent", "print", "--data-dir", str(data)]) == 2
    assert "Name the file" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_one_sentence(qapp, tmp_path):
    with pytest.raises(StorageError, match="choose another file"):
        print_page("<p>x</p>", tmp_path / "none" / "form.pdf", "x")
