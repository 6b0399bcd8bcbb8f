"""Every screen on every glass: nothing cut off, covered, out of reach or too small for a finger.

The screens and their states are those of ``scripts/screenshots/``; a state that is added there is
checked here.
"""

from __future__ import annotations

import os
from itertools import product

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from kiosk.core.frames import Face
from kiosk.core.languages import language_codes
from kiosk.ui.i18n import language
from kiosk.ui.theme import GLASS, TEXT_SCALES, theme
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import ElidedLabel, Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.scrolling import scroll_area
from scripts.screenshots.door_pictures import shoot_door
from scripts.screenshots.staff_pictures import shoot_staff
from scripts.screenshots.studio import Studio
from tests.helpers.field_checks import FieldChecks
from tests.helpers.fit_checks import problems
from tests.ui.conftest import face_at

SIZES = ((800, 480), (1024, 600), (1280, 800), (1920, 1080), (1080, 1920), (3840, 2160))
EVERY = tuple(product(SIZES, ("ko", "en"), TEXT_SCALES))
SAMPLE = (
    ((800, 480), "en", 1.0),
    ((1024, 600), "ko", 1.0),
    ((1280, 800), "en", 1.5),
    ((1920, 1080), "ko", 1.0),
    ((1080, 1920), "en", 1.0),
    ((3840, 2160), "ko", 1.0),
)
"""Every size, both languages and all text sizes. `make glass` looks at every combination."""
ROUNDS = 6
"""Rounds of events until nested layouts have settled."""


def settle() -> None:
    for _ in range(ROUNDS):
        QApplication.processEvents()


@pytest.fixture(scope="module")
def inspector(qapp: QApplication, tmp_path_factory):
    class Inspector(Studio):
        """Looks at each screen instead of drawing it."""

        def look(self, size: tuple[int, int]) -> list[str]:
            self.found: list[str] = []
            self.looked = 0
            self.fields = FieldChecks(self.window, settle)
            self.size = size
            self.window.resize(*size)
            shoot_door(self)
            shoot_staff(self)
            return self.found

        def face_in(self, _picture: np.ndarray) -> Face:
            return face_at(240, 140)

        def shoot_as_it_is(self, name: str, _size: tuple[int, int]) -> None:
            settle()
            self.looked += 1
            self.found += [f"{name}: {problem}" for problem in problems(self.window)]
            if self.window.size() != QSize(*self.size):
                self.found.append(f"{name}: the window is {self.window.size().toTuple()}")
            if not self.keyboard:  # the picture with the keyboard has it shown already
                self.keyboard = True
                self.found += [f"{name}: {problem}" for problem in self.fields.hidden()]
                self.keyboard = False

    made = Inspector(tmp_path_factory.mktemp("pictures"))
    made.window.setUpdatesEnabled(False)  # laid out, not painted
    yield made
    made.window.close()


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QTest, "qWait", lambda _ms: settle())
    theme().reduced_motion = True


@pytest.mark.parametrize(
    ("size", "code", "text_scale"), EVERY if os.environ.get("EVERY_GLASS") else SAMPLE
)
def test_every_screen_fits(inspector, size: tuple[int, int], code: str, text_scale: float):
    """Nothing is cut off, and the on-screen keyboard hides no field that is typed into."""
    language().use(code)
    theme().text_scale = text_scale
    assert inspector.look(size) == []
    assert inspector.looked >= 40 and inspector.fields.touched >= 30


def test_the_sample_covers_each_size_language_and_text_size():
    sizes, codes, scales = (set(values) for values in zip(*SAMPLE, strict=True))
    assert sizes == set(SIZES) and codes == set(language_codes()) and scales <= set(TEXT_SCALES)


class TestChecks:
    """Each check finds its fault."""

    @pytest.fixture
    def page(self, qtbot) -> QWidget:
        theme().set_glass(*GLASS)
        made = QWidget()
        qtbot.addWidget(made)
        made.resize(400, 300)
        return made

    def found(self, page: QWidget) -> str:
        page.show()
        settle()
        return "\n".join(problems(page))

    def test_nothing_to_find(self, page):
        label = Label("", wrap=True)
        label.set_text("Look at the camera")
        page.setLayout(column(label, row(Button("common.back"), Button("common.cancel")), None))
        assert self.found(page) == ""

    @pytest.mark.parametrize("wrap", [False, True])
    def test_a_label_too_wide(self, page, wrap: bool):
        label = Label("", wrap=wrap)
        label.set_text("An-unbreakable-word-that-is-too-wide".replace("-", "_"))
        label.setFixedWidth(60)
        page.setLayout(column(label, None))
        assert self.found(page).startswith("cut: Label")

    def test_a_label_too_low(self, page):
        label = Label("", wrap=True)
        label.set_text("word " * 100)
        label.setFixedHeight(40)
        page.setLayout(column(label, None))
        assert self.found(page).startswith("cut: Label")

    def test_an_elided_label_of_which_nothing_is_left(self, page):
        label = ElidedLabel("", name="who")
        label.set_text("홍길동")
        label.setFixedWidth(8)
        page.setLayout(column(label, None))
        assert self.found(page).startswith("cut: ElidedLabel who")

    def test_a_button_too_narrow(self, page):
        button = Button("common.cancel")
        button.setFixedWidth(50)
        page.setLayout(column(button, None))
        assert self.found(page).startswith("cut: Button common.cancel")

    def test_a_button_too_small_for_a_finger(self, page):
        button = Button("", icon="cross", name="tiny")
        button.setFixedSize(30, 30)
        page.setLayout(column(button, None))
        assert self.found(page).startswith("small: Button tiny")

    def test_a_widget_over_another(self, page):
        one, other = QLabel("one"), QLabel("two")
        page.setLayout(column(one, other))
        page.show()
        settle()
        other.setGeometry(one.geometry())
        assert "covered: QLabel" in "\n".join(problems(page))

    def test_a_widget_outside_its_parent(self, page):
        label = QLabel("far", page)
        label.setGeometry(390, 10, 200, 40)
        assert "outside: QLabel" in self.found(page)

    def test_content_that_scrolls_sideways(self, page):
        content = QWidget()
        content.setMinimumWidth(900)
        page.setLayout(column(scroll_area(content)))
        assert "sideways: " in self.found(page)
