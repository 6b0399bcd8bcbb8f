"""Changed inputs for every parser that reads what a person can hand in (tests/fuzz)."""

from __future__ import annotations

from pathlib import Path

from tests.attacks.table import Outcome, attack
from tests.fuzz.driver import fuzz
from tests.fuzz.targets import TARGETS

_ITEMS = {"csv": "E24", "xlsx": "E24", "picture": "E24", "http_request": "E26"}
"""Items of the parsers that are not about documents."""


def _add(name: str) -> None:
    @attack(
        _ITEMS.get(name, "E25"),
        f"stop the kiosk by a changed input: {name}",
        tries=20_000 if name in ("receipt", "badge", "picture", "json_lines") else 5_000,
        short=100,
    )
    def changed(folder: Path, tries: int) -> Outcome:
        """Read changed inputs within 256 MB and 3 s each; only errors of ours may come of it."""
        result = fuzz(TARGETS[name], tries)
        return (
            result.done,
            result.crashes + result.over,
            f"longest {result.longest_s:.2f} s",
        )


for _name in TARGETS:
    _add(_name)
