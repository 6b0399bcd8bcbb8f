"""Reports about stored data: audit actions, log checks, backups and retention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Action:
    """An entry of the audit log: what staff, a command or the kiosk itself did."""

    id: int
    at: datetime
    event: str
    actor: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LogCheck:
    """Result of checking the log against its hash chain.

    ``rows``: rows in the chain, of which the retention rule deleted ``removed``. ``signed``: last
    link that a valid signature covers, by the key of ``fingerprint``. ``finding``: the first
    problem (``log_check.<finding>`` in the catalogues, with ``values``); empty if there is none.
    ``signers``: keys of all checked signatures, oldest first.
    """

    rows: int
    removed: int
    signed: int
    fingerprint: str
    finding: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    signers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreached:
    """A place where data may be that could not be reached.

    ``why``: "missing" (a disk that is away), "refused" (the system does not allow a change),
    "other_key" (a backup that no key here opens), "damaged" (a backup), "in_use" (a check of a
    backup by another process) or "by_hand" (a file that people must look through).
    """

    place: str
    why: str

    def sentence(self) -> str:
        """Return the place and what to do about it, in English."""
        return f"{self.place}: {_WHY[self.why]}"


_WHY = {
    "missing": "not there; put the disk back, and the kiosk does the rest with its next backup",
    "refused": "cannot be changed; correct its permissions, or delete the backups in it",
    "other_key": "opens with no key that is here; delete it if the person may be in it",
    "damaged": "damaged; delete it if it is no longer needed",
    "in_use": "a backup is being checked there; what is unpacked goes when that ends",
    "by_hand": "may name this person; look through it and delete it",
}
"""What to do, by ``why``."""


@dataclass(frozen=True, slots=True)
class SealCheck:
    """Result of verifying the seals of the rows that decide.

    ``rows``: ids of rows that the kiosk did not write so, by table. ``tables``: those from which
    rows were removed, or in which older ones were put back. ``keys``: people whose key was.
    """

    rows: Mapping[str, tuple[int, ...]]
    tables: tuple[str, ...]
    keys: tuple[int, ...]

    @property
    def sound(self) -> bool:
        """Whether everything is as the kiosk left it."""
        return not (self.rows or self.tables or self.keys)


@dataclass(frozen=True, slots=True)
class BackupInfo:
    """A backup according to its header.

    ``opens``: whether the master key in use opens it; ``recovers``: whether a recovery code does.
    ``damaged``: the header cannot be read.
    """

    name: str
    made_at: datetime | None
    label: str = ""
    size: int = 0
    opens: bool = False
    recovers: bool = False
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class BackupCheck:
    """Contents of a fully read backup.

    ``templates``: templates that open. ``rows``: rows of the log, and ``log`` the check of them.
    """

    people: int
    templates: int
    rows: int
    log: LogCheck


@dataclass(frozen=True, slots=True)
class RetentionState:
    """The retention rule: delete rows of the log after ``days``.

    ``ran_at``: when it last ran; ``removed``: rows deleted so far; ``oldest``: time of the oldest
    row left.
    """

    days: int
    ran_at: datetime | None = None
    removed: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """Sort order of a table; an empty ``column`` means the default order."""

    column: str = ""
    descending: bool = False


USUAL = Order()
