"""Switches of the interface language and of the theme."""

from __future__ import annotations

from kiosk.core.languages import language_codes
from kiosk.ui.i18n import language
from kiosk.ui.theme import theme
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
