"""Who has to be asked for a consent."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.consent import ConsentKind


@dataclass(frozen=True, slots=True)
class ConsentDue:
    """What one person has to be asked.

    ``missing``: consents that what is stored of them needs, and that are not in force.
    ``outdated``: in force, but to terms that changed materially since.
    """

    person_id: int
    number: str
    name: str
    missing: tuple[ConsentKind, ...]
    outdated: tuple[ConsentKind, ...]
