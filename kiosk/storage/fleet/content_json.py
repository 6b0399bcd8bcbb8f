"""The content of facts as JSON, for the rows of conflicts; faces apart, so that they are sealed."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import numpy as np

from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.fleet import Content, FleetAccount, FleetCard, FleetPerson
from kiosk.core.templates import Template
from kiosk.storage.people.vector_blobs import from_blob, to_blob

_MOMENTS = frozenset({"created_at", "pin_set_at", "pin_given_at", "given_at"})
_DAYS = frozenset({"valid_from", "valid_until"})


def to_json(content: Content) -> str:
    """Return ``content`` without the templates of a person."""
    if isinstance(content, FleetPerson):
        plain = dataclasses.asdict(dataclasses.replace(content, templates=()))
        return _text({"person": plain})
    if isinstance(content, FleetAccount):
        return _text({"account": dataclasses.asdict(content)})
    return _text({"other": dict(content) if isinstance(content, dict) else content})


def from_json(text: str, templates: Sequence[Template] = ()) -> Content:
    """Return what ``to_json`` wrote, with ``templates``."""
    ((kind, value),) = json.loads(text).items()
    if kind == "other":
        return value  # type: ignore[no-any-return]
    fields = _fields(value)
    if kind == "account":
        return FleetAccount(**fields)
    fields["consents"] = tuple(
        Consent(**(_fields(one) | {"kind": ConsentKind(one["kind"])})) for one in value["consents"]
    )
    fields["cards"] = tuple(FleetCard(**_fields(one)) for one in value["cards"])
    fields["groups"] = tuple(value["groups"])
    return FleetPerson(**(fields | {"templates": tuple(templates)}))


def faces_to_bytes(templates: Sequence[Template]) -> bytes:
    """Return templates as bytes to be sealed."""
    return json.dumps(
        [
            [
                one.embedder_id,
                one.pose,
                one.quality,
                one.look,
                base64.b64encode(to_blob(one.vector)).decode(),
            ]
            for one in templates
        ]
    ).encode()


def faces_from_bytes(plain: bytes) -> tuple[Template, ...]:
    """Return what ``faces_to_bytes`` wrote."""
    found = []
    for embedder_id, pose, quality, look, encoded in json.loads(plain):
        blob = base64.b64decode(encoded)
        vector = from_blob(blob, len(blob) // np.dtype("<f4").itemsize)
        found.append(Template(0, embedder_id, vector, pose, quality, None, look))
    return tuple(found)


def _fields(value: dict[str, Any]) -> dict[str, Any]:
    return {name: _read(name, one) for name, one in value.items()}


def _read(name: str, value: Any) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if name in _MOMENTS:
        return datetime.fromisoformat(value)
    if name in _DAYS:
        return date.fromisoformat(value)
    return time.fromisoformat(value) if name == "until_time" else value


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(value: Any) -> str:
    assert isinstance(value, date | datetime | time)
    return value.isoformat()
