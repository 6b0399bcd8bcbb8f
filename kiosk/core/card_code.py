"""The code of a card, the same however the keyboard was set when its reader typed it."""

from __future__ import annotations

import unicodedata

from kiosk.core.hangul import latin_keys


def card_code(typed: str) -> str:
    """Return the code of a card from what its reader typed.

    Caps Lock, Hangul in place of Latin letters and full-width characters make no difference, nor do
    control characters and blanks around the code.
    """
    text = unicodedata.normalize("NFKC", latin_keys(typed))
    return "".join(filter(str.isprintable, text)).strip().upper()


def card_code_forms(typed: str) -> tuple[str, ...]:
    """Return the forms in which the card may be stored, the likeliest first.

    Cards were stored as they were typed once, in capitals or small letters.
    """
    code = card_code(typed)
    return tuple(dict.fromkeys((typed, code, code.lower())))
