"""The parser of the command line: options anywhere, and one sentence for a word it cannot take."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from kiosk.core.errors import ConfigError

KINDS: dict[object, str] = {int: "a whole number", float: "a number"}
"""What an option of this type takes, in words."""


class SentenceParser(argparse.ArgumentParser):
    """Raises ``ConfigError`` with one sentence for words that it cannot take.

    The sentence says what can be written instead; ``argparse`` would print the usage and exit.
    """

    def error(self, message: str) -> NoReturn:
        """Raise ``ConfigError`` for what ``argparse`` found wrong."""
        raise ConfigError(self._sentence(message))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        allowed = [str(choice) for choice in action.choices]
        raise ConfigError(f"{_subject(action, value)}; choose {_one_of(allowed, str(value))}.")

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        try:
            return super()._get_value(action, arg_string)
        except argparse.ArgumentError as error:
            kind = KINDS.get(action.type)
            if kind is None:
                raise
            message = f"{_name(action)} takes {kind}, not {arg_string!r}."
            raise ConfigError(message) from error

    def _sentence(self, message: str) -> str:
        help_hint = f"`{self.prog} --help` shows what it takes"
        unknown = re.match(r"unrecognized arguments: (.*)", message)
        if unknown:
            return self._not_understood(unknown[1].split()[0])
        missing = re.match(r"the following arguments are required: (.*)", message)
        if missing:
            return self._missing(missing[1].split(", ")[0])
        valueless = re.match(r"argument (\S+): expected .*", message)
        if valueless:
            return f"{valueless[1]} needs a value after it; {help_hint}."
        ambiguous = re.match(r"ambiguous option: (\S+) could match (.*)", message)
        if ambiguous:
            return (
                f"{ambiguous[1]} may mean {ambiguous[2].replace(', ', ' or ')}; write it in full."
            )
        named = re.match(r"argument (\S+): (.*)", message)
        if named:
            return f"{named[1]}: {named[2]}; {help_hint}."
        return f"{message}; {help_hint}."

    def _not_understood(self, word: str) -> str:
        known = [option for action in self._actions for option in action.option_strings]
        near = difflib.get_close_matches(word.split("=")[0], known, n=1)
        if near:
            return f"{word} is not an option of `{self.prog}`; did you mean {near[0]}?"
        what = "an option" if word.startswith("-") else "a word"
        return f"{word} is not {what} that `{self.prog}` takes; `{self.prog} --help` lists them."

    def _missing(self, name: str) -> str:
        for action in self._actions:
            if action.choices is not None and name in (action.dest, action.metavar):
                allowed = [str(choice) for choice in action.choices]
                return f"Say what `{self.prog}` is to do: {_one_of(allowed)}."
        return f"`{self.prog}` needs {name}; `{self.prog} --help` shows what it takes."


class MixedParser(SentenceParser):
    """Parses ``people import --dry-run FILE`` like ``people import FILE --dry-run``.

    ``argparse`` by itself gives optional words their default at the first option, and then refuses
    the words that follow.
    """

    _mixing = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse ``args``; raise ``ConfigError`` for what is not understood."""
        if self._mixing:  # called by the method that mixes them
            return super().parse_known_args(args, namespace)
        self._mixing = True
        try:
            known, unknown = self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False
        if unknown:
            raise ConfigError(self._not_understood(unknown[0]))
        return known, unknown


def _name(action: argparse.Action) -> str:
    return (
        action.option_strings[-1] if action.option_strings else str(action.metavar or action.dest)
    )


def _subject(action: argparse.Action, value: object) -> str:
    if isinstance(action, argparse._SubParsersAction):
        return f"There is no command {value}"
    if action.option_strings:
        return f"{action.option_strings[-1]} cannot be {value}"
    return f"{value} is not something this command does"


def _one_of(allowed: Iterable[str], given: str = "") -> str:
    """Return the ``allowed`` words as a list in a sentence, the one most like ``given`` first."""
    words = list(allowed)
    near = difflib.get_close_matches(given, words, n=1)
    words.sort(key=lambda word: word not in near)  # a stable sort: only the likeliest moves
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
