"""The programs that faults happen to: ``python -m tests.faults.victims MODE DATA [SEED]``.

The first ones work until they are killed and print each operation after it is done. The others
bring their fault about themselves and end with one line of JSON: what was tried, how many openings
were wrong, and how long the recovery took.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from kiosk.core.decisions import LogFilter
from kiosk.core.errors import KioskError
from kiosk.core.people import AccountRole, Person
from kiosk.core.templates import Template
from kiosk.storage.audit.log_export import KINDS, export_log
from kiosk.storage.audit.retention import Retention
from kiosk.storage.backup.backup_job import BackupJob
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from tests.faults.audit import Reported, audit
from tests.faults.room import MEMBERS, STRANGER, Room, print_line, shifted

# programs that work until they are killed


def decide(data: Path, chance: random.Random) -> None:
    """Let members and strangers come to the door for ever."""
    room = Room(data)
    while True:
        room.visit(chance.choice((*MEMBERS, STRANGER)))


def enrol(data: Path, chance: random.Random) -> None:
    """Enrol people, enrol them again and delete them for ever."""
    room = Room(data)
    count = 0
    alive = []
    while True:
        count += 1
        made = [
            Template(0, "other", np.full(8, count + n, np.float32))
            for n in range(chance.randint(1, 5))
        ]
        person = room.people.add_with_templates(Person(f"M-{os.getpid()}-{count}", "홍길동"), made)
        print_line(f"person {person.id} {len(made)}")
        alive.append(person)
        if count % 3 == 0:
            chosen = chance.choice(alive)
            print_line(f"changing {chosen.id}")
            again = room.people.enrol_again(
                chosen, [Template(0, "other", np.ones(8, np.float32))] * 6
            )
            print_line(f"person {again.id} 6")
        if count % 4 == 0:
            gone = alive.pop(chance.randrange(len(alive)))
            print_line(f"leaving {gone.id}")
            room.people.delete(gone.id or 0)
            print_line(f"gone {gone.id}")


def export(data: Path, chance: random.Random) -> None:
    """Export the log for ever, in every kind of file, while rows are written."""
    room = Room(data)
    count = 0
    while True:
        count += 1
        room.visit(chance.choice(MEMBERS))
        kind = chance.choice(KINDS)
        export_log(
            room.store.database.path,
            LogFilter(),
            data / "exports" / f"{os.getpid()}-{count}.{kind}",
            kind,
            vault=room.store.vault,
        )
        print_line(f"exported {count}")


def backup(data: Path, chance: random.Random) -> None:
    """Make and rotate backups for ever, while rows are written."""
    room = Room(data)
    backup_job = BackupJob(
        room.store, every=timedelta(hours=1), keep=5, set_aside=timedelta(days=1)
    )
    while True:
        room.visit(chance.choice(MEMBERS))
        print_line(f"backup {backup_job.back_up(local_now(), 'test', 'system').name}")


def migrate(data: Path, chance: random.Random) -> None:
    """Open the database of an older program, which backs it up, migrates and encrypts it."""
    print_line("opening")
    Store.open(data / "munjigi.db").close()
    print_line("opened")


# programs that bring their fault about themselves


class Trial:
    """Visits before, during and after a fault, and their results."""

    def __init__(self, data: Path, **options: object) -> None:
        self.opens: list[int] = []
        self.rows: dict[int, str] = {}
        self.tried = 0
        self.messages: set[str] = set()
        self.notes: list[str] = []
        self.room = Room(data, self._hear, **options)  # type: ignore[arg-type]

    def _hear(self, line: str) -> None:
        word, number, *rest = line.split()
        if word == "row":
            self.rows[int(number)] = rest[0]
        else:
            self.opens.append(int(number))

    def check_door(self) -> None:
        """Check that a member is let in and a stranger is not."""
        before = len(self.opens)
        self.room.visit(1)
        self.room.visit(STRANGER)
        if len(self.opens) != before + 1:
            self.notes.append("the door does not work without a fault")

    def visit_during_fault(self, visits: int = 4) -> None:
        """Check that nobody is let in during the fault."""
        before = len(self.opens)
        for n in range(visits):
            self.tried += 1
            self.room.visit((*MEMBERS, STRANGER)[n % 4])
            self.messages.add(self.room.out_of_service)
            self.room.wait()
        if len(self.opens) != before:
            self.notes.append(f"{len(self.opens) - before} were let in during the fault")

    def recovered(self, again: Callable[[], None] = lambda: None) -> float:
        """Return the seconds until the next member is let in; -1 where nobody is."""
        began = time.perf_counter()
        before = len(self.opens)
        again()
        for _ in range(20):
            self.room.wait()
            with suppress(KioskError):
                self.room.reload()
            self.room.visit(2)
            if len(self.opens) > before:
                return time.perf_counter() - began
        return -1.0

    def report(self, recovered: float) -> None:
        """Print the last line, after comparing what was reported with what is stored.

        This is done here because only this process sees its own small disk.
        """
        data = self.room.store.database.path.parent
        self.room.shut()
        lost, wrong, error = audit(data, Reported(self.rows, self.opens))
        print(
            json.dumps(
                {
                    "tried": self.tried,
                    "lost": lost,
                    "wrong": wrong,
                    "recovered_s": recovered,
                    "messages": sorted(filter(None, self.messages)),
                    "notes": [*self.notes, *([error] if error else [])],
                }
            ),
            flush=True,
        )


def _mount(where: Path, size: str) -> None:
    """Mount a small disk that only this program sees (it runs in a mount namespace)."""
    where.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(where)], check=True
    )


def disk_full(data: Path, chance: random.Random) -> None:
    """Fill the disk of the data."""
    _mount(data, "6m")
    trial = Trial(data)
    trial.check_door()
    filler = data / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 65536)
    with suppress(OSError), (data / "crumbs").open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 512)
    trial.visit_during_fault(12)
    trial.report(trial.recovered(lambda: [filler.unlink(), (data / "crumbs").unlink()][0]))


def read_only(data: Path, chance: random.Random) -> None:
    """Make the disk read-only, as it becomes after a disk error."""
    _mount(data, "16m")
    trial = Trial(data)
    trial.check_door()
    trial.room.shut()  # a file open for writing would keep the disk writable
    subprocess.run(["mount", "-o", "remount,ro", str(data)], check=True)
    try:
        Trial(data)
        trial.notes.append("it opens on a read-only disk")
    except KioskError as error:
        trial.messages.add(error.key)
        trial.tried += 1
    began = time.perf_counter()
    subprocess.run(["mount", "-o", "remount,rw", str(data)], check=True)
    again = Trial(data)
    again.check_door()
    trial.room = again.room
    trial.rows |= again.rows
    trial.opens += again.opens
    trial.notes += again.notes
    trial.report(time.perf_counter() - began)


_HOLD = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
    " c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
)


def locked(data: Path, chance: random.Random) -> None:
    """Let another program hold the lock of the database."""
    trial = Trial(data)
    trial.check_door()
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(data / "munjigi.db")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None and holder.stdin is not None
        holder.stdout.readline()
        trial.visit_during_fault()
        holder.stdin.close()
        holder.wait()
        trial.report(trial.recovered())


def descriptors(data: Path, chance: random.Random) -> None:
    """Use up all file descriptors."""
    trial = Trial(data)
    trial.check_door()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held: list[int] = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))

    def use_up() -> None:
        with suppress(OSError):
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))

    before = len(trial.opens)
    for attempt in (
        lambda: Store.open(data / "other.db"),
        lambda: trial.room.store.backups.make("x", local_now()),
        lambda: export_log(trial.room.store.database.path, LogFilter(), data / "x.csv", "csv"),
    ):
        trial.tried += 1
        use_up()  # each time: another thread may have closed a file
        try:
            attempt()
            trial.notes.append("it worked without files")
        except KioskError as error:
            trial.messages.add(error.key)
    for n in range(4):  # the log's files are open: members are let in, with a row
        trial.tried += 1
        trial.room.visit((*MEMBERS, STRANGER)[n])
    if len(trial.opens) - before != sum(
        outcome == "ACCEPT"
        for number, outcome in trial.rows.items()
        if number in trial.opens[before:]
    ):
        trial.notes.append("an opening has no row")
    for handle in held:
        os.close(handle)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    trial.report(trial.recovered())


def corrupted(data: Path, chance: random.Random) -> None:
    """Overwrite pages of the database while the kiosk runs, then restore the newest backup."""
    from kiosk.core import paths
    from kiosk.storage.backup import restore
    from kiosk.storage.backup.backup_set import Backups
    from kiosk.storage.crypto.key_store import FileKeys
    from kiosk.storage.crypto.vault import Vault

    trial = Trial(data)
    for n in range(30):
        trial.room.people.add_with_templates(
            Person(f"M-x{n}", "이름" * 20), [Template(0, "other", np.full(8, n, np.float32))]
        )
    trial.check_door()
    BackupJob(
        trial.room.store, every=timedelta(hours=1), keep=5, set_aside=timedelta(days=1)
    ).back_up(local_now(), "test", "system")
    trial.room.store.database.call(
        lambda: trial.room.store.database.sqlite.execute(
            "PRAGMA wal_checkpoint(TRUNCATE)"
        ).fetchall()
    )
    path = data / "munjigi.db"
    size = path.stat().st_size
    with path.open("r+b") as file:
        for page in chance.sample(range(2, size // 4096), min(12, size // 4096 - 2)):
            file.seek(page * 4096)
            file.write(chance.randbytes(4096))
    before = len(trial.opens)
    for n in range(4):
        trial.tried += 1
        trial.room.visit((*MEMBERS, STRANGER)[n])
        trial.messages.add(trial.room.out_of_service)
        trial.room.wait()
    during = trial.opens[before:]
    trial.room.shut()
    began = time.perf_counter()
    try:
        Trial(data)
        trial.notes.append("a damaged database opens")
    except KioskError as error:
        trial.messages.add(error.key)
    vault = Vault(FileKeys(paths.keys_dir(data)))
    backups = Backups(path, vault)
    good = restore.newest_good(backups)
    assert good is not None
    restore.restore(backups, good, vault, local_now(), "test")
    back = Trial(data)
    if back.room.visit(1) is None or back.opens:
        back.notes.append("the door works before anybody confirmed the restored backup")
    back.room.store.restore_confirmation.confirm("test")
    back.room.wait()
    back.check_door()
    trial.notes += back.notes
    trial.room = back.room
    if any(trial.rows.get(number) != "ACCEPT" for number in during):
        trial.notes.append("an opening has no row")
    after = {
        number
        for number in trial.rows
        if number >= min(during, default=10**9) or number > max(back.rows, default=0)
    }
    trial.rows = {
        number: outcome for number, outcome in trial.rows.items() if number not in after
    } | back.rows
    trial.opens = [number for number in trial.opens if number not in after] + back.opens
    trial.report(time.perf_counter() - began)


def clock(data: Path, chance: random.Random) -> None:
    """Set the clock back by years, forward, and right again."""
    by = [0.0]
    now = shifted(local_now, lambda: by[0])
    trial = Trial(data, clock=now)
    expired = trial.room.people.get(3)
    assert expired is not None
    trial.room.people.update(replace(expired, valid_until=local_now().date() - timedelta(days=1)))
    trial.check_door()
    Retention(trial.room.store, 90).run(now())
    for seconds in (-3600.0, -86400.0 * 30, -86400.0 * 3650):
        by[0] = seconds
        before = len(trial.opens)
        for who in (1, 3, STRANGER):
            trial.tried += 1
            trial.room.visit(who)
            trial.messages.add(trial.room.out_of_service)
            trial.room.wait()
        if len(trial.opens) != before:
            trial.notes.append(f"somebody was let in with a clock set back by {-seconds:.0f} s")
        _remove_old(trial, now())
    by[0] = 0.0
    recovered = trial.recovered()
    by[0] = 86400.0 * 365
    trial.tried += 1
    trial.room.visit(3)  # expired, then and now
    trial.room.visit(1)
    _remove_old(trial, now())
    by[0] = 0.0
    trial.room.visit(1)
    _remove_old(trial, now())
    if trial.room.out_of_service != "error.clock_behind":
        trial.notes.append("a clock that went back is trusted")
    _sign_in(trial.room)
    trial.report(max(recovered, trial.recovered()))


def _remove_old(trial: Trial, now: datetime) -> None:
    """Apply the retention rule with a wrong clock, as a start does; no row is old."""
    with suppress(KioskError):
        if removed := Retention(trial.room.store, 90).run(now):
            trial.notes.append(f"{removed} rows were removed by the clock {now:%Y-%m-%d}")


def _sign_in(room: Room) -> None:
    accounts = room.store.accounts
    accounts.create("관리자", AccountRole.ADMIN, "482915")
    accounts.verify("관리자", "482915")
    room.store.audit_log.record("clock_right", "관리자", {})


def torn(data: Path, chance: random.Random) -> None:
    """Leave a partial frame at the end of the write-ahead log, as a power cut does."""
    trial = Trial(data)
    trial.check_door()
    path = data / "munjigi.db"
    wal = data / "munjigi.db-wal"
    for n in range(6):
        trial.tried += 1
        trial.room.visit((*MEMBERS, STRANGER)[n % 4])
        whole = wal.read_bytes()
        rows = dict(trial.rows)
        copy = data.with_name(f"{data.name}-torn-{n}")
        copy.mkdir()
        (copy / path.name).write_bytes(path.read_bytes())
        tail = (
            chance.randbytes(chance.randint(1, 4120))
            if n % 2
            else whole[-24 - 4096 :][: chance.randint(1, 4000)]
        )
        (copy / wal.name).write_bytes(whole + tail)
        with closing(sqlite3.connect(copy / path.name)) as raw:
            stored = dict(raw.execute("SELECT id, outcome FROM log"))
            if any(stored.get(number) != outcome for number, outcome in rows.items()):
                trial.notes.append("a torn write-ahead log lost a committed row")
            if raw.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
                trial.notes.append("a torn write-ahead log damaged the database")
    trial.report(trial.recovered())


MODES: dict[str, Callable[[Path, random.Random], None]] = {
    mode.__name__: mode
    for mode in (
        decide,
        enrol,
        export,
        backup,
        migrate,
        disk_full,
        read_only,
        locked,
        descriptors,
        corrupted,
        clock,
        torn,
    )
}

if __name__ == "__main__":
    MODES[sys.argv[1]](
        Path(sys.argv[2]), random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    )
