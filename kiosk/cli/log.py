"""``log export FILE``: the access log as CSV, JSON Lines or XLSX. ``log replay``: past decisions by another rule."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from kiosk import paths
from kiosk.app.build import Storage
from kiosk.cli.common import Progress, counted, data_dir, day
from kiosk.errors import ConfigError, StorageError
from kiosk.services.replay import changes
from kiosk.storage.export import export_log
from kiosk.types import LogFilter, Mode, Outcome
from kiosk.vision.replay import replay

MOST_ROWS = 100_000
KINDS = {".csv": "csv", ".jsonl": "jsonl", ".xlsx": "xlsx"}


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser("log", parents=[common], help="export the access log, or decide it again")
    own.add_argument("action", choices=("export", "replay"))
    own.add_argument("file", type=Path, nargs="?", help="export: where to write; .csv, .jsonl or .xlsx")
    own.add_argument("--since", metavar="DATE", help="first day, 2026-03-01")
    own.add_argument("--until", metavar="DATE", help="last day")
    own.add_argument("--person", default="", metavar="TEXT", help="name or student number")
    own.add_argument("--decision", choices=("accept", "reject"))
    again = own.add_argument_group("replay: what the door would have said to the frames behind each decision")
    again.add_argument("--threshold", type=float, metavar="DISTANCE", help="decide at this distance")
    again.add_argument("--margin", type=float, metavar="DISTANCE", help="and with this margin to the second nearest (default: as it was)")
    again.add_argument("--votes", type=int, metavar="K", help="and with so many agreeing frames (default: as it was)")
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Carry out one action on what the filter lets through."""
    since, until = (day(text) if text else None for text in (args.since, args.until))
    if since and until and until < since:
        raise ConfigError(f"--until {until} is before --since {since}; name the earlier day first.")
    wanted = LogFilter(
        since=since,
        until=until,
        text=args.person,
        outcome=Outcome(args.decision.upper()) if args.decision else None,
    )
    return _replay(args, wanted) if args.action == "replay" else _export(args, wanted)


def _export(args: argparse.Namespace, wanted: LogFilter) -> int:
    if args.file is None:
        raise StorageError("Name a file to write, for example: log export log.xlsx.")
    kind = KINDS.get(args.file.suffix.lower())
    if kind is None:
        raise StorageError(f"{args.file} must end in .csv, .jsonl or .xlsx.")
    Storage.open(data_dir(args)).close()  # migrates, and says clearly what is wrong with a damaged database
    rows = export_log(paths.database_file(data_dir(args)), wanted, args.file, kind, Progress("exporting"), lambda: False)
    print(f"{counted(rows, 'row', 'rows')} written to {args.file}")
    return 0


def _replay(args: argparse.Namespace, wanted: LogFilter) -> int:
    """Print which past decisions would have been others; nothing is changed."""
    threshold, margin, votes = args.threshold, args.margin, args.votes
    if args.file is not None or threshold is None or not (math.isfinite(threshold) and 0 <= threshold <= 2):
        raise StorageError("Write log replay --threshold DISTANCE, between 0 and 2, perhaps with --margin, --votes, --since, --until and --person.")
    if margin is not None and not 0 <= margin <= 1:  # also refuses NaN
        raise StorageError("--margin must be between 0 and 1.")
    if votes is not None and not 2 <= votes <= 30:
        raise StorageError("--votes must be between 2 and 30.")
    storage = Storage.open(data_dir(args))
    try:
        rows = storage.traces.recent(wanted, MOST_ROWS)
        embedder = next((entry.decision.embedder_id for entry, trace in rows if trace), "")

        def name_of(person_id: int) -> str:
            person = storage.people.get(person_id)
            return person.name if person else ""

        found = changes(rows, embedder, dict.fromkeys(Mode, threshold), lambda trace, at: replay(trace, at, margin, votes), name_of, shown=len(rows))
    finally:
        storage.close()
    for one in found.changed:
        print(f"{one.at.isoformat(timespec='seconds')}\t{one.who or 'unknown'}\t{one.mode.value}\t{one.reason.value}\t{one.becomes.value}")
    print(f"{found.replayed} of {found.decisions} decisions replayed ({embedder or 'no network'}): {found.opened} would open, {found.refused} would not, "
          f"{found.undecided} of these for want of frames")
    return 0
