"""Write docs/reasons.md from the catalogues and the door's reasons; a test compares them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kiosk.core.decisions import ACCEPTING, UNCOUNTED, Reason
from kiosk.ui.catalogue import catalogue

HEAD = """# Reasons

Written by `python scripts/document_reasons.py`. Every decision of the door has exactly one of these
reasons. The log and its exports hold the code, the person at the door reads the friendly sentence,
the administrator the exact one. *Counts*: such a reject is a failed attempt, of the number that was
typed or shown if there is one ([failed attempts](everyday.md#failed-attempts)).
"""


def _at_door(messages: Mapping[str, str], code: str) -> str:
    return f"{messages[f'reason.{code}.title']}. {messages[f'reason.{code}.next']}"


def text() -> str:
    """Return the page."""
    ko, en = catalogue("ko"), catalogue("en")
    lines = [HEAD]
    for reason in Reason:
        code = reason.value
        outcome = (
            "opens"
            if reason in ACCEPTING
            else "rejects"
            if reason in UNCOUNTED
            else "rejects, counts"
        )
        lines += [f"## `{code}`: {outcome}", "", "| | 한국어 | English |", "|---|---|---|"]
        lines += [
            f"| at the door | {_at_door(ko, code)} | {_at_door(en, code)} |",
            f"| in the log | {ko[f'log.reason.{code}']} | {en[f'log.reason.{code}']} |",
            f"| exactly | {ko[f'log.explain.{code}']} | {en[f'log.explain.{code}']} |",
            "",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    (ROOT / "docs/reasons.md").write_text(text(), encoding="utf-8")
