"""``log``: the access log as CSV, JSON Lines or XLSX; whether it, or an export, is as it was written; old rows removed."""

from __future__ import annotations

import argparse
from datetime import datetime, time
from pathlib import Path
from typing import Any

from kiosk import paths
from kiosk.app.build import Storage, local_now
from kiosk.cli.approval import two_admins
from kiosk.cli.common import Progress, config_of, data_dir, day, operator
from kiosk.errors import StorageError
from kiosk.storage.export import export_log
from kiosk.storage.proofs import verify_export
from kiosk.storage.retention import Retention
from kiosk.storage.verify import sentence, verify_log
from kiosk.types import LogFilter, Outcome

KINDS = {".csv": "csv", ".jsonl": "jsonl", ".xlsx": "xlsx"}


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser("log", parents=[common], help="export or verify the access log; remove old rows")
    own.add_argument("action", choices=("export", "verify", "remove"))
    own.add_argument("file", nargs="?", type=Path, help="where to write (.csv, .jsonl or .xlsx), or the export to verify; without one the log itself is verified")
    own.add_argument("--since", metavar="DATE", help="first day, 2026-03-01")
    own.add_argument("--until", metavar="DATE", help="last day")
    own.add_argument("--person", default="", metavar="TEXT", help="name or student number")
    own.add_argument("--decision", choices=("accept", "reject"))
    own.add_argument("--actions", action="store_true", help="export what staff and administrators did, in place of the decisions")
    own.add_argument("--key", metavar="FINGERPRINT", help="the export must be signed by this key (see keys show)")
    own.add_argument("--before", metavar="DATE", help="remove the rows of before this day")
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Carry out one action."""
    if args.action == "export":
        return _export(args)
    if args.action == "remove":
        return _remove(args)
    return _verify(args) if args.file is None else _verify_file(args.file, args.key)


def _export(args: argparse.Namespace) -> int:
    if args.file is None or args.file.suffix.lower() not in KINDS:
        raise StorageError(f"{args.file or 'The file to write'} must end in .csv, .jsonl or .xlsx.")
    wanted = LogFilter(
        since=day(args.since) if args.since else None,
        until=day(args.until) if args.until else None,
        text=args.person,
        outcome=Outcome(args.decision.upper()) if args.decision else None,
    )
    kind, what = KINDS[args.file.suffix.lower()], "actions" if args.actions else "log"
    storage = Storage.open(data_dir(args), config_of(args))  # migrates, and says clearly what is wrong with a damaged database
    try:
        storage.actions.record("log_exported", operator(), {"kind": kind, "table": what})
        rows = export_log(storage.database.path, wanted, args.file, kind, Progress("exporting"), vault=storage.database.vault, what=what)
    finally:
        storage.close()
    print(f"{rows} rows written to {args.file}, with their proof beside it")
    return 0


def _verify(args: argparse.Namespace) -> int:
    path = paths.database_file(data_dir(args))
    report = verify_log(path, Progress("verifying"))
    if report.finding:
        print(f"NOT as it was written: {sentence(report)}")
        return 2
    print(f"{report.rows - report.removed} rows are as they were written, {report.removed} older ones were removed by the retention rule")
    print(f"signed by the key {report.fingerprint or '-'}")
    return 0


def _verify_file(file: Path, key: str | None) -> int:
    report = verify_export(file)
    if not report.finding and key and key != report.fingerprint:
        print(f"NOT genuine: signed by the key {report.fingerprint}, not by {key}")
        return 2
    if report.finding:
        print(f"NOT as it was exported: {report.finding}")
        return 2
    print(f"{report.rows} rows are as they were exported at {report.at}")
    print(f"signed by the key {report.fingerprint}" + ("" if key else "; compare that with `keys show` on the kiosk"))
    return 0


def _remove(args: argparse.Namespace) -> int:
    if not args.before:
        raise StorageError("Name the day with --before 2026-03-01; rows of that day and later stay.")
    config = config_of(args)
    before = datetime.combine(day(args.before), time.min).astimezone()
    storage = Storage.open(data_dir(args), config)
    try:
        by = two_admins(storage, config) or operator()
        rows = Retention(storage.database, config.privacy.keep_log_days).run(local_now(), before, by)
    finally:
        storage.close()
    print(f"{rows} rows of before {args.before} removed; the rest is still provable")
    return 0
