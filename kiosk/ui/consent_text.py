"""The texts of consent in every language, with what a site states filled in."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.core.consent import PARTS, ConsentKind, ConsentTerms
from kiosk.core.consent_texts import ConsentPart, ConsentText, SiteTexts, stands_out
from kiosk.core.languages import language_codes
from kiosk.ui.catalogue import tr_in


def consent_text(
    kind: ConsentKind, code: str, terms: ConsentTerms, site: SiteTexts | None = None
) -> ConsentText:
    """Return the text of one consent in the language ``code``.

    ``site``: the site's own texts, in place of the parts of the catalogue.
    """
    own = site.texts[code].get(kind) if site else None
    parts = []
    for name in PARTS:
        heading = tr_in(code, f"consent.part.{name}")
        text = _filled(own[name], terms) if own else _of_catalogue(code, kind, name, terms)
        parts.append(ConsentPart(name, heading, text, stands_out(kind, name)))
    return ConsentText(
        kind,
        code,
        tr_in(code, f"consent.{kind}.title"),
        (_controller(code, terms), *parts),
        tr_in(code, f"consent.{kind}.agree"),
    )


def consent_texts(
    code: str, terms: ConsentTerms, site: SiteTexts | None = None, *, face: bool = True
) -> Sequence[ConsentText]:
    """Return the texts of all consents to ask for, in order; ``face``: with that for the face."""
    return [consent_text(kind, code, terms, site) for kind in terms.kinds(face=face)]


def stored_texts(
    terms: ConsentTerms, site: SiteTexts | None = None
) -> dict[ConsentKind, dict[str, str]]:
    """Return all texts by kind and language, as they are stored with their version."""
    return {
        kind: {code: consent_text(kind, code, terms, site).plain() for code in language_codes()}
        for kind in terms.kinds()
    }


def _controller(code: str, terms: ConsentTerms) -> ConsentPart:
    unnamed = tr_in(code, "consent.unnamed")
    text = tr_in(
        code,
        "consent.controller",
        controller=terms.controller or unnamed,
        contact=terms.contact or unnamed,
    )
    return ConsentPart("controller", tr_in(code, "consent.part.controller"), text)


def _of_catalogue(code: str, kind: ConsentKind, name: str, terms: ConsentTerms) -> str:
    key = f"consent.{kind}.{name}"
    if kind is ConsentKind.FACE and name == "purpose" and terms.fleet:
        key = f"{key}_fleet"
    lines = [tr_in(code, key, **_values(terms))]
    if kind is ConsentKind.FACE and name == "items" and terms.looks:
        lines.append(tr_in(code, f"{key}_looks", looks=terms.looks))
    if kind is ConsentKind.PERSONAL and name == "items" and terms.signature:
        lines.append(tr_in(code, f"{key}_signature"))
    if kind is ConsentKind.PERSONAL and name == "items" and terms.notified:
        lines.append(tr_in(code, f"consent.notified.{terms.notified}"))
    if kind is ConsentKind.PERSONAL and name == "items" and terms.fleet:
        lines.append(tr_in(code, f"{key}_fleet"))
    return "\n".join(lines)


def _values(terms: ConsentTerms) -> dict[str, object]:
    return {
        "controller": terms.controller,
        "contact": terms.contact,
        "days": terms.log_days,
        "backup_days": terms.backup_days,
        "staff_days": max(terms.log_days, terms.staff_days),
        "looks": terms.looks,
    }


def _filled(text: str, terms: ConsentTerms) -> str:
    return text.format(**_values(terms))
