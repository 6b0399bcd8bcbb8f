"""The texts of the consents: those of the catalogues, or a site's own from a TOML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.core.consent import PARTS, STANDS_OUT, ConsentKind
from kiosk.core.errors import ConfigError
from kiosk.core.parsed_toml import plain, read_toml

FILLED_IN = ("controller", "contact", "days", "staff_days", "backup_days", "looks")
"""Names in braces that a text may contain."""

LONGEST = 4000
"""Characters of one part."""


@dataclass(frozen=True, slots=True)
class ConsentPart:
    """A part of a text. ``stands_out``: to be shown larger, bold and coloured."""

    name: str
    heading: str
    text: str
    stands_out: bool = False


@dataclass(frozen=True, slots=True)
class ConsentText:
    """The text of one consent in one language, as it is shown, printed and stored."""

    kind: ConsentKind
    language: str
    title: str
    parts: tuple[ConsentPart, ...]
    agree: str

    def plain(self) -> str:
        """Return the whole text, as it is stored with its version."""
        lines = [self.title]
        for part in self.parts:
            lines += [part.heading, part.text]
        return "\n".join([*lines, self.agree])


@dataclass(frozen=True, slots=True)
class SiteTexts:
    """A site's own texts. ``texts``: parts by language and kind. ``edition``: raised by the site
    when everybody has to be asked again."""

    edition: int
    texts: Mapping[str, Mapping[ConsentKind, Mapping[str, str]]]


def stands_out(kind: ConsentKind, part: str) -> bool:
    """Return whether the law asks for that part to be shown more clearly than the others."""
    return part in STANDS_OUT[kind]


def read_site_texts(
    path: Path, languages: Sequence[str], kinds: Sequence[ConsentKind]
) -> SiteTexts:
    """Return a site's own texts, of each of ``kinds`` in each of ``languages``.

    Raise ``ConfigError`` that says what is missing or wrong.
    """
    tables = _read(path)
    edition = tables.pop("edition", None)
    if type(edition) is not int or edition < 1:
        raise ConfigError(
            f"{path}: edition must be a whole number from 1 on; raise it when everybody has to be"
            " asked again."
        )
    for name in tables:
        if name not in languages:
            raise ConfigError(
                f"{path} has the unknown table [{plain(name)}]; use one of {', '.join(languages)}."
            )
    return SiteTexts(
        edition,
        {
            code: {kind: _parts(path, tables.get(code), code, kind) for kind in kinds}
            for code in languages
        },
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path)
    except FileNotFoundError:
        raise ConfigError(
            f"There is no file {path} with the texts of consent; create it, or leave"
            " privacy.consent_text empty."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The texts of consent in {path} cannot be read ({error}); check the path and its"
            " permissions."
        ) from None
    except ValueError as error:
        raise ConfigError(f"{path} is not valid TOML ({error}); correct that line.") from None


def _parts(path: Path, language: Any, code: str, kind: ConsentKind) -> dict[str, str]:
    if not isinstance(language, Mapping):
        raise ConfigError(
            f"{path} has no texts in the language {code}; add the table [{code}.{kind}]."
        )
    for name in language:
        if name not in list(ConsentKind):
            raise ConfigError(
                f"{path} has the unknown table [{code}.{plain(name)}]; use one of"
                f" {', '.join(ConsentKind)}."
            )
    found = language.get(kind)
    if not isinstance(found, Mapping):
        raise ConfigError(
            f"{path} has no text of the consent {kind} in the language {code}; add the table"
            f" [{code}.{kind}]."
        )
    for name in found:
        if name not in PARTS:
            raise ConfigError(
                f"{path}: [{code}.{kind}] has the unknown part {plain(name)}; use"
                f" {', '.join(PARTS)}."
            )
    return {name: _part(path, found.get(name), f"{code}.{kind}.{name}") for name in PARTS}


def _part(path: Path, text: Any, key: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ConfigError(f"{path}: the part {key} is missing; the law asks for it, so add it.")
    if len(text) > LONGEST:
        raise ConfigError(f"{path}: {key} is longer than {LONGEST} characters; shorten it.")
    try:
        text.format(**dict.fromkeys(FILLED_IN, ""))
    except (KeyError, ValueError, IndexError, AttributeError):
        raise ConfigError(
            f"{path}: {key} has braces that name nothing; use"
            f" {', '.join('{' + name + '}' for name in FILLED_IN)}, or double them."
        ) from None
    return text.strip()
