"""People who gave every consent, to be enrolled with a face."""

from __future__ import annotations

from datetime import datetime

from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.people import Person


def consenting(number: str, name: str, at: datetime, language: str = "ko") -> Person:
    """Return a person who agreed to personal data and to the face at the time ``at``."""
    kinds = (ConsentKind.PERSONAL, ConsentKind.FACE)
    return Person(
        number,
        name,
        consented_at=at,
        consent_language=language,
        consents=tuple(Consent(kind, at, language) for kind in kinds),
    )
