"""The command line.

Exit codes: 0 done, 2 bad input or a failure, 130 interrupted by the user, 128 + the signal's number
ended by another signal.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    print("munjigi: Windows is not supported; run Munjigi on Linux.", file=sys.stderr)
    raise SystemExit(2)

import argparse
import importlib
import logging
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from kiosk import __version__
from kiosk.cli.argument_parsers import MixedParser, SentenceParser
from kiosk.cli.terminal import drop, is_of_stream, prepare_streams, print_error
from kiosk.core.errors import KioskError
from kiosk.core.private_files import keep_to_this_user
from kiosk.core.program_name import program_name


class Stopped(KeyboardInterrupt):
    """A signal asked the command to end; it cleans up as after Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; bad input prints one sentence on stderr and returns 2."""
    prepare_streams()
    keep_to_this_user()
    words = _with_default(list(sys.argv[1:] if argv is None else argv))
    try:
        code = _called(words)
        sys.stdout.flush()
        return code
    except KioskError as error:
        print_error(f"munjigi: {error}")
        return 2
    except ModuleNotFoundError as error:
        if error.name not in ("kiosk.learning", "torch", "torchvision"):
            raise
        print_error(
            "munjigi: this command trains or measures networks and is not part of the package; run "
            "it from its source."
        )
        return 2
    except KeyboardInterrupt as ended:
        print_error("munjigi: stopped.")
        return 128 + (ended.number if isinstance(ended, Stopped) else signal.SIGINT)
    except BrokenPipeError:  # the reader of the pipe has exited
        drop(sys.stdout)
        return 0
    except OSError as error:
        if not is_of_stream(error):
            raise
        print_error(
            f"munjigi: the output cannot be written ({error.strerror}); send it somewhere else."
        )
        drop(sys.stdout)
        return 2


def _called(words: list[str]) -> int:
    """Run the command that ``words`` name; return its exit code."""
    try:
        args = parser(words[0]).parse_args(words)
    except SystemExit:
        sys.stdout.flush()  # of --help, while a failure can still be handled
        raise
    _log_to_stderr(logging.INFO if args.verbose else logging.WARNING)
    with _ended_in_order():
        return int(args.call(args))


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let SIGTERM and SIGHUP (a dropped connection) end a command like Ctrl-C.

    By themselves they would end the process at once, without any cleaning up. An ignored one stays
    ignored (``nohup``).
    """

    def stop(number: int, _frame: FrameType | None) -> None:
        raise Stopped(number)

    numbers = (signal.SIGTERM, signal.SIGHUP)
    taken = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():  # signals reach only that one
        taken = []
    for number in taken:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _log_to_stderr(level: int) -> None:
    """Show ``level`` and above on stderr, independently of the kiosk's own log file."""
    handler = logging.StreamHandler()
    handler.setLevel(level)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler])


COMMANDS = (
    "run",
    "enroll",
    "people",
    "consent",
    "log",
    "keys",
    "backup",
    "evaluate",
    "compare",
    "train",
    "weights",
    "lock",
    "door",
    "notify",
    "fleet",
    "desk",
    "rules",
    "accounts",
    "doctor",
)


def _with_default(argv: list[str]) -> list[str]:
    """Return ``argv`` with ``run`` in front of it if it names no command."""
    if argv and (not argv[0].startswith("-") or argv[0] in ("-h", "--help", "--version")):
        return argv
    return ["run", *argv]


def parser(command: str = "") -> argparse.ArgumentParser:
    """Return the parser of ``command``, or of all commands if there is none of that name."""
    top = SentenceParser(
        prog=program_name(), description="Munjigi, the doorkeeper: a face-verification kiosk."
    )
    top.add_argument("--version", action="version", version=f"munjigi {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--data-dir",
        type=Path,
        default=None,
        metavar="DIR",
        help="folder of database, settings and exports",
    )
    common.add_argument(
        "--config",
        type=Path,
        default=None,
        metavar="FILE.toml",
        help="settings (default: config.toml in the data folder, if any)",
    )
    common.add_argument("-v", "--verbose", action="store_true", help="log more")
    commands = top.add_subparsers(
        title="commands", required=True, metavar="COMMAND", parser_class=MixedParser
    )
    for name in (command,) if command in COMMANDS else COMMANDS:  # importing the others takes time
        importlib.import_module(f"kiosk.cli.{name}_command").add_to(commands, common)
    return top
