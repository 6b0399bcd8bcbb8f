"""``people import``: import a table of people, all or nothing."""

from __future__ import annotations

import argparse
from pathlib import Path

from kiosk.app.bootstrap.consent_factory import publish_consent
from kiosk.app.bootstrap.importer import build_import
from kiosk.cli.shared import Progress, config_of, counted, operator
from kiosk.cli.terminal import print_json
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import StorageError
from kiosk.core.import_plan import ImportPlan, ImportReport, PlannedRow, RowError, RowState
from kiosk.core.languages import TERMINAL_LANGUAGE
from kiosk.storage.store import Store
from kiosk.ui.i18n import tr_in


def add_options(own: argparse.ArgumentParser) -> None:
    """Add the options of this action."""
    own.add_argument(
        "--photos",
        type=Path,
        metavar="DIR",
        help="import: folder of photographs by student number (2026-1.jpg, 2026-1-2.jpg, or a "
        "folder 2026-1)",
    )
    own.add_argument(
        "--dry-run",
        action="store_true",
        help="import: say what each row would do, and store nothing",
    )
    own.add_argument(
        "--leave-out",
        action="store_true",
        help="import: do without the rows with errors, and store the others",
    )
    own.add_argument("--json", action="store_true", help="import, re-enrolment: answer as JSON")


def import_people(args: argparse.Namespace, storage: Store) -> int:
    """Import the table ``args.number``; raise or return 2 for erroneous rows not left out."""
    if not args.number:
        raise StorageError("Name the table, for example: people import people.csv --dry-run.")
    config: Config = config_of(args)
    publish_consent(storage, config)
    importer = build_import(config, storage)
    progress = Progress("photographs")
    actor = operator()
    photographs = paths.existing(args.photos) if args.photos else None
    found = importer.plan(actor, paths.existing(args.number), photographs)
    plan = importer.examine(actor, found, progress, lambda: False)
    if args.dry_run:
        _show(plan, ImportReport.of(plan), args.json, stored=False)
        return 2 if plan.errors else 0
    if plan.errors and not args.leave_out:
        raise StorageError(_first_fault(plan))
    _show(plan, importer.carry_out(actor, plan, args.leave_out), args.json, stored=True)
    return 0


def sentence(file: str, fault: RowError) -> str:
    """Return file, row, column and the error as a sentence."""
    column = (
        f", {tr_in(TERMINAL_LANGUAGE, f'import.column.{fault.column}').lower()}"
        if fault.column
        else ""
    )
    return f"{file}, row {fault.row}{column}: {tr_in(TERMINAL_LANGUAGE, fault.key, **fault.values)}"


def _first_fault(plan: ImportPlan) -> str:
    more = plan.count(RowState.ERROR) - 1
    rest = (
        f" {counted(more, 'more row has errors', 'more rows have errors')}: --dry-run lists them, "
        "--leave-out does without them."
        if more
        else ""
    )
    return sentence(plan.file, plan.errors[0]) + rest


def _show(plan: ImportPlan, report: ImportReport, as_json: bool, *, stored: bool) -> None:
    if as_json:
        document = {
            "file": plan.file,
            "stored": stored,
            "guessed_code_page": plan.code_page,
            **report.values(),
            "unused_photographs": plan.unused,
            "rows": [_as_json(row, plan.file) for row in plan.rows],
        }
        print_json(document, indent=1)
        return
    for row in plan.rows:
        what = "; ".join(sentence(plan.file, fault) for fault in row.errors) or ", ".join(
            _parts(row)
        )
        print(f"{row.row}\t{row.number}\t{row.name}\t{row.state.value}\t{what}")
    for name in plan.unused:
        print(f"{name}: a photograph of nobody in this file")
    if plan.guessed_names:
        values = {"code_page": plan.code_page, "names": ", ".join(plan.guessed_names)}
        print(f"{plan.file}: {tr_in(TERMINAL_LANGUAGE, 'import.table.guessed', **values)}")
    verb = "imported" if stored else "nothing was stored"
    print(
        f"{verb}: {report.added} new, {report.changed} changed, {report.unchanged} unchanged, "
        f"{report.left_out} with errors, {counted(report.templates, 'template', 'templates')}"
    )


def _parts(row: PlannedRow) -> list[str]:
    templates = len(row.change.templates) if row.change else 0
    return [
        *row.fields,
        *([counted(templates, "template", "templates")] if templates else []),
        *([_note(row)] if row.note else []),
    ]


def _note(row: PlannedRow) -> str:
    return tr_in(TERMINAL_LANGUAGE, row.note, **row.note_values) if row.note else ""


def _as_json(row: PlannedRow, file: str) -> dict[str, object]:
    return {
        "row": row.row,
        "number": row.number,
        "name": row.name,
        "state": row.state.value,
        "changes": row.fields,
        "photographs": len(row.photographs),
        "templates": len(row.change.templates) if row.change else 0,
        "note": _note(row),
        "errors": [{"column": fault.column, "text": sentence(file, fault)} for fault in row.errors],
    }
