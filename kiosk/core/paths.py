"""Where files are: the program's own folders, and the folders of a site's data."""

from __future__ import annotations

import os
import sys
import unicodedata
from contextlib import suppress
from importlib import resources
from pathlib import Path

import platformdirs

from kiosk.core.errors import ConfigError

_PACKAGE = Path(str(resources.files("kiosk")))

ROOT = _PACKAGE.parent
"""The repository of a source tree; ``site-packages`` where the package is installed."""


def _resource_dir(name: str) -> Path:
    """Return the folder ``name`` inside the installed package, or beside it in a source tree."""
    installed = _PACKAGE / name
    return installed if installed.is_dir() else ROOT / name


ASSETS = _resource_dir("assets")
"""Icons, sounds, style sheet and translations."""

WEIGHTS = _resource_dir("weights")
"""The networks that the program ships, and their manifest."""

MANIFEST = WEIGHTS / "MANIFEST.toml"
"""What each network is, and the checksum that it must have."""

REFERENCE = WEIGHTS / "reference.npz"
"""Distances between public pictures, from which thresholds are derived."""


def network_cache(weights: Path) -> Path:
    """Return the folder of networks that are prepared or fetched for the manifest in ``weights``.

    ``weights/cache``; for a package installed by pip, whose own folder may be read-only, the
    user's cache folder: ``$XDG_CACHE_HOME/munjigi/weights``, else ``~/.cache/munjigi/weights``.
    """
    beside = weights / "cache"
    if weights.parent != _PACKAGE or beside.is_dir():
        return beside
    return expanded(platformdirs.user_cache_path("munjigi")) / "weights"


def python_path() -> str:
    """Return ``PYTHONPATH`` for another process of this program: all that this one imports from.

    In the Debian package the libraries lie in a folder that only this variable names.
    """
    folders = [ROOT, *(Path(folder).absolute() for folder in sys.path if folder)]
    return os.pathsep.join(dict.fromkeys(map(str, folders)))


def expanded(path: str | Path) -> Path:
    """Return ``path`` with ``~`` replaced; raises ``ConfigError`` for an unknown user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ConfigError(f"There is no home folder for {path}; write the whole path.") from None


def existing(path: str | Path) -> Path:
    """Return ``path`` as the disk spells it, with ``~`` replaced; raises ``ConfigError`` for that.

    A Mac writes 사진 in decomposed letters, which are another name to the system than the composed
    ones that people type. A path that is in no spelling there is returned as it is.
    """
    typed = expanded(path)
    if typed.is_absolute():
        found, parts = Path(typed.anchor), typed.parts[1:]
    else:
        found, parts = Path(), typed.parts
    for part in parts:
        spelled = _spelled(found, part)
        if spelled is None:
            return typed
        found = spelled
    return found


def _spelled(folder: Path, name: str) -> Path | None:
    """Return the entry of ``folder`` with the letters of ``name``; ``None`` if there is none."""
    exact = folder / name
    with suppress(OSError, ValueError):
        if name == ".." or os.path.lexists(exact):
            return exact
        letters = unicodedata.normalize("NFC", name)
        if not name.isascii() or not letters.isascii():
            for entry in folder.iterdir():
                if unicodedata.normalize("NFC", entry.name) == letters:
                    return entry
    return None


def default_data_dir() -> Path:
    """Return ``$MUNJIGI_DATA`` or ``$XDG_DATA_HOME/munjigi`` or ``~/.local/share/munjigi``."""
    chosen = os.environ.get("MUNJIGI_DATA")
    return expanded(chosen or platformdirs.user_data_path("munjigi"))


def own_networks() -> Path:
    """The folder of networks that ``weights add`` copied, below the default data folder."""
    return default_data_dir() / "networks"


def database_file(data_dir: Path) -> Path:
    """The database of people, templates and the access log."""
    return data_dir / "munjigi.db"


def config_file(data_dir: Path) -> Path:
    """The settings that are read without ``--config``."""
    return data_dir / "config.toml"


def site_config_file() -> Path | None:
    """Return ``$MUNJIGI_CONFIG``: settings of this machine's administrator, below those on screen.

    The kiosk never writes this file.
    """
    chosen = os.environ.get("MUNJIGI_CONFIG")
    return expanded(chosen) if chosen else None


def badge_key(data_dir: Path) -> Path:
    """Where older versions kept the secret that signs badges; it is moved to the other keys."""
    return data_dir / "badge.key"


def last_lock_file(data_dir: Path) -> Path:
    """The settings of the lock that was opened last, so that it can be locked."""
    return data_dir / "last-lock.json"


def policy_file(data_dir: Path) -> Path:
    """The access rules that are read unless ``door.policy`` names another file."""
    return data_dir / "policy.toml"


def staff_log_dir(data_dir: Path) -> Path:
    """Where rows of the staff log are kept that have left the database."""
    return data_dir / "staff-log"


def exports_dir(data_dir: Path) -> Path:
    """Where the screens write exported logs."""
    return data_dir / "exports"


def imports_dir(data_dir: Path) -> Path:
    """Where the screens look for tables of people, besides removable drives."""
    return data_dir / "imports"


def keys_dir(data_dir: Path) -> Path:
    """Return ``$MUNJIGI_KEYS`` or a folder beside the data, so that a copied folder has no key."""
    chosen = os.environ.get("MUNJIGI_KEYS")
    data_dir = data_dir.absolute()
    return expanded(chosen) if chosen else data_dir.with_name(f"{data_dir.name}-keys")


def set_aside_dir(data_dir: Path) -> Path:
    """Where a database is kept after a backup has replaced it."""
    return data_dir / "set-aside"


def backups_dir(data_dir: Path) -> Path:
    """Where backups are kept."""
    return data_dir / "backups"


def backup_folders_file(data_dir: Path) -> Path:
    """The list of all folders that ever held backups."""
    return data_dir / "backup-folders.json"


def groups_file(data_dir: Path) -> Path:
    """The report by group, written by ``evaluate --groups``."""
    return data_dir / "groups.json"


def outbox_file(data_dir: Path) -> Path:
    """The queue of messages to other machines."""
    return data_dir / "outbox.db"


def fleet_lock(data_dir: Path) -> Path:
    """Return the file by which one process at a time follows the fleet's centre."""
    return data_dir / "fleet.lock"


def outbox_lock(data_dir: Path) -> Path:
    """Held by the process that sends what is in the queue."""
    return data_dir / "outbox.lock"
