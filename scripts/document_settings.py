"""Write docs/settings.md from the settings themselves; a test compares them."""

from __future__ import annotations

import dataclasses
import inspect
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kiosk.app.bootstrap.config_factory import default_config
from kiosk.core.config import Reload, SettingSpec

EFFECT = {Reload.LIVE: "at once", Reload.ENGINE: "at once", Reload.RESTART: "after a restart"}


def toml(value: object) -> str:
    """Return ``value`` as it is written in the file; texts without their quotes."""
    if isinstance(value, tuple):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def line(item: dataclasses.Field[object], spec: SettingSpec) -> str:
    """Return the row of one setting."""
    bounds = ", ".join(spec.choices or spec.parts)
    if spec.low is not None:
        bounds = spec.steps or f"{spec.low:g} to {spec.high:g}"
    if spec.at_most or spec.below:
        bounds += f", {'at most' if spec.at_most else 'below'} `{spec.at_most or spec.below}`"
    cells = (f"`{item.name}`", f"`{toml(item.default)}`", spec.unit, bounds, spec.en)
    effect = f"{EFFECT[spec.reload]}{', file only' if spec.file_only else ''}"
    return f"| {' | '.join((*cells, effect))} |"


def text() -> str:
    """Return the page."""
    lines = [
        "# Settings",
        "",
        "Written by `python scripts/document_settings.py` from `kiosk/core/config/` and, for the",
        "tables of the locks, from `kiosk/access/drivers/`.",
        "",
        "A change on the Settings screen takes effect as the last column says; a change of the",
        "file, after a restart. *File only*: what names a program, where rules or keys lie, or the",
        "address of the lock is shown on the screen, but changed in the file.",
        "",
    ]
    config = default_config()
    for name, table in config.tables.items():
        about = " ".join((inspect.getdoc(table) or "").split())
        lines += [f"## [{name}]", "", about, ""]
        lines += ["| key | default | unit | bounds | meaning | takes effect |", "|---" * 6 + "|"]
        lines += [line(item, config.spec_of(item)) for item in dataclasses.fields(table)]
        lines.append("")
    lines += ["## Renamed settings", "", "Old names are still read.", ""]
    lines += ["| old name | name |", "|---|---|"]
    lines += [f"| `{old}` | `{new}` |" for old, new in config.renamed_keys.items()]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    (ROOT / "docs/settings.md").write_text(text(), encoding="utf-8")
