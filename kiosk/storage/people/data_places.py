"""Every place where a person's data can be; a test finds any path that is in none of them.

``file_erasure`` has what a deletion does in each of them, and the folders outside the data folder
(former folders of backups) are known to ``kiosk.storage.backup.backup_folders``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePath


@dataclass(frozen=True, slots=True)
class Place:
    """Files of one kind in the data folder.

    ``patterns``: paths relative to the data folder, as in ``fnmatch``; ``*`` also matches
    slashes. ``deletion``: what the deletion of a person does there; "" if nothing there is about
    people.
    """

    name: str
    patterns: tuple[str, ...]
    deletion: str = ""


PLACES = (
    Place(
        "database",
        ("munjigi.db", "munjigi.db-wal", "munjigi.db-shm", "munjigi.db-journal"),
        "key, templates, signatures, PIN, cards and person deleted and overwritten, journal"
        " emptied; log entries and their voting traces stay until their retention ends",
    ),
    Place(
        "backups",
        ("backups/*.mjb", "backups/*.mjb.damaged", "backups/.*.part", "backups/.lock"),
        "key overwritten in the present and all former folders; damaged backups destroyed",
    ),
    Place("restored", ("munjigi.db.restored",), "moved into place before the database opens"),
    Place("scratch", (".scratch.*", ".offer.*", "*.unpacked*"), "deleted unless in use"),
    Place("set-aside", ("set-aside/*",), "all deleted"),
    Place(
        "exports",
        ("exports/*",),
        "documents of the person deleted; exported logs stay until the retention of the log ends",
    ),
    Place(
        "staff log",
        ("staff-log/*",),
        "names and numbers are masked there as in the log; the files stay until the retention of"
        " the staff log ends",
    ),
    Place(
        "imports",
        ("imports/*",),
        "photographs named by the number deleted; tables that name the person are named in the"
        " receipt; everything goes when the retention of the log ends",
    ),
    Place(
        "settings",
        ("config.toml", "policy.toml", "last-lock.json", ".*.toml.*.part", ".last-lock.*.part"),
    ),
    Place("lists", ("backup-folders.json", ".backup-folders.json.*.part", "groups.json")),
    Place(
        "outbox",
        ("outbox.db", "outbox.db-journal", "outbox.lock"),
        "names of everybody taken out of the messages that wait",
    ),
    Place("networks", ("networks/*",)),
    Place("program log", ("munjigi.log", "munjigi.log.1")),
    Place("lock", ("kiosk.lock", "fleet.lock")),
    Place("former badge key", ("badge.key",)),
    Place("drawn people", ("demo/*",)),
)
"""All places in the data folder."""


def place_of(path: PurePath) -> Place | None:
    """Return the place of a file, given relative to the data folder; ``None`` if it has none."""
    name = path.as_posix()
    return next(
        (place for place in PLACES if any(fnmatchcase(name, one) for one in place.patterns)), None
    )
