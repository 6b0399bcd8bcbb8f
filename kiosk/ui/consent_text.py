"""The consent text as one string, to be stored by version."""

from __future__ import annotations

from kiosk.ui.catalogue import find_message

PARTS = ("stored", "purpose", "kept", "withdraw")
"""The sections of the text in order, each with a heading."""


def consent_text(code: str, days: int) -> str:
    """Return the text shown in language ``code``, with the name left as ``{name}``.

    ``days``: the retention period of the access log.
    """
    parts = [f"enrol.consent.{part}{end}" for part in PARTS for end in ("", "_text")]
    words = [
        find_message(code, key) for key in ("enrol.consent.intro", *parts, "enrol.consent.agree")
    ]
    return "\n".join(words).replace("{days}", str(days))
