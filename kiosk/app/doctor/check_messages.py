"""Results of checks in the words of the catalogues; the terminal shows them in English."""

from __future__ import annotations

from dataclasses import replace

from kiosk.core.errors import KioskError
from kiosk.core.languages import TERMINAL_LANGUAGE
from kiosk.core.view_models import Check, CheckLevel
from kiosk.ui.catalogue import tr_in


def ok(name: str, text: str) -> Check:
    """Return a passed check; ``text`` reads the same in every language."""
    return Check(name, CheckLevel.OK, text)


def check_message(
    name: str, level: CheckLevel, found: str, advice: str = "", **values: object
) -> Check:
    """Return a check with the messages ``doctor.found.<found>`` and ``doctor.advice.<advice>``."""
    return check_of_keys(
        name, level, f"doctor.found.{found}", f"doctor.advice.{advice}" if advice else "", **values
    )


def check_of_keys(
    name: str, level: CheckLevel, key: str, advice_key: str = "", **values: object
) -> Check:
    """Return a check with the messages ``key`` and ``advice_key``."""
    words = {name: str(value) for name, value in values.items()}
    return Check(
        name,
        level,
        tr_in(TERMINAL_LANGUAGE, key, **words),
        tr_in(TERMINAL_LANGUAGE, advice_key, **words) if advice_key else "",
        key,
        words,
        advice_key,
    )


def check_failed(name: str, found: str, error: KioskError) -> Check:
    """Return a check that ``error`` failed, with its sentence as the advice."""
    return replace(
        check_of_keys(name, CheckLevel.PROBLEM, f"doctor.found.{found}", error.key, **error.values),
        advice=str(error),
    )
