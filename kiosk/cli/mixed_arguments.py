"""A parser that takes options before, between and after the other words of a command."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any


class MixedParser(argparse.ArgumentParser):
    """Parses ``people import --dry-run FILE`` like ``people import FILE --dry-run``.

    ``argparse`` by itself gives optional words their default at the first option, and then refuses
    the words that follow.
    """

    _mixing = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse ``args``; return the namespace and what was not understood."""
        if self._mixing:  # called by the method that mixes them
            return super().parse_known_args(args, namespace)
        self._mixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False
