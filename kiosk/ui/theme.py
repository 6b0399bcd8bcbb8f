"""Design tokens, and the style sheet made from them for both themes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from string import Template as StringTemplate

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QApplication

from kiosk.core.paths import ASSETS

THEMES = ("dark", "light")

UNIT = 8
"""Grid step in logical pixels."""
RADIUS = 16
"""Corner radius in logical pixels."""
TOUCH = 48
"""Minimum size of a touch target, in logical pixels."""
DOOR_TOUCH = 64
"""Minimum size of a touch target on the door screen."""
SIZES = (14, 16, 20, 28, 44, 64)
"""Font sizes in logical pixels."""
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
    """The theme in use; ``changed`` is emitted when it changes.

    ``text_scale`` and ``low`` (controls in the lower half of the screen) apply to widgets created
    after they were set.
    """

    changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.name = "dark"
        self.reduced_motion = False
        self.text_scale = 1.0
        self.low = False

    @property
    def tokens(self) -> Tokens:
        """Colours of the theme in use."""
        return DARK if self.name == "dark" else LIGHT

    def use(self, name: str) -> None:
        """Switch to ``name``, one of ``THEMES``."""
        if name not in THEMES:
            raise ValueError(f"unknown theme {name!r}")
        if name != self.name:
            self.name = name
            self.changed.emit(name)


@cache
def theme() -> Theme:
    """The theme of this process."""
    return Theme()


def font(size: int, *, bold: bool = False) -> QFont:
    """The interface font at ``size`` logical pixels times the theme's ``text_scale``, with tabular
    figures.
    """
    result = QFont(FONT_FAMILIES)
    result.setPixelSize(round(size * theme().text_scale))
    result.setWeight(QFont.Weight.Bold if bold else QFont.Weight.Normal)
    result.setFeature(QFont.Tag("tnum"), 1)
    return result


def install_font(app: QApplication) -> None:
    """Make the interface font the default of every widget."""
    app.setFont(font(SIZES[1]))


def style_sheet(tokens: Tokens) -> str:
    """assets/kiosk.qss with ``$names`` replaced by ``tokens`` and ``$icons`` by the icon folder."""
    template = StringTemplate((ASSETS / "kiosk.qss").read_text(encoding="utf-8"))
    mark = "dark" if tokens is DARK else "light"
    return template.substitute(
        asdict(tokens),
        icons=(ASSETS / "icons").as_posix(),
        mark=mark,
        dim_ground=DIM_GROUND,
        dim_text=DIM_TEXT,
    )
