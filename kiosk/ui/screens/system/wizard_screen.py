"""The first start: language and theme, what is stored, and the first administrator."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from kiosk.core.languages import language_codes
from kiosk.core.pin_patterns import easy_to_guess
from kiosk.ui.fitting import fit
from kiosk.ui.i18n import language, tr, tr_in
from kiosk.ui.screens.screen import Screen
from kiosk.ui.screens.system.camera_setup_panel import CameraSetupPanel
from kiosk.ui.screens.system.wizard_steps import (
    ClockStep,
    LockStep,
    RecoveryStep,
    SiteStep,
    WizardStep,
)
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.appearance_switches import ThemeSwitch
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.charts.rings import TimeRing
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.folding_row import FoldingRow
from kiosk.ui.widgets.forms.segmented_control import SegmentedControl
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.keyboard.keypad import KeypadEntry
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.step_dots import StepDots
from kiosk.ui.widgets.symbol import Symbol

PIN_LENGTHS = (6, 12)
STEPS = ("language", "admin", "site", "clock", "camera", "lock", "recovery", "done")


def pin_fault(pin: str) -> str:
    """The message key of what is wrong with ``pin``, or an empty string."""
    if not (pin.isascii() and pin.isdigit() and PIN_LENGTHS[0] <= len(pin) <= PIN_LENGTHS[1]):
        return "wizard.error.short"
    return "wizard.error.trivial" if easy_to_guess(pin) else ""


class WizardScreen(Screen):
    """The pages of ``STEPS``; those between the administrator and the end may be skipped.

    ``stepOpened``: the name of the page that is shown now. ``adminChosen`` carries name and PIN and
    is answered by ``show_created`` or ``show_error``.
    ``cameraLeft``: the page of the camera was left.
    """

    adminChosen = Signal(str, str)
    cameraLeft = Signal()
    finished = Signal()
    stepOpened = Signal(str)

    def __init__(self) -> None:
        super().__init__("wizard")
        self._first_pin = ""
        self.steps = StepDots(len(STEPS))
        self.pages = QStackedWidget()
        self.camera = CameraSetupPanel()
        self._set_up_camera = False
        self.site = SiteStep()
        self.clock = ClockStep()
        self.lock = LockStep()
        self.recovery = RecoveryStep()
        for page in (
            _centred(self._language_page()),
            _centred(self._admin_page()),
            self.site,
            self.clock,
            self._camera_page(),
            self.lock,
            self.recovery,
            _centred(self._done_page()),
        ):
            self.pages.addWidget(page)
        self.setLayout(column(row(None, self.steps, None), None, self.pages, None, gap=2, margin=3))
        for step in (self.site, self.clock, self.lock, self.recovery):
            step.left.connect(self._proceed)
        self.go(0)

    def go(self, page: int) -> None:
        """Show the page of that number in ``STEPS``."""
        self.recovery.clear()
        self.pages.setCurrentIndex(page)
        self.steps.set_step(page)
        step = self.pages.currentWidget()
        if isinstance(step, WizardStep):
            step.begin()
        self.stepOpened.emit(STEPS[page])
        if page == 1:
            self._ask_first()
            self.entry.setFocus()

    def show_error(self, key: str, **values: object) -> None:
        """Show why the administrator was not created and ask for the PIN again."""
        self._ask_first()
        self.entry.set_error(key, **values)

    def show_created(self, *, set_up_camera: bool) -> None:
        """Go on after the administrator was created; ``set_up_camera``: with the camera's page."""
        self._set_up_camera = set_up_camera
        self.done_note.set_key("wizard.done.note", name=self.name.text())
        self.go(STEPS.index("site"))

    def start_again(self, *, set_up_camera: bool) -> None:
        """Show the steps that follow the administrator once more."""
        self.recovery.again = True
        self._set_up_camera = set_up_camera
        self.done_note.set_key("wizard.done.again")
        self.go(STEPS.index("site"))

    def _proceed(self) -> None:
        """Show the next page, without that of a camera where there is none."""
        following = self.pages.currentIndex() + 1
        if STEPS[following] == "camera" and not self._set_up_camera:
            following += 1
        self.go(following)

    def retranslate(self) -> None:
        self.steps.set_step(self.pages.currentIndex())
        self._suggest_name()

    def _language_page(self) -> QWidget:
        languages = SegmentedControl(
            "wizard.language",
            [(code, f"common.language.long.{code}") for code in language_codes()],
            value=language().code,
        )
        languages.chosen.connect(language().use)
        language().changed.connect(languages.set_value)
        proceed = Button("common.next", "primary", "forward", name="wizard.next", large=True)
        proceed.clicked.connect(lambda: self.go(1))
        notes = [
            _note(icon, f"wizard.stored.{key}")
            for icon, key in (("face", "templates"), ("list", "log"), ("shield", "local"))
        ]
        page = QWidget()
        page.setLayout(
            column(
                None,
                Label("wizard.language.title", size=SIZES[4], bold=True, wrap=True),
                Label("wizard.language.note", size=SIZES[2], quiet=True, wrap=True),
                1,
                flow(languages, ThemeSwitch("wizard.theme"), gap=2),
                2,
                Card(
                    Label("wizard.stored.title", size=SIZES[2], bold=True, wrap=True),
                    *notes,
                    gap=1.5,
                ),
                2,
                row(None, proceed),
                None,
                gap=1,
            )
        )
        return fit(page, max_width=840)

    def _admin_page(self) -> QWidget:
        self.name = Field("wizard.admin.name", "wizard.name", max_length=60)
        self._suggest_name()
        self.entry = KeypadEntry(
            "wizard.pin", secret=True, max_length=PIN_LENGTHS[1], hint="wizard.pin.first"
        )
        self.which = Label("wizard.pin.first", size=SIZES[2], bold=True, name="wizard.which_pin")
        back = Button("common.back", "ghost", "back", name="wizard.back", large=True)
        proceed = Button("common.next", "primary", "forward", name="wizard.submit", large=True)
        back.clicked.connect(lambda: self.go(0))
        proceed.clicked.connect(self.entry.submit)
        self.name.submitted.connect(self.entry.setFocus)
        self.entry.submitted.connect(self._pin_typed)
        self.entry.cancelled.connect(lambda: self.go(0))
        words = column(
            Label("wizard.admin.title", size=SIZES[3], bold=True, wrap=True),
            Label("wizard.admin.note", quiet=True, wrap=True),
            2,
            self.name,
            1,
            _note("lock", "wizard.pin.rule"),
            None,
            gap=1,
        )
        page = QWidget()
        left = QWidget()
        left.setLayout(words)
        right = Card(self.which, self.entry, row(back, proceed, gap=2), gap=2)
        page.setLayout(column(FoldingRow(left, right, gap=5)))
        return fit(page, max_width=960)

    def _camera_page(self) -> QWidget:
        proceed = Button("common.next", "primary", "forward", name="wizard.camera.next", large=True)
        proceed.clicked.connect(self._leave_camera)
        title = Label("camera_setup.title", size=SIZES[3], bold=True)
        page = QWidget()
        body = column(title, self.camera, row(None, proceed), gap=2)
        body.setStretch(1, 1)
        page.setLayout(body)
        return page

    def _leave_camera(self) -> None:
        self.cameraLeft.emit()
        self._proceed()

    def _done_page(self) -> QWidget:
        ring = TimeRing(144, "wizard.done.ring")
        ring.set_symbol("check", ink="accept_text")
        self.done_note = Label("", size=SIZES[2], quiet=True, wrap=True, name="wizard.done.note")
        title = Label("wizard.done.title", size=SIZES[4], bold=True)
        for label in (title, self.done_note):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        start = Button("wizard.done.start", "primary", "door", name="wizard.start", large=True)
        start.clicked.connect(self.finished)
        page = QWidget()
        page.setLayout(
            column(
                None,
                row(None, ring, None),
                2,
                title,
                self.done_note,
                3,
                row(None, start, None),
                None,
            )
        )
        return page

    def _suggest_name(self) -> None:
        """Suggest a name, so that a kiosk without a keyboard can be set up by touch."""
        if self.name.text() in {"", *self._suggestions()}:
            self.name.set_text(tr("wizard.admin.default_name"))

    @staticmethod
    def _suggestions() -> set[str]:
        return {tr_in(code, "wizard.admin.default_name") for code in language_codes()}

    def _ask_first(self) -> None:
        self._first_pin = ""
        self._ask("wizard.pin.first")

    def _ask(self, key: str) -> None:
        self.which.set_key(key)
        self.entry.set_hint(key)
        self.entry.clear()

    def _pin_typed(self, pin: str) -> None:
        if not self.name.text():
            self.name.set_error("wizard.error.name")
        elif not self._first_pin:
            self._first_typed(pin)
        elif pin != self._first_pin:
            self.show_error("wizard.error.different")
        else:
            self._ask_first()
            self.adminChosen.emit(self.name.text(), pin)

    def _first_typed(self, pin: str) -> None:
        fault = pin_fault(pin)
        if fault:
            self.show_error(fault)
        else:
            self._first_pin = pin
            self._ask("wizard.pin.again")


def _centred(page: QWidget) -> QWidget:
    holder = QWidget()
    line = row(None, page, None)
    line.setStretch(1, 100)
    holder.setLayout(line)
    return holder


def _note(icon: str, key: str) -> QWidget:
    symbol = Symbol(24)
    symbol.set_symbol(icon, "accent_text")
    line = QWidget()
    line.setLayout(row(column(symbol, None), Label(key, wrap=True), gap=2))
    return line
