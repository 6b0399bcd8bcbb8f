"""Where things lie: the program's own folders, and the folder for a site's data."""

from __future__ import annotations

import os
from pathlib import Path

from kiosk.core.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "assets"
WEIGHTS = ROOT / "weights"
MANIFEST = WEIGHTS / "MANIFEST.toml"
REFERENCE = WEIGHTS / "reference.npz"


def expanded(path: str | Path) -> Path:
    """``path`` with its ``~`` or ``~user`` replaced; ``ConfigError`` where there is no such user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ConfigError(f"There is no home folder for {path}; write the whole path.") from None


def default_data_dir() -> Path:
    """``$MUNJIGI_DATA``, else ``$XDG_DATA_HOME/munjigi``, else ``~/.local/share/munjigi``."""
    chosen = os.environ.get("MUNJIGI_DATA")
    if chosen:
        return expanded(chosen)
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return expanded(base) / "munjigi"


def database_file(data_dir: Path) -> Path:
    """The database of people, templates and the access log."""
    return data_dir / "munjigi.db"


def config_file(data_dir: Path) -> Path:
    """The configuration that is read when ``--config`` names no other."""
    return data_dir / "config.toml"


def badge_key(data_dir: Path) -> Path:
    """Where older programs kept the secret that badges are signed with; it is moved to the other keys."""
    return data_dir / "badge.key"


def policy_file(data_dir: Path) -> Path:
    """The access rules that are read when ``door.policy`` names no others."""
    return data_dir / "policy.toml"


def exports_dir(data_dir: Path) -> Path:
    """Where the screens put exported logs."""
    return data_dir / "exports"


def imports_dir(data_dir: Path) -> Path:
    """Where the screens look for tables of people, beside what is plugged in."""
    return data_dir / "imports"


def keys_dir(data_dir: Path) -> Path:
    """``$MUNJIGI_KEYS``, else a folder beside the data folder: whoever copies the data has no key to it."""
    chosen = os.environ.get("MUNJIGI_KEYS")
    data_dir = data_dir.absolute()
    return expanded(chosen) if chosen else data_dir.with_name(f"{data_dir.name}-keys")


def set_aside_dir(data_dir: Path) -> Path:
    """Where a database goes that a backup has replaced."""
    return data_dir / "set-aside"


def backups_dir(data_dir: Path) -> Path:
    """Where backups lie."""
    return data_dir / "backups"


def groups_file(data_dir: Path) -> Path:
    """The report by group of ``data_dir``, where there is one (``evaluate --groups``)."""
    return data_dir / "groups.json"
