"""Lengths and type follow the glass and the text size."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from kiosk.core.view_models import DoorView
from kiosk.ui.fitting import fit, rescale
from kiosk.ui.main_window import MainWindow
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import (
    SIZES,
    TOUCH,
    TOUCH_FLOOR,
    font,
    px,
    spacing,
    style_sheet,
    text_px,
    theme,
    touch,
    type_size,
)
from kiosk.ui.widgets.appearance_switches import TextSizeSwitch
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.overflow_area import OverflowArea
from kiosk.ui.widgets.scrolling import scroll_area


@pytest.mark.parametrize(
    ("size", "glass"),
    [
        ((800, 480), 0.6),
        ((480, 800), 0.6),
        ((1024, 600), 0.75),
        ((1280, 800), 1.0),
        ((800, 1280), 1.0),
        ((1366, 768), 0.95),
        ((1920, 1080), 1.35),
        ((1080, 1920), 1.35),
        ((3840, 2160), 2.7),
        ((320, 240), 0.6),
        ((20_000, 20_000), 4.0),
    ],
)
def test_the_scale_of_a_glass(size: tuple[int, int], glass: float):
    theme().set_glass(*size)
    assert theme().glass == pytest.approx(glass)
    assert theme().portrait == (size[1] > size[0])


def test_type_stays_readable_and_targets_stay_touchable_on_a_small_glass():
    theme().set_glass(800, 480)
    assert [type_size(size) for size in SIZES] == [13, 14, 16, 20, 28, 38]
    assert touch(TOUCH) == TOUCH_FLOOR
    assert spacing(3) == 14
    assert f"min-height: {TOUCH_FLOOR - 2}px" in style_sheet(theme().tokens)


def test_text_size_moves_type_and_widths_of_text_only():
    theme().text_scale = 2.0
    assert font(20).pixelSize() == 40
    assert (text_px(100), px(100), spacing(2)) == (200, 100, 16)


@pytest.fixture
def screen(qtbot) -> Screen:
    made = Screen("page")
    made.label = Label("", size=28)
    made.button = Button("common.back", "primary", "back")
    made.plain = fit(QLabel(), min_width=100, max_height=40)
    made.grid = fit(QGridLayout(), across=2, margin=1, left=3)
    made.setLayout(column(made.label, 4, row(made.button, made.plain), made.grid, gap=2, margin=3))
    qtbot.addWidget(made)
    made.show()
    return made


def lengths(screen: Screen) -> list[object]:
    return [
        screen.label.font().pixelSize(),
        screen.label.minimumHeight() >= screen.label.fontMetrics().lineSpacing(),
        screen.button.minimumSizeHint().height(),
        screen.button.iconSize(),
        screen.plain.minimumWidth(),
        screen.plain.maximumHeight(),
        screen.layout().spacing(),
        screen.layout().contentsMargins().left(),
        screen.layout().itemAt(1).sizeHint().height(),
        screen.grid.horizontalSpacing(),
        screen.grid.contentsMargins().left(),
        screen.grid.contentsMargins().top(),
    ]


def test_everything_on_a_screen_follows_and_comes_back(screen: Screen):
    before = lengths(screen)
    theme().set_glass(2560, 1600)
    assert lengths(screen) == [
        56,
        True,
        96,
        QSize(64, 48),
        200,
        80,
        32,
        48,
        64,
        32,
        48,
        16,
    ]
    theme().set_glass(800, 480)
    theme().set_glass(1280, 800)
    assert lengths(screen) == before


def test_a_hidden_screen_follows_when_it_is_shown(screen: Screen):
    screen.hide()
    theme().set_glass(2560, 1600)
    assert screen.label.font().pixelSize() == 28
    screen.show()
    assert screen.label.font().pixelSize() == 56
    assert "border-radius: 32px" in screen.styleSheet()


def test_a_length_that_a_widget_does_not_have_is_refused(qapp):
    with pytest.raises(ValueError, match=r"QLabel has no length \['gap'\]"):
        fit(QLabel(), gap=2)


def test_later_lengths_replace_earlier_ones(qtbot):
    label = fit(fit(QLabel(), min_width=100, font=16), min_width=50)
    qtbot.addWidget(label)
    theme().set_glass(2560, 1600)
    rescale(label)
    assert (label.minimumWidth(), label.font().pixelSize()) == (100, 32)


def test_a_visitor_enlarges_the_text_step_by_step(qtbot):
    switch = TextSizeSwitch()
    qtbot.addWidget(switch)
    seen = []
    for _ in range(3):
        switch.click()
        seen.append((theme().text_scale, switch.accessibleName()))
    assert seen == [(1.5, "글자 크게"), (2.0, "글자 원래 크기로"), (1.0, "글자 크게")]


class TestWindow:
    @pytest.fixture
    def window(self, qtbot):
        made = MainWindow(windowed=True)
        qtbot.addWidget(made)
        yield made
        made.watch(False)

    def test_it_shrinks_below_what_a_page_needs_and_the_page_scrolls(self, qtbot, window):
        page = QWidget()
        page.setMinimumSize(900, 700)
        small = Screen("small")
        window.add_screen("large", page)
        window.add_screen("small", small)
        window.show()
        window.go("large")
        window.resize(800, 480)
        qtbot.waitUntil(lambda: window.size() == QSize(800, 480))
        area = page.parentWidget().parentWidget()
        assert isinstance(area, OverflowArea)
        assert page.width() == 900 and page.height() >= 700
        assert area.verticalScrollBar().maximum() > 0 < area.horizontalScrollBar().maximum()
        window.go("small")
        assert small.size() == QSize(800, 480)

    def test_the_usual_text_size_returns_when_nobody_is_there(self, window):
        window.add_screen("door", QWidget())
        window.add_screen("idle", QWidget())
        window.go("door")
        theme().text_scale = 2.0
        window.set_timeouts(0.0, 120.0)
        window.follow_door(DoorView(away_s=5.0))
        assert (window.current, theme().text_scale) == ("idle", 1.0)

    def test_it_follows_a_display_that_is_rotated(self, qtbot):
        kiosk = MainWindow()
        qtbot.addWidget(kiosk)
        kiosk.show_kiosk()
        display = kiosk.screen().geometry()
        kiosk.setGeometry(0, 0, 480, 400)
        kiosk.screen().geometryChanged.emit(display)
        assert kiosk.geometry() == display
        kiosk.watch(False)

    def test_it_gives_its_scale_to_all(self, window):
        window.add_screen("page", Screen("page"))
        window.show()
        window.resize(1920, 1080)
        assert theme().glass == 1.35


def test_an_overflow_area_asks_for_the_height_at_its_width(qtbot):
    page = QWidget()
    text = Label("", wrap=True)
    text.set_text("word " * 200)
    page.setLayout(column(text))
    area = OverflowArea(page)
    qtbot.addWidget(area)
    area.resize(300, 200)
    area.show()
    assert page.height() >= text.heightForWidth(page.width()) > 200
    area.resize(3000, 400)
    assert page.size() == QSize(3000, 400)


def test_a_wheel_scrolls_the_same_share_of_a_page_on_every_display(qtbot):
    area = scroll_area(QWidget())
    qtbot.addWidget(area)
    steps = []
    for size in ((1280, 800), (3840, 2160), (1280, 800)):
        theme().set_glass(*size)
        rescale(area)
        steps.append(area.verticalScrollBar().singleStep())
    assert steps == [20, 54, 20]
