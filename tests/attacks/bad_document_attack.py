"""Documents that a person hands in and that end a careless reader, or stop the rest."""

from __future__ import annotations

import contextlib
import io
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from kiosk.cli import main
from kiosk.core.people import Person
from kiosk.storage.backup.backup_job import BackupJob
from kiosk.storage.store import Store
from tests.attacks.table import Outcome, attack
from tests.helpers.hostile_documents import JSON, STATEMENTS, TOML, forged, hostile_backups

NOW = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)


@attack("E25", "block deletion, backups or their list with one bad backup", tries=38, short=3)
def bad_backup(folder: Path, tries: int) -> Outcome:
    """Put a file among the backups; then list them, make one, and delete a person."""
    stopped = []
    with Store.open(folder / "data" / "munjigi.db") as opened:
        store = opened.using(lambda: NOW)
        job = BackupJob(store, every=timedelta(days=1), keep=3, set_aside=timedelta(days=1))
        store.backups.folder.mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(islice(hostile_backups(), tries)):
            file = store.backups.folder / f"munjigi-2999-{number}.mjb"
            file.write_bytes(content)
            person = store.people.add(Person(str(number), "홍길동"))
            try:
                job.due(NOW)
                store.backups.list()
                job.back_up(NOW + timedelta(minutes=number), "x", "attack")
                store.people.delete(person.id or 0)
            except Exception as error:
                stopped.append(f"{number}: {type(error).__name__}")
                file.unlink(missing_ok=True)
    return number + 1, len(stopped), "; ".join(stopped)


@attack("E25", "end a command with a traceback by a document handed in", tries=60, short=12)
def bad_document(folder: Path, tries: int) -> Outcome:
    """Give settings, receipts and proofs to commands, which must end with code 2."""
    table = folder / "log.csv"
    table.write_text("a,digest\n1,0123456789abcdef\n", encoding="utf-8")
    file = folder / "x"
    data = ["--data-dir", str(folder / "data")]
    ways = (
        (
            ["keys", "verify", str(file)],
            JSON + tuple(forged("deletion receipt", s) for s in STATEMENTS),
        ),
        (["log", "verify", str(table)], JSON + tuple(forged("log export", s) for s in STATEMENTS)),
        (["people", "list", "--config", str(file), *data], TOML),
    )
    cases = [(words, content) for words, contents in ways for content in contents]
    stopped = []
    # the short version takes some of every way
    for words, content in islice(cases[:: max(1, len(cases) // tries)], tries):
        file.write_bytes(content)
        table.with_name("log.csv.proof").write_bytes(content)
        silent = contextlib.ExitStack()
        said = io.StringIO()
        with silent:
            silent.enter_context(contextlib.redirect_stdout(said))
            silent.enter_context(contextlib.redirect_stderr(said))
            try:
                code = main(words)
            except Exception as error:
                stopped.append(f"{words[0]} {words[1]} {content[:20]!r}: {type(error).__name__}")
                continue
        if code != 2:
            stopped.append(f"{words[0]} {words[1]} {content[:20]!r}: code {code}")
    tried = min(tries, len(cases))
    return tried, len(stopped), "; ".join(stopped)
