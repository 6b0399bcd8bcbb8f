"""An export of the log and a receipt, signed by the kiosk of a data folder."""

from __future__ import annotations

import json
from pathlib import Path

from kiosk.core.decisions import LogFilter
from kiosk.core.people import Person
from kiosk.storage.audit.log_export import export_log
from kiosk.storage.store import Store
from tests.unit.storage.samples import decision


def signed_files(data: Path) -> tuple[Path, Path]:
    """Make an export and a receipt of the kiosk in ``data``, beside that folder."""
    folder = data.with_name(f"{data.name}-files")
    folder.mkdir()
    export, receipt = folder / "log.csv", folder / "receipt.json"
    with Store.open(data / "munjigi.db") as store:
        store.access_log.append(decision())
        export_log(store.database.path, LogFilter(), export, "csv", vault=store.vault)
        person = store.people.add(Person("2026-1", "홍길동"))
        document = store.people.delete(person.id or 0, "chief").document
    receipt.write_text(json.dumps(document), encoding="utf-8")
    return export, receipt
