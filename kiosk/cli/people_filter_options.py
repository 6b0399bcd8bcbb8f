"""Options of ``people list`` that say whom to list."""

from __future__ import annotations

import argparse

from kiosk.core.people import PersonRole
from kiosk.core.people_filter import PeopleFilter, PersonState


def add_options(own: argparse.ArgumentParser) -> None:
    """Add the options; ``--role`` is another action's too."""
    listed = own.add_argument_group("list: only people who meet all of these")
    listed.add_argument("--state", choices=[state.value for state in PersonState])
    listed.add_argument(
        "--unseen-days", type=_days, metavar="N", help="not let in within the last N days"
    )
    listed.add_argument("--never-seen", action="store_true", help="never let in")
    listed.add_argument(
        "--ends-within", type=_days, metavar="N", help="whose last day is within N days from today"
    )


def filter_of(args: argparse.Namespace) -> PeopleFilter:
    """Return what the options mean."""
    return PeopleFilter(
        args.search,
        role=PersonRole(args.role) if args.role else None,
        state=PersonState(args.state) if args.state else None,
        unseen_days=args.unseen_days,
        never_seen=args.never_seen,
        ends_within_days=args.ends_within,
    )


def _days(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 5:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of days")
