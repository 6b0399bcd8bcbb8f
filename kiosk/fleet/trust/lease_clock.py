"""How much of its lease a node has used since it last heard of another one.

Time passes by the clock and by the time since the boot (which counts suspension), whichever is
more, and what has passed is kept: a clock set back, a restart or an older database prolong nothing.
A clock set forward shortens the lease until another node is heard again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from kiosk.core.fleet import LeaseMark


class LeaseState(StrEnum):
    """Whether a node may still rely on what it knows."""

    FRESH = "fresh"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment by both clocks. ``boot_s``: seconds since the boot ``boot_id``."""

    wall: datetime
    boot_s: float
    boot_id: str


Instants = Callable[[], Instant]


def system_instant(now: Callable[[], datetime]) -> Instant:
    """Return this moment by ``now`` and by the kernel's time since the boot."""
    boot_id = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return Instant(now(), time.clock_gettime(time.CLOCK_BOOTTIME), boot_id)


def passed_s(then: Instant, now: Instant) -> float:
    """Return the seconds from ``then`` to ``now`` by the clock that says more; never below 0.

    After another boot at least the time since that boot has passed.
    """
    begin = then.boot_s if then.boot_id == now.boot_id else 0.0
    return max(0.0, (now.wall - then.wall).total_seconds(), now.boot_s - begin)


def heard(now: Instant, age_s: float) -> LeaseMark:
    """Return the mark after a node was heard that was certainly alive ``age_s`` seconds ago."""
    return LeaseMark(now.wall, age_s, now.wall, now.boot_s, now.boot_id)


def advanced(mark: LeaseMark, now: Instant) -> LeaseMark:
    """Return ``mark`` with what was used of the lease until ``now``."""
    then = Instant(mark.wall, mark.boot_s, mark.boot_id)
    used = mark.used_s + passed_s(then, now)
    return replace(mark, used_s=used, wall=now.wall, boot_s=now.boot_s, boot_id=now.boot_id)


def lease_state(mark: LeaseMark | None, now: Instant, lease: timedelta) -> LeaseState:
    """Return the state of the lease; without a mark no other node was ever heard: stale."""
    if mark is None or not 0 <= advanced(mark, now).used_s <= lease.total_seconds():
        return LeaseState.STALE
    return LeaseState.FRESH
