"""Use a third language on real screens, in a process of its own.

Run as ``python -m tests.helpers.third_language_screens FOLDER`` with a copy of the languages in
FOLDER. A process of its own, because screens that other tests have left behind know the shipped
languages only and follow every switch.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

from PySide6.QtWidgets import QApplication

from kiosk.core import languages
from kiosk.core.config import Config
from kiosk.core.consent import ConsentKind, ConsentTerms
from kiosk.core.settings import settings_of
from kiosk.ui.consent_text import consent_text
from kiosk.ui.i18n import language, other_language, tr, tr_in
from kiosk.ui.screens.consent.consent_view import ConsentView
from kiosk.ui.screens.settings.setting_line import description_of
from kiosk.ui.screens.system.wizard_screen import WizardScreen
from kiosk.ui.theme import install_font, style_sheet, theme
from kiosk.ui.widgets.appearance_switches import LanguageSwitch
from kiosk.ui.widgets.bilingual_headline import BilingualHeadline
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import Label
from tests.helpers.screens import admin_with_every_page
from tests.ui.conftest import clipped


def main() -> None:
    languages.FOLDER = Path(sys.argv[1])
    languages.languages.cache_clear()
    application = QApplication([])
    check_switch()
    check_plurals()
    check_consent()
    check_settings()
    check_wizard()
    check_rail()
    application.quit()


def check_switch() -> None:
    """The switch lists the language; words follow it, and English stands in for what it lacks."""
    switch = LanguageSwitch("switch")
    words = Label("common.back")
    headline = BilingualHeadline("headline")
    headline.set_key("common.back")
    button = switch.findChild(Button, "switch.fr")
    assert button is not None and button.text() == "FR"
    button.click()
    assert (language().code, words.text(), other_language()) == ("fr", "Retour", "ko")
    assert headline.headline.text() == "Retour" and headline.other.text() == "뒤로"
    assert tr("common.cancel") == tr_in("en", "common.cancel")


def check_plurals() -> None:
    """The plural rule of the language counts."""
    assert [tr("test.rows", n=n) for n in (0, 1, 2)] == ["0 ligne", "1 ligne", "2 lignes"]


def check_consent() -> None:
    """The consent text is the one of the folder, on the screen and as stored."""
    consent = ConsentView("consent")
    consent.begin("Anne")
    assert consent.read_in() == "fr" and consent.intro.text().startswith("Anne, votre accord")
    text = consent_text(ConsentKind.FACE, "fr", ConsentTerms(log_days=30))
    assert (text.title, text.parts[3].text) == ("Accord sur le visage", "30 jours.")
    assert text.parts[2].text.startswith("To recognise you"), "English stands in"


def check_settings() -> None:
    """A description in the folder is shown; English stands in for the others."""
    by_key = {setting.key: setting for setting in settings_of(Config())}
    assert description_of(by_key["ui.language"]) == "Langue au démarrage"
    assert description_of(by_key["ui.theme"]) == by_key["ui.theme"].spec.descriptions["en"]


def check_wizard() -> None:
    """The first start offers the language by its own name."""
    wizard = WizardScreen()
    button = wizard.findChild(Button, "wizard.language.fr")
    assert button is not None and button.text() == "français" and button.isChecked()


def check_rail() -> None:
    """The staff's rail has room for the switch at the largest text."""
    install_font(cast(QApplication, QApplication.instance()))
    theme().text_scale = 1.2
    screen = admin_with_every_page()
    screen.setStyleSheet(style_sheet(theme().tokens))
    screen.resize(1280, 800)
    screen.show()
    QApplication.processEvents()
    assert clipped(screen) == [] and screen.size().toTuple() == (1280, 800)


if __name__ == "__main__":
    main()
