"""The painted widgets: content and motion."""

from __future__ import annotations

import sys
from datetime import date

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QPainter, QTransform
from PySide6.QtWidgets import QLabel, QToolTip, QWidget

from kiosk.core.languages import language_codes
from kiosk.core.people import Account, AccountRole
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.system.admin_screen import AdminScreen
from kiosk.ui.theme import theme
from kiosk.ui.widgets.animation import Dwell
from kiosk.ui.widgets.appearance_switches import LanguageSwitch, ThemeSwitch
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.charts.distance_gauge import DistanceGauge
from kiosk.ui.widgets.charts.rings import TimeRing, VotesRing
from kiosk.ui.widgets.charts.strip_chart import StripChart
from kiosk.ui.widgets.forms.date_field import DateField
from kiosk.ui.widgets.forms.segmented_control import SegmentedControl
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.keyboard.keypad import KeypadEntry
from kiosk.ui.widgets.labels import ElidedLabel, Label
from kiosk.ui.widgets.live_preview import LivePreview
from tests.ui.conftest import clipped, face_at


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal there")
def test_pyside_does_not_leak_references_to_none(qtbot):
    """PySide6 6.12.0 returns ``None`` without a reference; Python 3.11 aborts."""
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    moved = QTransform()
    painter = QPainter(image)
    before = sys.getrefcount(None)
    for _ in range(500):
        painter.setTransform(moved)
    lost = before - sys.getrefcount(None)
    painter.end()
    assert lost < 250, "use a PySide6 that counts references to None, such as 6.11.3"


class TestPreview:
    @pytest.fixture
    def preview(self, shown, clock, frame) -> LivePreview:
        preview = shown(LivePreview(clock=clock), 800, 600)
        preview.set_frame(frame)
        return preview

    def test_the_picture_is_mirrored(self, preview):
        picture = preview.grab().toImage()
        assert (
            picture.pixelColor(60, 300).red() > 200
        )  # red is at the right of the camera's picture
        assert picture.pixelColor(740, 300).blue() > 200

    def test_it_covers_its_area_without_stretching(self, preview):
        preview.resize(400, 600)  # a 4:3 picture is cropped in a portrait area
        left = preview.to_widget(640, 240, (640, 480))
        right = preview.to_widget(0, 240, (640, 480))
        assert left.x() < 0 and right.x() > 400
        assert (right.x() - left.x()) / 600 == pytest.approx(640 / 480)

    def test_the_frame_is_not_copied(self, preview, frame):
        frame[:] = 255
        preview.update()
        assert preview.grab().toImage().pixelColor(60, 300).green() > 200

    @pytest.mark.parametrize(
        "bad",
        [
            np.zeros((4, 4, 3), np.uint8),
            np.zeros((4, 4, 4), np.float32),
            np.zeros((4, 8, 4), np.uint8)[:, ::2],
        ],
        ids=["BGR", "float", "sliced"],
    )
    def test_other_frame_layouts_are_refused(self, preview, bad):
        with pytest.raises(ValueError, match="frame"):
            preview.set_frame(bad)

    def test_the_box_is_drawn_in_the_colour_of_the_state(self, preview):
        preview.set_face(face_at(240, 140), (640, 480), "accept")
        picture = preview.grab().toImage()
        at = preview.to_widget(240, 140 + 200 * 0.15, (640, 480))  # on the arm of a bracket
        drawn = picture.pixelColor(round(at.x()), round(at.y()))
        wanted = theme().tokens.colour("accept")
        assert abs(drawn.green() - wanted.green()) < 30 and abs(drawn.red() - wanted.red()) < 30

    def test_the_box_follows_smoothly(self, preview, clock):
        preview.set_face(face_at(100, 100), (640, 480), "accent")
        preview.set_face(face_at(200, 100), (640, 480), "accent")
        clock.advance(0.02)
        assert 101 < preview._geometry.value()[0] < 150
        clock.advance(0.3)
        assert preview._geometry.value()[0] == pytest.approx(200, abs=1)

    def test_a_new_face_does_not_fly_in_from_the_last_one(self, preview, clock):
        preview.set_face(face_at(100, 100), (640, 480), "accent")
        preview.set_face(None, (640, 480), "accent")
        clock.advance(1.0)
        preview.set_face(face_at(400, 100), (640, 480), "accent")
        assert preview._geometry.value()[0] == 400

    def test_segments_fill_one_after_another(self, preview):
        def greens() -> int:
            image = preview.grab().toImage()
            accept = theme().tokens.colour("accept")
            return sum(
                image.pixelColor(x, y).name() == accept.name()
                for x in range(0, 800, 4)
                for y in range(0, 600, 4)
            )

        counts = []
        for done in (0, 2, 5):
            preview.set_ring(done, 5, 0.0)
            counts.append(greens())
        assert counts[0] == 0 < counts[1] < counts[2]

    def test_the_demo_badge(self, preview):
        before = preview.grab().toImage()
        preview.set_demo(True)
        assert preview.grab().toImage() != before

    def test_without_a_picture_it_still_paints(self, shown, clock):
        assert not shown(LivePreview(clock=clock), 400, 300).grab().isNull()


class TestGauge:
    @pytest.fixture
    def gauge(self, shown, clock) -> DistanceGauge:
        return shown(DistanceGauge(clock=clock), 400, 64)

    def test_gauge_is_at_most_150_ms_behind(self, gauge, clock):
        gauge.set_values(1.6, 1.8, 0.8, 2.0)
        gauge.set_values(0.4, 1.8, 0.8, 2.0)
        assert gauge.shown_distance() == pytest.approx(1.6)
        clock.advance(0.05)
        assert 0.5 < gauge.shown_distance() < 1.2
        clock.advance(0.10)
        assert gauge.shown_distance() == pytest.approx(0.4, abs=0.04)

    def test_with_reduced_motion_it_jumps(self, gauge):
        theme().reduced_motion = True
        gauge.set_values(1.6, None, 0.8, 2.0)
        gauge.set_values(0.4, None, 0.8, 2.0)
        assert gauge.shown_distance() == pytest.approx(0.4)

    def test_gauge_rests_without_a_person(self, gauge):
        gauge.set_values(0.4, 0.9, 0.8, 2.0)
        assert not gauge.resting
        gauge.set_values(float("inf"), None, 0.8, 2.0)
        assert gauge.resting and gauge.shown_distance() is None
        assert gauge.accessibleName() == "비교 중인 얼굴이 없습니다"

    @pytest.mark.parametrize(("distance", "token"), [(0.5, "accept"), (1.2, "quiet")])
    def test_fill_colour_shows_the_side_of_the_threshold(self, gauge, distance, token):
        gauge.set_values(distance, None, 0.8, 2.0)
        assert (
            gauge.grab().toImage().pixelColor(60, 16).name() == theme().tokens.colour(token).name()
        )

    def test_positions_stay_on_the_bar(self, gauge):
        gauge.set_values(9.0, None, 0.5, 2.0)
        assert (gauge.x_of(0.5), gauge.x_of(9.0), gauge.x_of(-1.0)) == (100, 400, 0)
        assert not gauge.grab().isNull()

    def test_timer_stops_when_settled(self, gauge, clock):
        gauge.set_values(1.6, None, 0.8, 2.0)
        gauge.set_values(0.4, None, 0.8, 2.0)
        assert gauge._timer.isActive()
        clock.advance(1.0)
        gauge.shown_distance()
        gauge._step()
        assert not gauge._timer.isActive()


def test_strip_runs_left_to_right_and_upwards(shown):
    chart = shown(StripChart(), 400, 100)
    chart.set_history([(5.0, 2.0), (2.0, 1.0), (0.0, 0.5)], 0.8, 2.0)
    old = chart.point(5.0, 2.0)
    new = chart.point(0.0, 0.5)
    assert old.x() < 10 and new.x() > 390 and old.y() < new.y()
    image = chart.grab().toImage()
    assert (
        image.pixelColor(round(new.x()), round(new.y())).name()
        == theme().tokens.colour("accept").name()
    )


def test_the_strip_does_not_join_visits(shown):
    chart = shown(StripChart(), 400, 100)
    chart.set_history([(4.0, 1.0), (3.8, 1.0), (1.0, 1.0), (0.8, 1.0)], 0.8, 2.0)
    path = chart._path()
    assert sum(path.elementAt(i).isMoveTo() for i in range(path.elementCount())) == 2


def test_votes_never_exceed_what_is_needed(shown):
    ring = shown(VotesRing(), 40, 40)
    ring.set_votes(9, 4)
    assert (ring.votes, ring.needed) == (4, 4)
    assert not ring.grab().isNull()


def test_the_time_ring_empties_by_itself(shown, clock):
    ring = shown(TimeRing(clock=clock), 160, 160)
    ring.set_symbol("check")
    ring.set_time(4.0, 4.0)
    assert ring.share() == 1.0
    clock.advance(3.0)
    assert ring.share() == 0.25
    clock.advance(3.0)
    ring._step()
    assert ring.share() == 0.0 and not ring._timer.isActive()


def test_shapes_differ(shown, clock):
    ring = shown(TimeRing(clock=clock), 160, 160)
    ring.set_symbol("check", shape="circle")
    circle = ring.grab().toImage()
    ring.set_symbol("check", shape="square")
    assert ring.grab().toImage() != circle


def test_dwell_holds_for_a_second(clock):
    dwell = Dwell(1.0, clock)
    assert dwell.offer("a")
    clock.advance(0.5)
    assert not dwell.offer("b")
    assert dwell.offer("c", now=True)
    clock.advance(0.9)
    assert not dwell.offer("d") and dwell.offer("c")
    clock.advance(0.2)
    assert dwell.offer("d")


class TestKeypadEntry:
    @pytest.fixture
    def entry(self, shown) -> KeypadEntry:
        return shown(KeypadEntry("pad", secret=True, max_length=4), 480, 560)

    def press(self, qtbot, entry, *keys: str) -> None:
        for key in keys:
            qtbot.mouseClick(
                entry.findChild(Button, f"pad.keypad.{key}"), Qt.MouseButton.LeftButton
            )

    def test_touch(self, qtbot, entry):
        self.press(qtbot, entry, "1", "2", "3", "backspace", "0")
        assert entry.text() == "120"
        self.press(qtbot, entry, "clear")
        assert entry.text() == ""

    def test_keyboard(self, qtbot, entry):
        qtbot.keyClicks(entry, "98x7")
        qtbot.keyClick(entry, Qt.Key.Key_Backspace)
        assert entry.text() == "98"
        with qtbot.waitSignal(entry.submitted) as emitted:
            qtbot.keyClick(entry, Qt.Key.Key_Return)
        assert emitted.args == ["98"]
        with qtbot.waitSignal(entry.cancelled):
            qtbot.keyClick(entry, Qt.Key.Key_Escape)

    def test_secrets_are_hidden_on_screen_and_from_screen_readers(self, qtbot, entry):
        qtbot.keyClicks(entry, "1234")
        display = entry.findChild(QLabel, "pad.display")
        assert display.text() == "••••"
        assert display.accessibleName() == "4"

    def test_entry_has_a_maximum_length(self, qtbot, entry):
        qtbot.keyClicks(entry, "123456")
        assert entry.text() == "1234"

    def test_empty_entry_is_not_submitted(self, qtbot, entry):
        with qtbot.assertNotEmitted(entry.submitted):
            qtbot.keyClick(entry, Qt.Key.Key_Return)

    def test_error_clears_the_entry_until_the_next_key(self, qtbot, entry):
        qtbot.keyClicks(entry, "12")
        entry.set_error("error.sign_in")
        assert entry.text() == ""
        assert entry.error.text() == "이름이나 PIN이 맞지 않습니다. 다시 입력해 주세요."
        qtbot.keyClicks(entry, "1")
        assert entry.error.text() == ""


class TestBasics:
    def test_a_button_follows_the_language(self, shown):
        button = shown(Button("door.help"), 200, 64)
        assert (button.text(), button.accessibleName()) == ("도움말", "도움말")
        language().use("en")
        assert (button.text(), button.accessibleName()) == ("Help", "Help")

    def test_enter_presses_a_button(self, qtbot, shown):
        button = shown(Button("common.done"))
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            with qtbot.waitSignal(button.clicked):
                qtbot.keyClick(button, key)

    def test_icon_button_has_an_accessible_name(self, shown):
        button = shown(Button("", "ghost", "gear", name="gear", hint="door.staff"), 64, 64)
        assert button.text() == "" and button.accessibleName() == "관리자 화면"

    def test_icons_are_drawn_again_for_the_other_theme(self, shown):
        button = shown(Button("", "ghost", "gear", name="gear"), 64, 64)
        dark = button.icon().pixmap(24).toImage()
        theme().use("light")
        assert button.icon().pixmap(24).toImage() != dark

    def test_field_shows_and_clears_its_error(self, qtbot, shown):
        field = shown(Field("wizard.admin.name", "who"), 400, 120)
        field.set_error("wizard.error.name")
        assert field.error.text() == "이름을 입력해 주세요." and field.edit.property("invalid")
        qtbot.keyClicks(field.edit, " a ")
        assert (
            field.text() == "a" and field.error.text() == "" and not field.edit.property("invalid")
        )

    def test_segment_emits_the_chosen_value(self, qtbot, shown):
        segments = shown(
            SegmentedControl("s", [("a", "common.next"), ("b", "common.back")]), 300, 64
        )
        with qtbot.waitSignal(segments.chosen) as emitted:
            qtbot.mouseClick(segments.findChild(Button, "s.b"), Qt.MouseButton.LeftButton)
        assert emitted.args == ["b"] and segments.value() == "b"

    def test_language_and_theme_switches(self, qtbot, shown):
        languages = shown(LanguageSwitch(), 200, 64)
        themes = shown(ThemeSwitch(), 200, 64)
        qtbot.mouseClick(languages.findChild(Button, "language.en"), Qt.MouseButton.LeftButton)
        qtbot.mouseClick(themes.findChild(Button, "theme.light"), Qt.MouseButton.LeftButton)
        assert (language().code, theme().name) == ("en", "light")
        language().use("ko")
        assert languages.value() == "ko"

    def test_long_text_is_elided(self, shown):
        label = shown(ElidedLabel(size=20), 120, 40)
        label.set_text("A laboratory with a very long name indeed")
        assert label.text().endswith("…") and label.full_text().endswith("indeed")
        label.resize(900, 40)
        assert label.text() == label.full_text()


def test_the_picture_maps_points_like_pixels(shown, clock):
    preview = shown(LivePreview(clock=clock), 640, 480)
    assert preview.to_widget(0, 0, (640, 480)) == QPointF(640, 0)
    assert preview.to_widget(320, 240, (640, 480)) == QPointF(320, 240)


def test_clipping_check_detects_clipped_text(shown, qapp):
    box = shown(QWidget(), 300, 200)
    for label in (Label("number.note", size=28), Label("number.note", size=28, wrap=True)):
        label.setParent(box)
        label.setGeometry(0, 0, 120, 30)
        label.show()
        qapp.processEvents()
        assert len(clipped(box)) == 1
        label.setGeometry(0, 0, 1200, 400)
        assert clipped(box) == []
        label.setParent(None)


class TestCalendar:
    def test_it_goes_by_years_and_to_today_and_escape_closes_it(self, qtbot, shown):
        made = shown(DateField("enrol.who.valid_from", "from", today=lambda: date(2026, 3, 5)))
        made.opener.click()
        assert made.month.title.text() == "2026년 3월"
        language().use("en")
        assert made.month.title.text() == "March 2026"
        made.month.year_later.click()
        made.month.later.click()
        assert made.month.title.text() == "April 2027"
        with qtbot.waitSignal(made.picked):
            made.month.today.click()
        assert made.day() == date(2026, 3, 5) and not made.month.isVisible()
        made.opener.click()
        qtbot.keyClick(made.month.later, Qt.Key.Key_Escape)
        assert not made.month.isVisible() and made.isVisible()

    def test_the_buttons_do_not_move_when_a_date_is_typed(self, shown, qapp):
        made = shown(DateField("enrol.who.valid_from", "from"), 400, 120)
        before = made.opener.x(), made.edit.width()
        made.set_day(date(2026, 3, 5))
        qapp.processEvents()
        assert (made.opener.x(), made.edit.width()) == before and made.clearer.isVisible()


class TestNamesOfIcons:
    @pytest.fixture
    def icon(self, shown) -> Button:
        return shown(Button("", icon="gear", hint="door.staff"), 60, 60)

    def test_an_icon_says_its_name_to_pointers_and_screen_readers(self, icon):
        for code in language_codes():
            language().use(code)
            assert icon.toolTip() == icon.accessibleName() == tr("door.staff")
        icon.set_hint("admin.date.open", what="X")
        assert icon.toolTip() == icon.accessibleName() == tr("admin.date.open", what="X")

    def test_a_button_with_words_repeats_them_nowhere(self, shown):
        button = shown(Button("door.staff", icon="gear"), 400, 60)
        assert button.toolTip() == ""
        button.show_words(False)
        assert button.toolTip() == tr("door.staff")

    def test_a_finger_that_stays_reads_the_name_and_presses_nothing(self, qtbot, icon):
        left = Qt.MouseButton.LeftButton
        with qtbot.assertNotEmitted(icon.clicked):
            qtbot.mousePress(icon, left)
            icon._hold.timeout.emit()
            assert QToolTip.text() == tr("door.staff")
            qtbot.mouseMove(icon, icon.rect().center())
            qtbot.mouseRelease(icon, left)
        with qtbot.waitSignal(icon.clicked):
            qtbot.mouseClick(icon, left)


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_the_rail_shows_every_page_and_switch_without_scrolling(shown, size):
    theme().set_glass(*size)
    for code in language_codes():
        language().use(code)
        screen = shown(AdminScreen(), *size)
        screen.set_account(Account("관리자", AccountRole.ADMIN))
        screen.rescale()
        assert screen._links.verticalScrollBar().maximum() == 0
