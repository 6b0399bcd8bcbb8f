"""The attacks that are tried: each a function in a file ``*_attack.py`` of this folder."""

from __future__ import annotations

import gc
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Attack:
    """One row of the table.

    ``tried`` and ``succeeded``: how often the attack was tried, and how often it did what it must
    not. ``note``: a remark; it begins with "not tried" where this machine does not allow it.
    """

    attack: str
    tried: int
    succeeded: int
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether no try succeeded, and at least one was made unless the machine forbids it."""
        return not self.succeeded and (self.tried > 0 or self.note.startswith("not tried"))


Outcome = tuple[int, int, str]
"""(tried, succeeded, note)."""


@dataclass(frozen=True)
class Entry:
    """An attack that can be tried.

    ``item``: the group and number that docs/threat-model.md cites, such as "A1". ``run(folder,
    tries)`` tries it in an empty folder of its own. ``tries`` are those of ``make faults``,
    ``short`` those of the tests.
    """

    item: str
    title: str
    tries: int
    short: int
    run: Callable[[Path, int], Outcome]

    def try_it(self, folder: Path, *, short: bool = False) -> Attack:
        """Try the attack and return its row.

        Garbage is collected here: Shiboken crashes where a database's thread does that to widgets.
        """
        gc.disable()
        try:
            found = self.run(folder, self.short if short else self.tries)
        finally:
            gc.collect()
            gc.enable()
        return Attack(f"{self.item} {self.title}", *found)


_entries: list[Entry] = []


def attack(
    item: str, title: str, *, tries: int, short: int
) -> Callable[[Callable[[Path, int], Outcome]], Callable[[Path, int], Outcome]]:
    """Add the decorated function to the table."""

    def add(run: Callable[[Path, int], Outcome]) -> Callable[[Path, int], Outcome]:
        _entries.append(Entry(item, title, tries, short, run))
        return run

    return add


def all_attacks() -> list[Entry]:
    """Return the attacks of all files in this folder, sorted by item and title."""
    package = importlib.import_module("tests.attacks")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.endswith("_attack"):
            importlib.import_module(f"{package.__name__}.{module.name}")
    return sorted(_entries, key=lambda one: (one.item[0], int(one.item[1:]), one.title))
