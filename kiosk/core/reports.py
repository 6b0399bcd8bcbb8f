"""Reports about stored data: audit actions, log checks, backups and retention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody did, or the kiosk itself, that is no decision of the door. ``detail``: plain values by name."""

    id: int
    at: datetime
    event: str
    actor: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LogCheck:
    """Whether the log is as it was written: ``rows`` in the chain, of which ``removed`` were removed by the retention rule.

    ``signed``: the last link that a genuine signature covers, by the key of ``fingerprint``. ``finding``: what is wrong first
    (``log_check.<finding>`` in the catalogues, with ``values``), empty where all is well. ``signers``: the keys of all
    signatures that were checked, oldest first.
    """

    rows: int
    removed: int
    signed: int
    fingerprint: str
    finding: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    signers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BackupInfo:
    """A backup as it says of itself. ``opens``: whether the master key in use opens it; ``recovers``: whether a recovery code does.

    ``damaged``: it cannot even be read so far.
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
    """What a backup holds, once all of it was read: people, templates that open, rows of the log, and what is wrong with that log."""

    people: int
    templates: int
    rows: int
    log: LogCheck


@dataclass(frozen=True, slots=True)
class RetentionState:
    """The rule that rows of the log go after ``days``: when it was last applied, how many rows it has removed in all, and the
    moment of the oldest row that is left."""

    days: int
    ran_at: datetime | None = None
    removed: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """By which column the rows of a table come; an empty ``column`` is the table's usual order."""

    column: str = ""
    descending: bool = False


USUAL = Order()
