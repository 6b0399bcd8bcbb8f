"""The main window: a stack of named screens, the style sheet and the sign-out timer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QClipboard,
    QCloseEvent,
    QGuiApplication,
    QInputMethodEvent,
    QKeyEvent,
    QPalette,
    QResizeEvent,
    QScreen,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QLineEdit, QMainWindow, QStackedWidget, QWidget

from kiosk.core.door_state import DoorState
from kiosk.core.view_models import DoorView
from kiosk.ui.fitting import rescale
from kiosk.ui.screens.door.door_words import alert_alone
from kiosk.ui.screens.screen import Screen
from kiosk.ui.tab_order import move_focus
from kiosk.ui.theme import install_font, style_sheet, theme
from kiosk.ui.widgets.animation import Clock
from kiosk.ui.widgets.keyboard.keyboard_stage import KeyboardStage
from kiosk.ui.widgets.overflow_area import OverflowArea
from kiosk.ui.widgets.sign_out_warning import SignOutWarning

TOUCH_EVENTS = frozenset(
    {
        QEvent.Type.MouseButtonPress,
        QEvent.Type.KeyPress,
        QEvent.Type.TouchBegin,
        QEvent.Type.Wheel,
    }
)

LINE_EDIT_EVENTS = frozenset(
    {
        QEvent.Type.FocusIn,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.KeyPress,
        QEvent.Type.InputMethod,
    }
)


class MainWindow(QMainWindow):
    """Hold the screens; ``go("door")`` shows one.

    ``idle_s``: after this long without anybody at the door, the door screen gives way to the clock.
    ``sign_out_s``: a staff screen left untouched for this long emits ``signedOut``; the door screen
    never does. ``keyboard`` is called whenever a line edit gets the focus and returns whether the
    on-screen keyboard is enabled; ``keyboard_offered`` then returns whether a button brings it.
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
        keyboard_offered: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle("Munjigi 문지기")
        self._windowed = windowed
        self._idle_s = idle_s
        self._clock = clock
        self._screens: dict[str, QWidget] = {}
        self._later: dict[str, Callable[[], QWidget]] = {}
        self._areas: dict[str, OverflowArea] = {}
        self._staff: set[str] = set()
        self._touched_at = clock()
        self._watched_screen: QScreen | None = None
        self.stack = QStackedWidget()
        self.stage = KeyboardStage(self.stack, keyboard, keyboard_offered)
        self.setCentralWidget(self.stage)
        self.sign_out_timer = QTimer(self)
        self.sign_out_timer.setSingleShot(True)
        self.sign_out_timer.setInterval(round(sign_out_s * 1000))
        self.sign_out_timer.timeout.connect(self._sign_out)
        self.sign_out_warning = SignOutWarning(
            self.stage, lambda: self.sign_out_timer.remainingTime() / 1000
        )
        self.app = cast(QApplication, QApplication.instance())
        install_font(self.app)
        theme().changed.connect(self._restyle)
        theme().scaled.connect(self._rescale)
        self._restyle(theme().name)

    def add_screen(self, name: str, screen: QWidget, *, staff: bool = False) -> None:
        """Add ``screen``; ``staff`` screens emit ``signedOut`` when left untouched."""
        self._screens[name] = screen
        if staff:
            self._staff.add(name)
        self._areas[name] = OverflowArea(screen)
        self.stack.addWidget(self._areas[name])

    def add_screen_later(
        self, name: str, make: Callable[[], QWidget], *, staff: bool = False
    ) -> None:
        """Add the screen that ``make`` returns once ``name`` is shown or asked for."""
        self._later[name] = make
        if staff:
            self._staff.add(name)

    def leave_when_alone(self, name: str) -> None:
        """Make the screen ``name`` emit ``signedOut`` when left untouched."""
        self._staff.add(name)
        self._restart_sign_out_timer()

    def screen_named(self, name: str) -> QWidget:
        """Return the screen added as ``name``."""
        if name in self._later:
            make = self._later.pop(name)
            self.add_screen(name, make(), staff=name in self._staff)
        return self._screens[name]

    @property
    def current(self) -> str:
        """The name of the visible screen; empty before the first one."""
        shown = self.stack.currentWidget()
        return next((name for name, area in self._areas.items() if area is shown), "")

    def set_timeouts(self, idle_s: float, sign_out_s: float) -> None:
        """Set the delays of the clock and of the sign-out, in seconds."""
        self._idle_s = idle_s
        self.sign_out_timer.setInterval(round(sign_out_s * 1000))

    def go(self, name: str) -> None:
        """Show the screen ``name``; what staff copied and opened does not outlive their screens."""
        previous = self.current
        if previous in self._staff and name not in self._staff:
            close_popups()
            clear_clipboard()
            self.stage.forget()
        screen = self.screen_named(name)
        area = self._areas[name]
        area.follow_scale()
        area.to_start()
        self.stack.setCurrentWidget(area)
        if isinstance(screen, Screen):
            screen.focus_first()
        else:
            screen.setFocus()
        self._restart_sign_out_timer()
        if previous != name:
            self.screenChanged.emit(name)

    def follow_door(self, view: DoorView) -> None:
        """Show the clock after a while without anybody, and the door again for a face."""
        if self.current not in ("door", "idle") or "idle" not in self._screens:
            return
        untouched = self._clock() - self._touched_at
        away_s = min(view.away_s, untouched)
        dim = view.state is DoorState.IDLE and away_s > self._idle_s and not alert_alone(view)
        if dim:
            theme().reset_text_size()  # what a visitor chose ends with the visit
        target = "idle" if dim else "door"
        if target != self.current:
            self.go(target)

    def show_kiosk(self) -> None:
        """Show the window full screen, or as a normal window when ``windowed``."""
        if self._windowed:
            self.resize(1280, 800)
            self.show()
        else:
            self.setCursor(Qt.CursorShape.ArrowCursor)
            self._fill_screen()
            self.showFullScreen()
            self.windowHandle().screenChanged.connect(self._watch_screen)
            self._watch_screen(self.screen())

    def _watch_screen(self, screen: QScreen) -> None:
        """Follow ``screen`` when it is rotated or gets another resolution."""
        if self._watched_screen is not None:
            self._watched_screen.geometryChanged.disconnect(self._fill_screen)
        self._watched_screen = screen
        screen.geometryChanged.connect(self._fill_screen)
        self._fill_screen()

    def _fill_screen(self, _geometry: QRect | None = None) -> None:
        # a kiosk often runs without a window manager that would do this
        self.setGeometry(self.screen().geometry())

    def focusNextPrevChild(self, forward: bool) -> bool:
        return move_focus(self.stage, forward) or super().focusNextPrevChild(forward)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        theme().set_glass(self.width(), self.height())

    def touched(self) -> None:
        """Record a touch or a key press."""
        self._touched_at = self._clock()
        self._restart_sign_out_timer()
        self.userActive.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.watch(True)

    def watch(self, on: bool) -> None:
        """Start or stop watching for touches; off while screens are built, which sends thousands of
        events.
        """
        self.app.removeEventFilter(self)
        if on:
            self.app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # a press is delivered to the window and then to the widget under it: handle it once
        if (
            event.type() in TOUCH_EVENTS
            and watched.isWidgetType()
            and cast(QWidget, watched).window() is self
        ):
            self.touched()
        if (
            event.type() in LINE_EDIT_EVENTS
            and isinstance(watched, QLineEdit)
            and self._line_event(watched, event)
        ):
            return True
        return super().eventFilter(watched, event)

    def _line_event(self, line: QLineEdit, event: QEvent) -> bool:
        """Take an event of a line edit; return whether it is dealt with."""
        if isinstance(event, QKeyEvent):
            return self.stage.key(line, event)
        if isinstance(event, QInputMethodEvent):
            self.stage.real.composed_elsewhere(event)
        else:
            self.stage.notice(line, event)
        return False

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

    def _restart_sign_out_timer(self) -> None:
        if self.current in self._staff:
            self.sign_out_timer.start()
            self.sign_out_warning.wait(self.sign_out_timer.interval() / 1000)
        else:
            self.sign_out_timer.stop()
            self.sign_out_warning.stop()

    def _sign_out(self) -> None:
        self.sign_out_warning.stop()
        if self.current in self._staff:
            self.signedOut.emit()

    def _restyle(self, _name: str = "") -> None:
        """Style what lies around the screens; each screen has a style sheet of its own."""
        tokens = theme().tokens
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, tokens.colour("ground"))
        self.setPalette(palette)
        for part in (self.stage.keyboard, self.sign_out_warning):
            part.setStyleSheet(style_sheet(tokens))

    def _rescale(self) -> None:
        install_font(self.app)
        self._restyle()
        rescale(self.stage.keyboard)
        rescale(self.sign_out_warning)


def close_popups() -> None:
    """Close context menus and lists that lie over the window."""
    popup = QApplication.activePopupWidget()
    while popup is not None:
        popup.hide()
        following = QApplication.activePopupWidget()
        popup = following if following is not popup else None


def clear_clipboard() -> None:
    """Forget what was copied or selected."""
    clipboard = QGuiApplication.clipboard()
    clipboard.clear()
    if clipboard.supportsSelection():
        clipboard.clear(QClipboard.Mode.Selection)
    if clipboard.supportsFindBuffer():
        clipboard.clear(QClipboard.Mode.FindBuffer)
