"""Writes docs/settings.md, and the English words of the Settings page, from the settings themselves; a test compares them."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kiosk.core.config import Config


def _toml(value: object) -> str:
    """``value`` as it is written in the file; words without their quotes."""
    if isinstance(value, tuple):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def text() -> str:
    """The page."""
    lines = [
        "# Settings",
        "",
        "Written by `python scripts/document_settings.py` from `kiosk/core/config.py`.",
        "",
    ]
    for section in dataclasses.fields(Config):
        table = getattr(Config(), section.name)
        lines += [
            f"## [{section.name}]",
            "",
            type(table).__doc__ or "",
            "",
            "| key | default | unit | bounds | meaning |",
            "|---|---|---|---|---|",
        ]
        for item in dataclasses.fields(table):
            facts = item.metadata
            bounds = ", ".join(facts["choices"]) or (
                "" if facts["low"] is None else f"{facts['low']:g} to {facts['high']:g}"
            )
            lines.append(
                f"| `{item.name}` | `{_toml(item.default)}` | {facts['unit']} | {bounds} | {facts['description']} |"
            )
        lines.append("")
    return "\n".join(lines)


def words() -> str:
    """What each setting means, as a catalogue of the screens."""
    lines: list[str] = []
    for section in dataclasses.fields(Config):
        lines.append(f"[setting.about.{section.name}]")
        lines += [
            f"{item.name} = {json.dumps(item.metadata['description'], ensure_ascii=False)}"
            for item in dataclasses.fields(getattr(Config(), section.name))
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "assets/i18n/en/setting_names.toml").write_text(words(), encoding="utf-8")
    (ROOT / "docs/settings.md").write_text(text(), encoding="utf-8")
