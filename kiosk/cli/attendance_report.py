"""``log attendance``: hours of presence, printed or written to a file."""

from __future__ import annotations

import argparse
from datetime import date, timedelta

from kiosk.app.bootstrap.attendance_factory import build_attendance
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.cli.shared import config_of, counted, data_dir, operator
from kiosk.services.attendance_service import Attendance, clock_text
from kiosk.storage.db.timestamps import local_now

DAYS = 31
"""Days that are shown where none are named."""


def print_attendance(args: argparse.Namespace, since: date | None, until: date | None) -> int:
    """Print the days from ``since`` to ``until``, or write them to the file."""
    until = until or local_now().date()
    since = since or until - timedelta(days=DAYS - 1)
    config = config_of(args)
    storage = open_store(data_dir(args), config)
    try:
        service = build_attendance(config, storage)
        if args.file is not None:
            rows = service.export(operator(), since, until, args.file, args.person)
            print(f"{counted(rows, 'row', 'rows')} written to {args.file}")
            return 0
        for row in service.rows(operator(), since, until, args.person):
            print(_line(row))
        return 0
    finally:
        storage.close()


def _line(row: Attendance) -> str:
    presence = row.presence
    return "\t".join(
        (
            presence.day.isoformat(),
            row.number,
            row.name,
            clock_text(presence.first_in, presence.day),
            clock_text(presence.last_out, presence.day),
            "–" if presence.hours is None else f"{presence.hours:.2f} h",
            str(presence.entries),
        )
    )
