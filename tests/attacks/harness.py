"""Try every attack and count how often it succeeds.

``make faults`` runs it after the faults; or ``python -m tests.attacks.harness [--short]
[--only TEXT]``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from tests.attacks.table import Attack, all_attacks

ROOT = Path(__file__).resolve().parents[2]


def run(short: bool, report: Callable[[Attack], None], only: str = "") -> list[Attack]:
    """Return the row of every attack whose title contains ``only``; ``report`` is called with each.

    An attack that raises has succeeded: whatever it met was not foreseen.
    """
    found: list[Attack] = []
    for entry in all_attacks():
        if only not in f"{entry.item} {entry.title}":
            continue
        with tempfile.TemporaryDirectory(prefix="munjigi-attack-") as folder:
            try:
                row = entry.try_it(Path(folder), short=short)
            except Exception as error:
                row = Attack(
                    f"{entry.item} {entry.title}", 1, 1, f"{type(error).__name__}: {error}"
                )
        report(row)
        found.append(row)
    return found


def line(row: Attack) -> str:
    """Return one line of the table."""
    mark = "ok  " if row.passed else "FAIL"
    return f"{mark} {row.attack:<76} {row.tried:>7} {row.succeeded:>9}  {row.note}"


def main() -> int:
    """Print the table and, where nothing is left out by ``--only``, write build/attacks.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="try each attack only a few times")
    parser.add_argument("--only", default="", metavar="TEXT", help="attacks with TEXT in the title")
    args = parser.parse_args()
    print(f"     {'attack':<76} {'tried':>7} {'succeeded':>9}")
    found = run(args.short, lambda row: print(line(row), flush=True), args.only)
    if not args.only:
        target = ROOT / "build" / "attacks.json"
        target.parent.mkdir(exist_ok=True)
        target.write_text(
            json.dumps([asdict(row) for row in found], ensure_ascii=False, indent=1) + "\n",
            encoding="utf-8",
        )
        print(f"written to {target.relative_to(ROOT)}")
    return 0 if found and all(row.passed for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
