"""``log export FILE``: the access log as CSV, JSON Lines or XLSX."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from kiosk import paths
from kiosk.app.build import Storage
from kiosk.cli.common import Progress, config_of, data_dir, day
from kiosk.errors import StorageError
from kiosk.storage.export import export_log
from kiosk.types import LogFilter, Outcome

KINDS = {".csv": "csv", ".jsonl": "jsonl", ".xlsx": "xlsx"}


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser("log", parents=[common], help="export the access log")
    own.add_argument("action", choices=("export",))
    own.add_argument("file", type=Path, help="where to write; .csv, .jsonl or .xlsx")
    own.add_argument("--since", metavar="DATE", help="first day, 2026-03-01")
    own.add_argument("--until", metavar="DATE", help="last day")
    own.add_argument("--person", default="", metavar="TEXT", help="name or student number")
    own.add_argument("--decision", choices=("accept", "reject"))
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Export what the filter lets through."""
    kind = KINDS.get(args.file.suffix.lower())
    if kind is None:
        raise StorageError(f"{args.file} must end in .csv, .jsonl or .xlsx.")
    wanted = LogFilter(
        since=day(args.since) if args.since else None,
        until=day(args.until) if args.until else None,
        text=args.person,
        outcome=Outcome(args.decision.upper()) if args.decision else None,
    )
    Storage.open(data_dir(args), config_of(args)).close()  # migrates, and says clearly what is wrong with a damaged database
    rows = export_log(paths.database_file(data_dir(args)), wanted, args.file, kind, Progress("exporting"), lambda: False)
    print(f"{rows} rows written to {args.file}")
    return 0
