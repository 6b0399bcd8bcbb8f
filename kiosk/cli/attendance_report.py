"""``log attendance``: hours of presence, printed or written to a file."""

from __future__ import annotations

import argparse
from datetime import date, timedelta

from kiosk.app.bootstrap.attendance_factory import build_attendance
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.cli.shared import config_of, counted, data_dir, operator, output_file
from kiosk.services.attendance_service import AttendanceLine
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
            file = output_file(args.file)
            rows = service.export(operator(), since, until, file, args.person)
            print(f"{counted(rows, 'row', 'rows')} written to {args.file}")
            return 0
        for line in service.lines(operator(), since, until, args.person):
            print(_printed(line))
        return 0
    finally:
        storage.close()


def _printed(line: AttendanceLine) -> str:
    hours = "–" if line.hours is None else f"{line.hours:.2f} h"
    return "\t".join(
        (line.day, line.number, line.name, line.first_in, line.last_out, hours, str(line.entries))
    )
