"""Checks of keyboards, Hangul, card readers and the search for codes."""

from __future__ import annotations

import re

import numpy as np

from kiosk.app.doctor.check_messages import check_message
from kiosk.app.keyboard_detection import keyboards
from kiosk.core.config import CardsConfig, Config
from kiosk.core.view_models import Check, CheckLevel
from kiosk.ui.widgets.keyboard.real_keyboard import input_method_of
from kiosk.vision.detection.code_reader import qr_code
from kiosk.vision.detection.isolated_code_search import IsolatedCodeSearch

_NO_KEYBOARD = re.compile(r"receiver|unifying|dongle|kvm|switch|mouse", re.IGNORECASE)
_READER = re.compile(r"reader|rfid|nfc|scanner|bar ?code|wedge|card", re.IGNORECASE)
"""Words in the names of devices that count as keyboards to the kernel."""

_TEXT = "MNJ1.CHECK"


def keyboard_check(config: Config) -> Check:
    """Report what counts as a keyboard, and so hides the one on the screen."""
    chosen = config.ui.on_screen_keyboard
    names = keyboards()
    if names is None:
        return check_message("keyboard", CheckLevel.OK, "keyboards_unseen", mode=chosen)
    if not names:
        if chosen == "never":
            return check_message("keyboard", CheckLevel.WARNING, "keyboard_none", "keyboard_auto")
        return check_message("keyboard", CheckLevel.OK, "keyboard_on_screen")
    listed = ", ".join(dict.fromkeys(names))
    doubtful = all(_NO_KEYBOARD.search(name) or _READER.search(name) for name in names)
    if chosen == "auto" and doubtful:
        return check_message(
            "keyboard", CheckLevel.WARNING, "keyboards", "keyboard_doubtful", names=listed
        )
    return check_message("keyboard", CheckLevel.OK, "keyboards", names=listed)


def hangul_check() -> Check:
    """Report who composes Hangul typed on a real keyboard."""
    name = input_method_of()
    if name:
        return check_message("hangul", CheckLevel.OK, "hangul_input_method", method=name)
    return check_message("hangul", CheckLevel.OK, "hangul_here")


def reader_check(config: Config) -> Check:
    """Report how card readers that type are told apart from people."""
    cards = config.cards
    if not cards.reader:
        return check_message("reader", CheckLevel.OK, "reader_off")
    names = [name for name in keyboards() or [] if _READER.search(name)]
    return check_message(
        "reader",
        CheckLevel.OK,
        "reader_seen" if names else "reader_on",
        names=", ".join(dict.fromkeys(names)),
        least=cards.min_length,
        gap=f"{cards.gap_ms:g}",
    )


def codes_check(config: Config) -> Check:
    """Check that a badge held to the camera would be read."""
    if not config.cards.camera:
        return check_message("codes", CheckLevel.OK, "codes_off")
    try:
        codes = _searched(config.cards)
    except OSError as error:
        return check_message("codes", CheckLevel.PROBLEM, "codes_fail", "make_run", why=error)
    if codes is None:
        return check_message("codes", CheckLevel.WARNING, "codes_slow", "codes_slow")
    if _TEXT not in codes:
        return check_message("codes", CheckLevel.PROBLEM, "codes_unread", "make_run")
    return check_message("codes", CheckLevel.OK, "codes_read")


def _searched(cards: CardsConfig) -> tuple[str, ...] | None:
    """Return the texts found in a drawn code; ``None`` where the search was cut short."""
    drawn = np.kron(np.where(qr_code(_TEXT), 0, 255), np.ones((5, 5))).astype(np.uint8)
    search = IsolatedCodeSearch(cards.bar_codes, cards.search_ms / 1000)
    try:
        codes = search.look(drawn)
    finally:
        search.close()
    return None if codes is None else codes.qr
