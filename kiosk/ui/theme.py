"""Design tokens, the scale of lengths and type, and the style sheet for both themes.

Every length and every size of type in the code is the one of a glass of 1280×800 (portrait:
800×1280). What is drawn follows the glass and the text size:

- ``Label(size=…)``, ``Button``, ``Card``, ``row``, ``column`` and all widgets of the house follow
  by themselves.
- Other widgets and layouts are given their lengths by ``fit`` (``kiosk/ui/fitting.py``), never by
  ``setFont``, ``setMinimumWidth`` and the like: ``fit(area, min_width=320)``. ``fit`` applies them
  again whenever the scale changes.
- ``paintEvent`` and ``sizeHint`` take lengths from ``px(n)``, widths that hold text from
  ``text_px(n)`` and type from ``font(n)`` each time.
- A widget that computes a length from others has a method ``rescale()``, which is called after
  each change of the scale.

``Theme.glass`` is the smaller of width/1280 and height/800 (portrait: width/800, height/1280), in
steps of 0.05, from 0.6 (800×480) to 4. On a glass smaller than 1280×800 only the space shrinks
that far: type of 14 to 20 pixels loses at most a fifth (``type_size``), and no target of a finger
is smaller than 44 pixels (``touch``). What does not fit then wraps, folds or scrolls.
"""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from string import Template as StringTemplate

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QApplication

from kiosk.core.paths import ASSETS

THEMES = ("dark", "light")

UNIT = 8
"""Grid step in pixels at scale 1."""
RADIUS = 16
"""Corner radius in pixels at scale 1."""
TOUCH = 48
"""Size of a touch target in pixels at scale 1."""
DOOR_TOUCH = 64
"""Size of a touch target on the door screen in pixels at scale 1."""
TOUCH_FLOOR = 44
"""Logical pixels that a touch target has at least on every glass."""
SIZES = (14, 16, 20, 28, 44, 64)
"""Font sizes in pixels at scale 1."""
GLASS = (1280, 800)
"""Width and height in logical pixels of the glass whose scale is 1."""
GLASS_RANGE = (0.6, 4.0)
GLASS_STEP = 0.05
TEXT_SCALES = (1.0, 1.5, 2.0)
"""Text sizes that the screen offers."""
FONT_FAMILIES = ["Pretendard", "Noto Sans CJK KR", "Noto Sans KR", "sans-serif"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of a theme.

    Contrast is at least 4.5:1 for text: ``on_*`` is text on that colour; ``text``, ``quiet`` and
    ``*_text`` are text on ``ground``, ``surface`` and ``raised``. It is at least 3:1 for ``edge``,
    the border of input fields, and for ``genuine`` and ``impostor``, the blue and the orange of the
    charts.
    """

    ground: str
    surface: str
    raised: str
    line: str
    edge: str
    text: str
    quiet: str
    accent: str
    on_accent: str
    accept: str
    on_accept: str
    reject: str
    on_reject: str
    wait: str
    on_wait: str
    accent_text: str
    accept_text: str
    reject_text: str
    wait_text: str
    genuine: str
    impostor: str

    def colour(self, name: str) -> QColor:
        """The token ``name`` as a colour."""
        return QColor(getattr(self, name))


DARK = Tokens(
    ground="#0F1419",
    surface="#182029",
    raised="#212C38",
    line="#2A3541",
    edge="#6E8193",
    text="#F2F5F7",
    quiet="#9FB0BF",
    accent="#3D8BFD",
    on_accent="#06121F",
    accept="#2FBF71",
    on_accept="#05170D",
    reject="#E5484D",
    on_reject="#1B0405",
    wait="#F5A524",
    on_wait="#1C1203",
    accent_text="#7DB2FF",
    accept_text="#4FD38C",
    reject_text="#FF8589",
    wait_text="#F5A524",
    genuine="#5AA9E6",
    impostor="#FF9F45",
)
LIGHT = Tokens(
    ground="#F6F8FA",
    surface="#FFFFFF",
    raised="#EDF1F5",
    line="#D9E0E6",
    edge="#7B8A97",
    text="#14202B",
    quiet="#52616E",
    accent="#1B66D2",
    on_accent="#FFFFFF",
    accept="#15784A",
    on_accept="#FFFFFF",
    reject="#C2272D",
    on_reject="#FFFFFF",
    wait="#8A5700",
    on_wait="#FFFFFF",
    accent_text="#1B5FC4",
    accept_text="#15784A",
    reject_text="#C2272D",
    wait_text="#8A5700",
    genuine="#1F77B4",
    impostor="#D0600A",
)
DIM_GROUND = "#07090C"
"""Background of the clock screen."""
DIM_TEXT = "#7C8B99"
"""Text of the clock screen, which is dark in both themes so that it does not light up the corridor.
"""


class Theme(QObject):
    """The theme and the scale in use.

    ``changed`` is emitted when the theme changes, ``scaled`` when the scale does; a screen that is
    hidden then follows when it is shown. ``low`` (controls in the lower half of the screen) applies
    to widgets created after it was set.
    """

    changed = Signal(str)
    scaled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.name = "dark"
        self.reduced_motion = False
        self.low = False
        self.glass = 1.0
        self.portrait = False
        self.default_text_scale = 1.0
        self.revision = 0
        self._text_scale = 1.0

    @property
    def tokens(self) -> Tokens:
        """Colours of the theme in use."""
        return DARK if self.name == "dark" else LIGHT

    @property
    def text_scale(self) -> float:
        """The text size in use, 1.0 to 2.0; ``default_text_scale`` is the one to return to."""
        return self._text_scale

    @text_scale.setter
    def text_scale(self, text_scale: float) -> None:
        self._apply(self.glass, self.portrait, text_scale)

    def reset_text_size(self) -> None:
        """Return to the text size of the settings."""
        self.text_scale = self.default_text_scale

    def set_glass(self, width: int, height: int) -> None:
        """Follow a window of ``width`` × ``height`` logical pixels."""
        portrait = height > width
        across, down = reversed(GLASS) if portrait else GLASS
        low, high = GLASS_RANGE
        exact = min(max(min(width / across, height / down), low), high)
        # down to a step: a little too small is better than a line too long
        steps = math.floor(exact / GLASS_STEP + 1e-6)
        self._apply(round(steps * GLASS_STEP, 2), portrait, self._text_scale)

    def use(self, name: str) -> None:
        """Switch to ``name``, one of ``THEMES``."""
        if name not in THEMES:
            raise ValueError(f"unknown theme {name!r}")
        if name != self.name:
            self.name = name
            self.revision += 1
            self.changed.emit(name)

    def _apply(self, glass: float, portrait: bool, text_scale: float) -> None:
        if (glass, portrait, text_scale) != (self.glass, self.portrait, self._text_scale):
            self.glass = glass
            self.portrait = portrait
            self._text_scale = text_scale
            self.revision += 1
            self.scaled.emit()


@cache
def theme() -> Theme:
    """The theme of this process."""
    return Theme()


def px(length: float) -> int:
    """Logical pixels of ``length`` pixels at scale 1; at least 1 unless it is 0."""
    return max(1, round(length * theme().glass)) if length else 0


def text_px(width: float) -> int:
    """Like ``px``, for a width that holds text: it shrinks no further than type, and follows the
    text size too.
    """
    glass = max(theme().glass, min(1.0, 0.5 + 6 / SIZES[1]))
    return max(1, round(width * glass * theme().text_scale)) if width else 0


def spacing(units: float) -> int:
    """Logical pixels of ``units`` steps of the 8 px grid."""
    return round(units * UNIT * theme().glass)


def touch(size: float = TOUCH) -> int:
    """Logical pixels of a touch target of ``size`` pixels at scale 1; at least ``TOUCH_FLOOR``."""
    return max(round(size * theme().glass), min(round(size), TOUCH_FLOOR))


def type_size(size: float) -> int:
    """Logical pixels of type of ``size`` pixels at scale 1.

    On a small glass it shrinks to ``size / 2 + 6`` at most: 14 to 13, 16 to 14, 64 to 38.
    """
    glass = max(size * theme().glass, min(size, size / 2 + 6))
    return round(glass * theme().text_scale)


def font(size: float, *, bold: bool = False) -> QFont:
    """The interface font of ``size`` pixels at scale 1 (``type_size``), with tabular figures."""
    result = QFont(FONT_FAMILIES)
    result.setPixelSize(type_size(size))
    result.setWeight(QFont.Weight.Bold if bold else QFont.Weight.Normal)
    result.setFeature(QFont.Tag("tnum"), 1)
    return result


def install_font(app: QApplication) -> None:
    """Make the interface font the default of every widget."""
    app.setFont(font(SIZES[1]))


def style_sheet(tokens: Tokens) -> str:
    """assets/kiosk.qss for the glass in use, with ``$names`` replaced.

    Names are those of ``tokens``, ``$icons`` (the icon folder), ``$touch`` (the height of a touch
    target) and ``$field_…`` (a field with a thin or a thick border, equally large); lengths in the
    file are those at scale 1.
    """
    return _style_sheet(tokens, theme().glass)


@lru_cache(maxsize=len(THEMES))
def _style_sheet(tokens: Tokens, glass: float) -> str:
    text = (ASSETS / "kiosk.qss").read_text(encoding="utf-8")
    scaled = re.sub(
        r"\b([1-9]\d*)px", lambda found: f"{max(1, round(int(found[1]) * glass))}px", text
    )
    thin, thick, beside = (max(1, round(n * glass)) for n in (1, 2, 14))
    return StringTemplate(scaled).substitute(
        asdict(tokens),
        icons=(ASSETS / "icons").as_posix(),
        mark="dark" if tokens is DARK else "light",
        dim_ground=DIM_GROUND,
        dim_text=DIM_TEXT,
        touch=f"{touch()}px",
        field_thin=f"padding: 0 {beside}px; min-height: {touch() - 2 * thin}px",
        field_thick=f"padding: 0 {beside - thick + thin}px; min-height: {touch() - 2 * thick}px",
    )
