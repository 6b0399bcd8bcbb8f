"""Switches of the interface language, of the theme and of the text size."""

from __future__ import annotations

from kiosk.core.languages import language_codes
from kiosk.ui.i18n import language
from kiosk.ui.theme import TEXT_SCALES, theme
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.forms.segmented_control import SegmentedControl


class LanguageSwitch(SegmentedControl):
    """Switches the language of the whole interface."""

    def __init__(self, name: str = "language") -> None:
        options = [(code, f"common.language.short.{code}") for code in language_codes()]
        super().__init__(name, options, value=language().code)
        self.chosen.connect(language().use)
        language().changed.connect(self.set_value)


class ThemeSwitch(SegmentedControl):
    """Switches the theme of the whole interface."""

    def __init__(self, name: str = "theme") -> None:
        super().__init__(
            name,
            [("dark", ""), ("light", "")],
            value=theme().name,
            icons={"dark": "moon", "light": "sun"},
            hints={"dark": "common.theme.dark", "light": "common.theme.light"},
        )
        self.chosen.connect(theme().use)
        theme().changed.connect(self.set_value)


class ThemeButton(Button):
    """A single button for both themes; shows the theme that it switches to."""

    def __init__(self, name: str = "theme") -> None:
        super().__init__("", "ghost", "sun", name=name)
        self.clicked.connect(self._switch)
        theme().changed.connect(self._show)
        self._show("")

    def _switch(self) -> None:
        theme().use(self._other())

    def _show(self, _name: str) -> None:
        self._hint = f"common.theme.{self._other()}"
        self.set_icon("sun" if self._other() == "light" else "moon")
        self._retranslate()

    @staticmethod
    def _other() -> str:
        return "light" if theme().name == "dark" else "dark"


class TextSizeSwitch(Button):
    """A single button for all text sizes: each touch enlarges, the last one goes back.

    ``Theme.reset_text_size`` ends what a visitor chose.
    """

    def __init__(self, name: str = "textSize") -> None:
        super().__init__("", "ghost", "text-size", name=name)
        self.clicked.connect(self._switch)
        theme().scaled.connect(self._show)
        self._show()

    def _switch(self) -> None:
        theme().text_scale = self._next()

    def _show(self) -> None:
        usual = self._next() == theme().default_text_scale
        self._hint = "common.text_size.usual" if usual else "common.text_size.larger"
        self._retranslate()

    @staticmethod
    def _next() -> float:
        larger = (scale for scale in TEXT_SCALES if scale > theme().text_scale)
        return next(larger, theme().default_text_scale)
