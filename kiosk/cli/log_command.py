"""``log``: export, verify, confirm, prune and replay the access log."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from kiosk.app.bootstrap.administer_factory import build_two_admins
from kiosk.app.bootstrap.store_factory import key_store, open_store
from kiosk.app.bootstrap.use_cases import build_export, build_stored_data
from kiosk.cli.attendance_report import print_attendance
from kiosk.cli.expected_signers import add_key, expected_signers, not_genuine, signed_by
from kiosk.cli.shared import Progress, config_of, counted, data_dir, day, operator, output_file
from kiosk.cli.two_admin_approval import ask_approval
from kiosk.core import paths
from kiosk.core.decisions import LogFilter, Outcome
from kiosk.core.errors import ConfigError, StorageError
from kiosk.services.decision_replay import DecisionReplayService
from kiosk.storage.audit.chain_verification import sentence, verify_kiosk_log
from kiosk.storage.audit.export_proof import verify_export
from kiosk.storage.audit.seal_verification import confirm_tables, verify_seals
from kiosk.storage.audit.seal_verification import sentences as seal_sentences
from kiosk.storage.crypto.vault import Vault
from kiosk.vision.recognition.vote_replay import replay

MAX_REPLAYED = 100_000
"""Decisions that a replay considers at most, newest first."""

KINDS = {".csv": "csv", ".jsonl": "jsonl", ".xlsx": "xlsx"}


_NO_SEALS_HERE = ("error.key_missing", "error.storage_no_chain")
"""Keys of errors that mean another machine, or an older database: no sign of an attack."""


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "log",
        parents=[common],
        help="export or verify the access log, show attendance, confirm an older database, "
        "remove old rows, or decide it again",
    )
    own.add_argument(
        "action", choices=("export", "attendance", "verify", "confirm", "remove", "replay")
    )
    own.add_argument(
        "file",
        type=Path,
        nargs="?",
        help="export: where to write, .csv, .jsonl or .xlsx; attendance: .csv or .xlsx "
        "(without one it is printed); verify: an export (without one the log itself)",
    )
    own.add_argument("--since", metavar="DATE", help="first day, 2026-03-01")
    own.add_argument("--until", metavar="DATE", help="last day")
    own.add_argument("--person", default="", metavar="TEXT", help="name or student number")
    own.add_argument("--decision", choices=("accept", "reject", "unfinished"))
    own.add_argument(
        "--actions",
        action="store_true",
        help="export what staff and administrators did, in place of the decisions",
    )
    add_key(own)
    own.add_argument("--before", metavar="DATE", help="remove: the rows of before this day")
    _add_replay(own)
    own.set_defaults(call=call)


def _add_replay(own: argparse.ArgumentParser) -> None:
    again = own.add_argument_group(
        "replay: what the door would have said to the frames behind each decision"
    )
    again.add_argument(
        "--threshold", type=float, metavar="DISTANCE", help="decide at this distance"
    )
    again.add_argument(
        "--margin",
        type=float,
        metavar="DISTANCE",
        help="and with this margin to the second nearest (default: as it was)",
    )
    again.add_argument(
        "--votes",
        type=int,
        metavar="K",
        help="and with so many agreeing frames (default: as it was)",
    )


def call(args: argparse.Namespace) -> int:
    """Carry out one action on the rows that pass the filter."""
    if args.action == "remove":
        return _remove(args)
    if args.action == "confirm":
        return _confirm(args)
    if args.action == "verify":
        return _verify(args) if args.file is None else _verify_file(args)
    since, until = (day(text) if text else None for text in (args.since, args.until))
    if since and until and until < since:
        raise ConfigError(f"--until {until} is before --since {since}; name the earlier day first.")
    log_filter = LogFilter(
        since=since,
        until=until,
        text=args.person,
        outcome=Outcome(args.decision.upper()) if args.decision else None,
    )
    if args.action == "attendance":
        return print_attendance(args, since, until)
    return _replay(args, log_filter) if args.action == "replay" else _export(args, log_filter)


def _export(args: argparse.Namespace, log_filter: LogFilter) -> int:
    if args.file is None:
        raise StorageError("Name a file to write, for example: log export log.xlsx.")
    kind = KINDS.get(args.file.suffix.lower())
    what = "actions" if args.actions else "log"
    if kind is None:
        raise StorageError(
            f"{args.file} cannot be written; name a file that ends in .csv, .jsonl or .xlsx."
        )
    output_file(args.file)
    storage = open_store(
        data_dir(args), config_of(args)
    )  # migrates, and explains what is wrong with a damaged database
    try:
        rows = build_export(storage).export(
            operator(), what, log_filter, kind, args.file, Progress("exporting")
        )
    finally:
        storage.close()
    print(f"{counted(rows, 'row', 'rows')} written to {args.file}, with their proof beside it")
    return 0


def _verify(args: argparse.Namespace) -> int:
    folder = data_dir(args)
    vault = Vault(key_store(folder, config_of(args)))
    report = verify_kiosk_log(
        paths.database_file(folder), vault, Progress("verifying"), args.key or None
    )
    sealed = _verify_seals(paths.database_file(folder.absolute()), vault)
    if report.finding:
        print(f"NOT as it was written: {sentence(report)}")
        return 2
    print(
        f"{counted(report.rows - report.removed, 'row is', 'rows are')} as written, "
        f"{report.removed} older ones were removed by the retention rule"
    )
    for name in report.signers or ("-",):
        print(f"signed by the key {name}")
    if not args.key and vault.own_signers() is None:
        print(
            "The keys of this kiosk are not here: compare each of these with `keys show` on the "
            "kiosk, or name them with --key."
        )
    return 0 if sealed else 2


def _verify_seals(database: Path, vault: Vault) -> bool:
    """Print what somebody wrote without the kiosk; return whether there is nothing."""
    try:
        found = seal_sentences(verify_seals(database, vault))
    except StorageError as error:
        print(f"People, accounts and settings could not be verified: {error}")
        return error.key in _NO_SEALS_HERE
    for one in found:
        print(f"NOT as the kiosk left it: {one}.")
    if found:
        print(
            "Such entries do not count. Find out who wrote into the database; then restore a"
            " backup, or delete them and enter them again."
        )
    return not found


def _verify_file(args: argparse.Namespace) -> int:
    file: Path = args.file
    report = verify_export(file)
    if report.finding:
        print(f"NOT as it was exported: {report.finding}")
        return 2
    keys = expected_signers(args)
    if keys and report.fingerprint not in keys:
        print(not_genuine(report.fingerprint, args))
        return 2
    print(f"{counted(report.rows, 'row is', 'rows are')} as exported at {report.at}")
    if not report.whole:
        print(
            "An older version signed the rows only: look at them here, another program may show "
            "something else than this file's rows."
        )
    print(signed_by(report.fingerprint, keys, args))
    return 0


def _confirm(args: argparse.Namespace) -> int:
    """Take a database that is older than what the kiosk had written, or in which rows are."""
    storage = open_store(data_dir(args), config_of(args))
    try:
        two = build_two_admins(storage)
        approval = ask_approval(two)
        by = two.agreed(approval.actor, approval.name, approval.pin)
        confirmed = storage.roll_back_guard.confirm(by)
        tables = confirm_tables(storage, by)
    finally:
        storage.close()
    print(
        "The database counts as it is from now on; the door may open again."
        if confirmed
        else "The log holds everything that this kiosk had written; nothing was to be confirmed."
    )
    if tables:
        print(f"The rows that are genuine in {tables} count as all that there should be.")
    return 0


def _remove(args: argparse.Namespace) -> int:
    if not args.before:
        raise StorageError(
            "Name the day with --before 2026-03-01; rows of that day and later stay."
        )
    config = config_of(args)
    before = day(args.before)
    storage = open_store(data_dir(args), config)
    try:
        approval = ask_approval(build_two_admins(storage))
        rows = build_stored_data(config, storage).delete_rows(
            approval.actor, before, approval.name, approval.pin
        )
    finally:
        storage.close()
    print(
        f"{counted(rows, 'row', 'rows')} of before {args.before} removed; the rest is still "
        "provable"
    )
    return 0


def _check_replay(args: argparse.Namespace) -> None:
    """Raise ``StorageError`` for options out of range."""
    threshold = args.threshold
    margin = args.margin
    votes = args.votes
    if (
        args.file is not None
        or threshold is None
        or not (math.isfinite(threshold) and 0 <= threshold <= 2)
    ):
        raise StorageError(
            "Write log replay --threshold DISTANCE, between 0 and 2, perhaps with --margin, "
            "--votes, --since, --until and --person."
        )
    if margin is not None and not 0 <= margin <= 1:  # also refuses NaN
        raise StorageError("--margin must be between 0 and 1.")
    if votes is not None and not 2 <= votes <= 30:
        raise StorageError("--votes must be between 2 and 30.")


def _replay(args: argparse.Namespace, log_filter: LogFilter) -> int:
    """Print which past decisions would have been different; change nothing."""
    _check_replay(args)
    storage = open_store(data_dir(args), config_of(args))
    try:
        service = DecisionReplayService(
            storage.traces,
            storage.people,
            lambda trace, at: replay(trace, at, args.margin, args.votes),
        )
        embedder, found = service.replay(operator(), log_filter, args.threshold, MAX_REPLAYED)
    finally:
        storage.close()
    for change in found.changed:
        print(
            change.at.isoformat(timespec="seconds"),
            change.who or "unknown",
            change.mode.value,
            change.reason.value,
            change.outcome.value,
            sep="\t",
        )
    print(
        f"{found.replayed} of {found.decisions} decisions replayed ({embedder or 'no network'}): "
        f"{found.opened} would open, {found.refused} would not, "
        f"{found.undecided} of these for lack of frames"
    )
    return 0
