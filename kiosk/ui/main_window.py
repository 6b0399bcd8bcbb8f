"""The window: one stack of named screens, the style sheet, and the clock of forgotten sign-ins."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QMainWindow, QStackedWidget, QWidget

from kiosk.core.door_state import DoorState
from kiosk.core.view_models import DoorView
from kiosk.ui.theme import install_font, style_sheet, theme
from kiosk.ui.widgets.animation import Clock
from kiosk.ui.widgets.keyboard.keyboard_stage import KeyboardStage

TOUCHES = frozenset(
    {
        QEvent.Type.MouseButtonPress,
        QEvent.Type.KeyPress,
        QEvent.Type.TouchBegin,
        QEvent.Type.Wheel,
    }
)

WRITING = frozenset({QEvent.Type.FocusIn, QEvent.Type.MouseButtonPress})


class MainWindow(QMainWindow):
    """Holds the screens; ``go("door")`` shows one.

    ``idle_s``: nobody there for this long dims the door to the clock. ``sign_out_s``: staff screens
    without a touch for this long end in ``signedOut``; the door itself never runs out. ``keyboard`` is asked, whenever
    a line to write into gets the focus, whether the on-screen keyboard shall come.
    """

    userActive = Signal()
    signedOut = Signal()
    closing = Signal()
    screenChanged = Signal(str)

    def __init__(
        self,
        *,
        windowed: bool = False,
        idle_s: float = 20.0,
        sign_out_s: float = 120.0,
        clock: Clock = time.monotonic,
        keyboard: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle("Munjigi 문지기")
        self._windowed = windowed
        self._idle_s = idle_s
        self._clock = clock
        self._screens: dict[str, QWidget] = {}
        self._staff: set[str] = set()
        self._touched_at = clock()
        self.stack = QStackedWidget()
        self.stage = KeyboardStage(self.stack, keyboard)
        self.setCentralWidget(self.stage)
        self.sign_out_timer = QTimer(self)
        self.sign_out_timer.setSingleShot(True)
        self.sign_out_timer.setInterval(round(sign_out_s * 1000))
        self.sign_out_timer.timeout.connect(self._run_out)
        self.app = cast(QApplication, QApplication.instance())
        install_font(self.app)
        theme().changed.connect(self._restyle)
        self._restyle(theme().name)

    def add_screen(self, name: str, screen: QWidget, *, staff: bool = False) -> None:
        """Add ``screen``; ``staff`` screens end in ``signedOut`` when nobody touches them."""
        self._screens[name] = screen
        if staff:
            self._staff.add(name)
        self.stack.addWidget(screen)

    def leave_when_alone(self, name: str) -> None:
        """From now on the screen ``name`` ends in ``signedOut`` when nobody touches it."""
        self._staff.add(name)
        self._watch()

    def screen_named(self, name: str) -> QWidget:
        """The screen added as ``name``."""
        return self._screens[name]

    @property
    def current(self) -> str:
        """The name of the screen that is shown; empty before the first."""
        shown = self.stack.currentWidget()
        return next((name for name, screen in self._screens.items() if screen is shown), "")

    def set_timeouts(self, idle_s: float, sign_out_s: float) -> None:
        """Wait this long from now on."""
        self._idle_s = idle_s
        self.sign_out_timer.setInterval(round(sign_out_s * 1000))

    def go(self, name: str) -> None:
        """Show the screen ``name``."""
        before = self.current
        screen = self._screens[name]
        self.stack.setCurrentWidget(screen)
        screen.setFocus()
        self._watch()
        if before != name:
            self.screenChanged.emit(name)

    def follow_door(self, view: DoorView) -> None:
        """Dim the door to the clock where nobody has been there for long, and wake it for a face."""
        if self.current not in ("door", "idle") or "idle" not in self._screens:
            return
        untouched = self._clock() - self._touched_at
        dim = view.state is DoorState.IDLE and min(view.away_s, untouched) > self._idle_s
        wanted = "idle" if dim else "door"
        if wanted != self.current:
            self.go(wanted)

    def show_kiosk(self) -> None:
        """Show the window as it was asked for: the whole screen, or a window."""
        if self._windowed:
            self.resize(1280, 800)
            self.show()
        else:
            self.setCursor(Qt.CursorShape.ArrowCursor)
            self.setGeometry(
                self.screen().geometry()
            )  # where no window manager does it: a kiosk often has none
            self.showFullScreen()

    def touched(self) -> None:
        """Somebody uses the kiosk."""
        self._touched_at = self._clock()
        self._watch()
        self.userActive.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.watch(True)

    def watch(self, on: bool) -> None:
        """Notice touches from now on, or no more: screens that are being built send thousands of events, and each would come through Python."""
        self.app.removeEventFilter(self)
        if on:
            self.app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # a press travels from the window to the widget under it; one of them is enough
        if (
            event.type() in TOUCHES
            and watched.isWidgetType()
            and cast(QWidget, watched).window() is self
        ):
            self.touched()
        if event.type() in WRITING and isinstance(watched, QLineEdit):
            self.stage.notice(watched, event)
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._windowed and event.key() == Qt.Key.Key_F11:
            self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        elif self._windowed and event.key() == Qt.Key.Key_Escape and self.isFullScreen():
            self.showNormal()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.watch(False)
        self.closing.emit()
        super().closeEvent(event)

    def _watch(self) -> None:
        if self.current in self._staff:
            self.sign_out_timer.start()
        else:
            self.sign_out_timer.stop()

    def _run_out(self) -> None:
        if self.current in self._staff:
            self.signedOut.emit()

    def _restyle(self, _name: str) -> None:
        self.setStyleSheet(style_sheet(theme().tokens))
