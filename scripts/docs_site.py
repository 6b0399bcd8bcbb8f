"""Hooks of mkdocs: pages from outside docs/, and one page of the API for each public room.

Modules are read, not imported: nothing but mkdocs and mkdocstrings has to be installed.
"""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]

PAGES = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "weights/README.md": "networks.md",
}
"""Path in the repository → page of the site."""

ROOMS = {
    "core": "Frames, people, decisions, settings, the door's state machine. Imports no other room.",
    "vision": "Cameras, detection, recognition, liveness, networks.",
    "access": "Locks, access policy, badges.",
    "door": "What happens to a frame between the camera and the lock.",
    "services": "Use cases without Qt.",
    "storage": "The database, keys, logs, backups and tables.",
}

_LINK = re.compile(r"(?<=\]\()(?!https?:|#)([^)#]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not in docs/."""
    for source, page in PAGES.items():
        text = _LINK.sub(lambda link: _on_site(link[1]), (ROOT / source).read_text("utf-8"))
        files.append(File.generated(config, page, content=text))
    for room, words in ROOMS.items():
        files.append(File.generated(config, f"api/{room}.md", content=_api(room, words)))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Lead links out of docs/ to the pages that were added."""
    return _LINK.sub(lambda link: _on_site(link[1]), markdown)


def _on_site(link: str) -> str:
    """Return where a link between files of the repository leads on the site."""
    plain = link.removeprefix("../")
    return PAGES.get(plain) or plain.removeprefix("docs/")


def _api(room: str, words: str) -> str:
    """Return a page with every public module of a room."""
    lines = [f"# kiosk.{room}", "", words]
    for file in sorted((ROOT / "kiosk" / room).rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        if file.name != "__init__.py" and not any(part.startswith("_") for part in parts):
            lines += ["", f"## {'.'.join(parts[1:])}", "", f"::: {'.'.join(parts)}"]
    return "\n".join(lines) + "\n"
