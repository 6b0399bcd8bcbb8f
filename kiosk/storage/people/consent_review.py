"""Whose consents are missing, and whose have to be asked for again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kiosk.core.consent import ConsentKind, ConsentTerms, changed_materially
from kiosk.core.consent_due import ConsentDue
from kiosk.storage.people import consent_store
from kiosk.storage.store import Store


def review_consents(store: Store, terms: ConsentTerms) -> list[ConsentDue]:
    """Return everybody who has to be asked, by number; ``terms``: those of today."""
    return store.database.call(_review, store, terms)


def _review(store: Store, terms: ConsentTerms) -> list[ConsentDue]:
    sql = store.database.connection
    stated = {
        version: _parsed(document)
        for version, document in sql.execute("SELECT version, terms FROM consent_versions")
    }
    rows = sql.execute(
        f"SELECT id, number, name, {consent_store.IN_FORCE},"
        " EXISTS (SELECT 1 FROM templates WHERE person_id = people.id)"
        " FROM people ORDER BY number"
    ).fetchall()
    found = []
    for person_id, number, name, stored, has_face in rows:
        given = {consent.kind: consent for consent in consent_store.in_force(stored)}
        needed = [ConsentKind.PERSONAL, *([ConsentKind.FACE] if has_face else [])]
        missing = tuple(kind for kind in needed if kind not in given)
        outdated = tuple(
            kind
            for kind, consent in given.items()
            if changed_materially(kind, stated.get(consent.version), terms)
        )
        if missing or outdated:
            found.append(ConsentDue(person_id, number, name, missing, outdated))
    return found


def _parsed(document: str) -> Mapping[str, Any]:
    found = json.loads(document)
    return found if isinstance(found, dict) else {}
