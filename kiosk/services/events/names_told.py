"""How messages to other machines name a person."""

from __future__ import annotations

from kiosk.core.masking import masked, masked_number, masked_typed


def person_told(style: str, name: str, number: str) -> str:
    """Return how a person is named; ``style``: one of the choices of ``notify.names``.

    A typed number that belongs to nobody is never told: it may be somebody's PIN.
    """
    if not name:
        return masked_typed(number) if number and style != "none" else ""
    if style == "full":
        return f"{name} ({number})" if number else name
    if style == "number":
        return number
    if style == "masked":
        return f"{masked(name)} ({masked_number(number)})" if number else masked(name)
    return ""
