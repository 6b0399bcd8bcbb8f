"""Read the JSON of a body that somebody else may have written: every field checked and bounded."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, TypeVar

from kiosk.core.errors import FleetError
from kiosk.core.parsed_json import parse_json
from kiosk.fleet.trust.feed_lines import from_microseconds

MOST_BYTES = 4_000_000
"""A longer body is refused."""

_UNREADABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_SPACES = str.maketrans("\n\r\t", "   ")
_Value = TypeVar("_Value")


class BodyRefused(FleetError):
    """A body is not what the program writes; the one fact is refused, the node goes on."""

    key = "error.fleet_body"

    def __init__(self, what: str, why: str) -> None:
        super().__init__(
            f"The fleet's entry for {what} cannot be read because {why};"
            " update this node, or write the entry again at a node that has it.",
            what=what,
        )


class BodyFields:
    """The fields of one JSON object. ``what`` names the object in errors.

    Every method takes a field out and raises ``BodyRefused`` unless it has the expected type and
    bounds; ``end`` raises it if a field is left.
    """

    def __init__(self, what: str, fields: object) -> None:
        self.what = what
        if not isinstance(fields, dict):
            raise self.refused("it is no object")
        self._fields: dict[str, Any] = dict(fields)

    @classmethod
    def parse(cls, what: str, body: bytes) -> BodyFields:
        """Return the fields of the JSON object ``body``."""
        if len(body) > MOST_BYTES:
            raise BodyRefused(what, "it is too long")
        try:
            return cls(what, parse_json(body))
        except ValueError:
            raise BodyRefused(what, "it is no JSON") from None

    def refused(self, why: str) -> BodyRefused:
        """Return the error for this object."""
        return BodyRefused(self.what, why)

    def end(self) -> None:
        """Raise ``BodyRefused`` if there are fields that this program does not know."""
        for name in sorted(self._fields):
            raise self.refused(f"it has the unknown field {name[:40]!r}")

    def has(self, name: str) -> bool:
        """Return whether there is a field of that name."""
        return name in self._fields

    def version(self, known: int = 1) -> None:
        """Take the number of the format; that of a newer program is refused."""
        self.integer("v", known, known)

    def text(self, name: str, most: int = 200) -> str:
        """Take a text of at most ``most`` characters, none of them a control character."""
        return self._readable(name, self._take(name, str), most)

    def lines(self, name: str, most: int) -> str:
        """Take a text of at most ``most`` characters that may have several lines and tabs."""
        value: str = self._take(name, str)
        self._readable(name, value.translate(_SPACES), most)
        return value

    def base64(self, name: str) -> bytes:
        """Take bytes that are written in base64."""
        try:
            return base64.b64decode(self._take(name, str), validate=True)
        except ValueError:
            raise self.refused(f"its {name} is no base64") from None

    def integer(self, name: str, least: int, most: int) -> int:
        """Take a whole number from ``least`` to ``most``."""
        value: int = self._take(name, int)
        if isinstance(value, bool) or not least <= value <= most:
            raise self.refused(f"its {name} is out of bounds")
        return value

    def number(self, name: str) -> float:
        """Take a finite number."""
        value = self._fields.pop(name, None)
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15:
            raise self.refused(f"its {name} is no number")
        return float(value)

    def flag(self, name: str) -> bool:
        """Take true or false."""
        value: bool = self._take(name, bool)
        return value

    def hexed(self, name: str, length: int) -> bytes:
        """Take exactly ``length`` bytes, written as lower-case hexadecimal digits."""
        text = self.text(name, 2 * length)
        try:
            value = bytes.fromhex(text)
        except ValueError:
            value = b""
        if len(value) != length or value.hex() != text:
            raise self.refused(f"its {name} is not {length} bytes")
        return value

    def moment(self, name: str) -> datetime:
        """Take a time, written as microseconds since 1970."""
        return from_microseconds(self.integer(name, 0, 250_000_000_000_000_000))

    def day(self, name: str) -> date:
        """Take a date, written as 2026-03-02."""
        return self._parsed(name, date.fromisoformat)

    def hour(self, name: str) -> time:
        """Take a local time of day, written as 18:00:00."""
        value = self._parsed(name, time.fromisoformat)
        if value.tzinfo is not None:
            raise self.refused(f"its {name} has a time zone")
        return value

    def optional(self, name: str, take: Callable[[str], _Value]) -> _Value | None:
        """Take a field by ``take``; ``None`` where it is missing."""
        return take(name) if self.has(name) else None

    def texts(self, name: str, most: int, length: int = 200) -> tuple[str, ...]:
        """Take a list of at most ``most`` different texts."""
        values = [self._readable(name, value, length) for value in self.entries(name, most)]
        if len(set(values)) != len(values):
            raise self.refused(f"its {name} has one entry twice")
        return tuple(values)

    def objects(self, name: str, most: int) -> list[BodyFields]:
        """Take a list of at most ``most`` objects."""
        return [BodyFields(self.what, value) for value in self.entries(name, most)]

    def nested(self, name: str) -> BodyFields:
        """Take an object."""
        return BodyFields(self.what, self._fields.pop(name, None))

    def entries(self, name: str, most: int) -> list[Any]:
        """Take a list of at most ``most`` values of any kind."""
        values: list[Any] = self._take(name, list)
        if len(values) > most:
            raise self.refused(f"its {name} is too long")
        return values

    def rest(self) -> Mapping[str, Any]:
        """Take all fields that are left, unchecked."""
        rest, self._fields = self._fields, {}
        return rest

    def _parsed(self, name: str, parse: Callable[[str], _Value]) -> _Value:
        try:
            return parse(self.text(name, 30))
        except ValueError:
            raise self.refused(f"its {name} is no date or time") from None

    def _take(self, name: str, kind: type) -> Any:
        value = self._fields.pop(name, None)
        if not isinstance(value, kind):
            raise self.refused(f"its {name} is missing or of another kind")
        return value

    def _readable(self, name: str, value: object, most: int) -> str:
        if not isinstance(value, str) or len(value) > most:
            raise self.refused(f"its {name} is no text or too long")
        if _UNREADABLE.search(value):
            raise self.refused(f"its {name} has characters that no text has")
        return value
