"""Compare what a program reported with what is stored afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.core import paths
from kiosk.storage.audit.chain_verification import sentence, verify_kiosk_log
from kiosk.storage.audit.export_proof import proof_of, verify_export
from kiosk.storage.backup import backup_file
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.crypto.key_store import FileKeys
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.store import Store


@dataclass
class Reported:
    """Everything that programs reported as done.

    An operation in progress at a kill may be stored or not; both are correct.
    """

    rows: dict[int, str] = field(default_factory=dict)
    opens: list[int] = field(default_factory=list)
    people: dict[int, int] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    backups: set[str] = field(default_factory=set)

    def add(self, lines: Iterable[str]) -> None:
        """Add the lines that a program printed."""
        for line in lines:
            word, *rest = line.split()
            if word == "row":
                self.rows[int(rest[0])] = rest[1]
            elif word == "open":
                self.opens.append(int(rest[0]))
            elif word == "person":
                self.people[int(rest[0])] = int(rest[1])
            elif word in ("changing", "leaving"):
                self.people.pop(int(rest[0]), None)
            elif word == "gone":
                self.gone.add(int(rest[0]))
            elif word == "backup":
                self.backups.add(rest[0])


def audit(data: Path, reported: Reported) -> tuple[int, int, str]:
    """Return what was lost, what was opened wrongly, and everything else that is wrong.

    Lost: reported and not stored. Opened wrongly: without a committed row that allows it.
    """
    with closing(sqlite3.connect(data / "munjigi.db")) as raw:
        rows = dict(raw.execute("SELECT id, outcome FROM log"))
        templates = dict(
            raw.execute(
                "SELECT people.id, count(templates.id) FROM people"
                " LEFT JOIN templates ON templates.person_id = people.id GROUP BY 1"
            )
        )
        strangers = raw.execute(
            "SELECT count(*) FROM log WHERE outcome = 'ACCEPT' AND person_number NOT LIKE 'M-%'"
        ).fetchone()[0]
    lost = sum(rows.get(number) != outcome for number, outcome in reported.rows.items())
    lost += sum(
        templates.get(person) != count
        for person, count in reported.people.items()
        if person not in reported.gone
    )
    vault = Vault(FileKeys(paths.keys_dir(data)))
    back = sum(person in templates for person in reported.gone)
    wrong = strangers + sum(rows.get(number) != "ACCEPT" for number in reported.opens)
    return (
        lost,
        wrong,
        "; ".join(
            filter(
                None,
                [
                    f"{back} deleted people are back" if back else "",
                    sentence(verify_kiosk_log(data / "munjigi.db", vault)),
                    *_files(data, reported),
                ],
            )
        ),
    )


def _files(data: Path, reported: Reported) -> list[str]:
    """Return what is wrong with backups and exports; raise where a template cannot be decrypted."""
    with Store.open(data / "munjigi.db") as store:
        store.people.templates("net")
        backups: Backups = store.backups
        kept = {file.name for file in backups.files()}
        wrong = [f"{name} is gone" for name in sorted(reported.backups)[-2:] if name not in kept]
        for file in backups.files():
            backup_file.authenticate(file, backups.content_key(file))
    exports = [
        file
        for file in (data / "exports").glob("*")
        if file.suffix in (".csv", ".jsonl", ".xlsx") and proof_of(file).exists()
    ]
    return wrong + [report.finding for file in exports if (report := verify_export(file)).finding]
