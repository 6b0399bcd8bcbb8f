"""``doctor``: check everything that the kiosk needs, with advice."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from kiosk.app.doctor.check_messages import check_message
from kiosk.app.doctor.examination import examine
from kiosk.cli.privacy_report import report_privacy
from kiosk.cli.shared import config_of, counted, data_dir, operator
from kiosk.cli.terminal import shows_all_letters
from kiosk.core.languages import TERMINAL_LANGUAGE, language_codes
from kiosk.core.view_models import Check, CheckLevel
from kiosk.services.system_check import SystemCheckService

MARKS = {CheckLevel.OK: "ok     ", CheckLevel.WARNING: "warning", CheckLevel.PROBLEM: "PROBLEM"}


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "doctor", parents=[common], help="check this machine and say what to do"
    )
    own.add_argument(
        "--privacy",
        action="store_true",
        help="check points of privacy, chosen after Korea's guideline on biometric data",
    )
    own.add_argument("--json", action="store_true", help="--privacy: as JSON")
    own.add_argument(
        "--language",
        choices=language_codes(),
        default=TERMINAL_LANGUAGE,
        help="--privacy: language of the report",
    )
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Print every check; return 2 if one of them is a problem."""
    if args.privacy:
        return report_privacy(config_of(args), data_dir(args), args.language, as_json=args.json)
    service = SystemCheckService(lambda: examine(config_of(args), data_dir(args)))
    checks = [*service.run(operator()), *_terminal()]
    for check in checks:
        print(f"{MARKS[check.level]}  {check.name:<20} {check.found}")
        if check.advice:
            print(f"         {'':<20} → {check.advice}")
    problems = sum(check.level is CheckLevel.PROBLEM for check in checks)
    print(
        f"{counted(problems, 'problem', 'problems')}: the kiosk may not start."
        if problems
        else "Everything the kiosk needs is here."
    )
    return 2 if problems else 0


def _terminal() -> Iterator[Check]:
    """Yield a warning if this terminal lacks letters, which are printed as numbers then."""
    if not shows_all_letters():
        yield check_message(
            "terminal",
            CheckLevel.WARNING,
            "terminal",
            "terminal",
            encoding=sys.stdout.encoding,
        )
