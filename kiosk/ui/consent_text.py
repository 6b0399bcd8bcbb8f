"""The words of the consent as one text, to be kept by version."""

from __future__ import annotations

from kiosk.ui.catalogue import catalogue

PARTS = ("stored", "purpose", "kept", "withdraw")
"""What the text says, in order, each with a heading."""


def consent_text(code: str, days: int) -> str:
    """Everything that is shown to somebody who is asked, in language ``code``; the name stands as ``{name}``.

    ``days``: how long rows of the log are kept.
    """
    parts = [f"enrol.consent.{part}{end}" for part in PARTS for end in ("", "_text")]
    words = [catalogue(code)[key] for key in ("enrol.consent.intro", *parts, "enrol.consent.agree")]
    return "\n".join(words).replace("{days}", str(days))
