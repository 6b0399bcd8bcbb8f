"""The separate consents that a person gives, and when they have to be asked again.

Korea's Personal Information Protection Act (PIPA) asks for the consent to sensitive data apart
from the consent to other personal data (articles 15, 22 and 23).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from kiosk.core.errors import EnrolError


class ConsentKind(StrEnum):
    """What a consent is about."""

    PERSONAL = "personal"
    """Personal data needed to be enrolled at all; required (PIPA articles 15 and 22)."""
    FACE = "face"
    """Templates and comparisons of the face, which are sensitive data; optional (article 23)."""
    ATTENDANCE = "attendance"
    """Hours of presence worked out from the access log; optional, asked only where a site does."""


REQUIRED = frozenset({ConsentKind.PERSONAL})
"""Without these nobody is enrolled; all others may be refused."""

PARTS = ("items", "purpose", "kept", "refusal", "withdraw")
"""The parts of each text in order."""

STANDS_OUT = {
    ConsentKind.PERSONAL: frozenset({"kept"}),
    ConsentKind.FACE: frozenset({"items", "kept"}),
    ConsentKind.ATTENDANCE: frozenset({"kept"}),
}
"""Parts shown larger, bold and coloured: sensitive data and retention periods.

Enforcement decree of PIPA, article 17 paragraph 3; the Commission's notice on the ways of
processing personal data, article 4, asks for letters larger by a fifth.
"""

EDITIONS: Mapping[ConsentKind, str] = {
    ConsentKind.PERSONAL: "1",
    ConsentKind.FACE: "1",
    ConsentKind.ATTENDANCE: "1",
}
"""Raised by hand when a text of the catalogues says something else than before, so that everybody
is asked again; not for a mended spelling."""


NOTIFIED = ("", "none", "masked", "number", "full")
"""How much messages that leave the kiosk say of a person, from nothing to name and number."""


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent in force. ``version``: of the texts; ``None`` where none was stored with it."""

    kind: ConsentKind
    given_at: datetime
    language: str = ""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class ConsentTerms:
    """What the texts state that differs from site to site.

    ``controller``: who is responsible; ``contact``: whom to ask; both may be empty.
    ``log_days``: retention of the access log; ``staff_days``: of the staff log, which the law asks
    for, so that a longer one asks nobody again; ``backup_days``: until the last backup with a name
    is replaced. ``looks``: how many looks of later days a member may add. ``attendance``,
    ``signature``: whether these are asked for. ``notified``: how messages that leave the kiosk name
    a person, one of ``NOTIFIED``; empty if none leave. ``editions``: of each text. ``fleet``:
    whether several doors share the list through a database server.
    """

    controller: str = ""
    contact: str = ""
    log_days: int = 90
    backup_days: int = 14
    looks: int = 0
    attendance: bool = False
    signature: bool = False
    notified: str = ""
    editions: Mapping[ConsentKind, str] = field(default_factory=lambda: EDITIONS)
    fleet: bool = False
    staff_days: int = 730

    def kinds(self, *, face: bool = True) -> tuple[ConsentKind, ...]:
        """Return the consents to ask for, in order; ``face``: of somebody who may use theirs."""
        asked = {ConsentKind.FACE: face, ConsentKind.ATTENDANCE: self.attendance}
        return tuple(kind for kind in ConsentKind if asked.get(kind, True))

    def document(self) -> dict[str, Any]:
        """Return what later terms are compared with, ready to be stored as JSON."""
        return {
            "controller": self.controller,
            "log_days": self.log_days,
            "backup_days": self.backup_days,
            "looks": self.looks,
            "notified": self.notified,
            "editions": {str(kind): edition for kind, edition in self.editions.items()},
            # only where it is so: elsewhere the terms stay the ones that were stored before
            **({"fleet": True} if self.fleet else {}),
        }


def changed_materially(
    kind: ConsentKind, agreed: Mapping[str, Any] | None, now: ConsentTerms
) -> bool:
    """Return whether a consent to the terms ``agreed`` does not cover the terms of today.

    That is so after a new edition of the text, another controller, a longer retention, messages
    that say more of a person, a list that is shared with other doors, or, for the face, more looks;
    a new contact or a shorter retention
    asks nobody again. ``agreed``: as ``ConsentTerms.document`` returned it; ``None`` or empty for a
    consent from before there were separate ones, which covers what it said but is not separate.
    """
    if not agreed:
        return True
    return (
        agreed.get("editions", {}).get(str(kind)) != now.editions[kind]
        or agreed.get("controller") != now.controller
        or _longer(agreed, "log_days", now.log_days)
        or (kind is not ConsentKind.ATTENDANCE and now.fleet and not agreed.get("fleet"))
        or (kind is ConsentKind.PERSONAL and _longer(agreed, "backup_days", now.backup_days))
        or (kind is ConsentKind.PERSONAL and _says_more(agreed.get("notified"), now.notified))
        or (kind is ConsentKind.FACE and _longer(agreed, "looks", now.looks))
    )


def require_consents(consents: Iterable[Consent]) -> None:
    """Raise ``EnrolError`` unless everything without which nobody is enrolled was agreed to."""
    if not {consent.kind for consent in consents} >= REQUIRED:
        raise EnrolError(
            "Ask for the consent to personal data first; nobody is enrolled without it.",
            key="error.no_personal_consent",
        )


def _says_more(agreed: object, now: str) -> bool:
    return agreed not in NOTIFIED or NOTIFIED.index(now) > NOTIFIED.index(agreed)


def _longer(agreed: Mapping[str, Any], name: str, now: int) -> bool:
    before = agreed.get(name)
    return not isinstance(before, int) or now > before
