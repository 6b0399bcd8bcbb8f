"""Show addresses of cameras and locks without anything that may be a user or a password.

People write passwords into addresses in every way, also in ways that no standard knows: unescaped,
in the path, behind one slash. What cannot be told apart for sure is not shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

STARS = "***"
"""Stands for whatever is not shown."""

HIDDEN = f"{STARS}@"
"""Stands for the user and password inside an address."""

HIDDEN_PATH = f"/{STARS}"
"""Stands for a path of which not every part is known to be harmless."""

HIDDEN_QUERY = f"?{STARS}"
"""Stands for the query of an address, which may hold a password too."""

ADVICE = "write @ / ? # : in a password as %40 %2F %3F %23 %3A"
"""What to do about an address that cannot be told apart."""

_ADDRESS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?P<login>[^/?#@\s]*@)?"
    r"(?P<host>[a-z0-9][a-z0-9.-]*|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>\d{1,5}))?"
    r"(?P<path>/[^?#@\s]*)?"
    r"(?P<rest>[?#][^@]*)?",
    re.IGNORECASE | re.ASCII,
)
_SLOPPY = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?P<login>.*@)"
    r"(?P<host>\d{1,3}(?:\.\d{1,3}){3})"
    r"(?::(?P<port>\d{1,5}))?"
    r"(?P<path>/[^?#@\s]*)?"
    r"(?P<rest>[?#][^@]*)?",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
"""A password with unescaped characters, told apart by the number of the host behind it."""

_SCHEMES = r"(?:rtsps?|rtmps?|https?|udp|tcp|rtp|srt|mms|ftp|mqtts?|wss?|onvif)"
_LIKE_ADDRESS = re.compile(rf"{_SCHEMES}\b(?![. -]*$)|[a-z]{{3,6}}[:;]?[/\\]{{2}}", re.IGNORECASE)
_PORTS = frozenset((80, 443, 554, 1883, 1935, 8000, 8080, 8081, 8443, 8554, 8883))
"""Usual ports: ``user:1234`` before a slash looks like the host ``user`` with a port."""

_HARMLESS = re.compile(
    r"(?:(?:live|stream|streaming|channels?|ch|video|videos|media|main|sub|second|h26[45]|mpeg4?|"
    r"mjpe?g|jpe?g|cams?|camera|axis|cgi|bin|onvif|unicast|multicast|profile|image|img|snapshot|"
    r"sdp|av|feed|play|door|doors|open|lock|api|v|hook|test)s?[0-9]{0,3}[._-]?)+|[0-9]{1,3}|[a-z]",
    re.IGNORECASE | re.ASCII,
)
"""A part of a path made of words that cameras and locks use, or a short number or letter."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of an address that can be told apart; ``login`` with its @, ``rest`` with its ?."""

    scheme: str
    login: str
    place: str
    path: str
    rest: str

    @property
    def plain_path(self) -> str:
        """The path, or ``HIDDEN_PATH``."""
        parts = self.path.strip("/").split("/") if self.path.strip("/") else []
        if len(self.path) <= 100 and all(_HARMLESS.fullmatch(part) for part in parts):
            return self.path
        return HIDDEN_PATH


def is_like_address(text: str) -> bool:
    """Return whether ``text`` may be an address, however it is misspelt."""
    return "://" in text or "@" in text or _LIKE_ADDRESS.match(text.strip()) is not None


def shown_address(text: str) -> str:
    """Return ``text`` for screens, logs and errors: scheme, host, port and a harmless path.

    A text that is no address is returned as it is.
    """
    if not is_like_address(text):
        return text
    parts = _parts(text)
    return _nothing_of(text) if parts is None else parts.scheme + parts.place + parts.plain_path


def hidden(text: str) -> str:
    """Return ``text`` as it is typed, with stars for what may be a user or a password.

    ``revealed`` takes the stars back. A text that is no address is returned as it is.
    """
    if not is_like_address(text):
        return text
    parts = _parts(text)
    if parts is None:
        return _nothing_of(text)
    login = HIDDEN if parts.login else ""
    query = HIDDEN_QUERY if parts.rest else ""
    return parts.scheme + login + parts.place + parts.plain_path + query


def revealed(text: str, value: str) -> str | None:
    """Return ``text`` with the parts of ``value`` for its stars; ``None`` if stars are left.

    ``text`` is what somebody made of ``hidden(value)``.
    """
    if text == hidden(value):
        return value
    parts = _parts(value)
    if parts is not None and is_like_address(text):
        if parts.rest:
            text = text.replace(HIDDEN_QUERY, parts.rest, 1)
        if parts.plain_path == HIDDEN_PATH:
            text = re.sub(rf"(?<!/){re.escape(HIDDEN_PATH)}", lambda _: parts.path, text, count=1)
        if parts.login:
            text = text.replace(HIDDEN, parts.login, 1)
    return None if is_like_address(text) and STARS in text else text


def _parts(text: str) -> _Parts | None:
    """Return the parts of an address; ``None`` if they cannot be told apart for sure."""
    found = _ADDRESS.fullmatch(text.strip()) or _SLOPPY.fullmatch(text.strip())
    if found is None:
        return None
    host, port = found["host"], found["port"]
    if port is not None:
        number = int(port)
        named = "." in host or host.startswith("[") or host.casefold() == "localhost"
        if number > 65_535 or not (named or number in _PORTS):
            return None
    place = host if port is None else f"{host}:{port}"
    return _Parts(
        f"{found['scheme']}://",
        found["login"] or "",
        place,
        found["path"] or "",
        found["rest"] or "",
    )


def _nothing_of(text: str) -> str:
    """Return the scheme alone, if the text begins with one."""
    scheme = re.match(rf"\s*({_SCHEMES})\b", text, re.IGNORECASE)
    return f"{scheme[1]}://{STARS}" if scheme else STARS
