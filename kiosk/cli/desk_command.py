"""``desk``: the staff's screens alone, on an office computer, with or without a webcam."""

from __future__ import annotations

import argparse
import os
from typing import Any

from kiosk.cli.run_command import has_display, load
from kiosk.cli.shared import changed, config_of, data_dir
from kiosk.core.errors import ConfigError
from kiosk.core.languages import language_codes


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "desk", parents=[common], help="the staff's screens without a door, for a fleet"
    )
    own.add_argument("--camera", metavar="SOURCE", help="as for run; needed to enrol faces only")
    own.add_argument("--lang", choices=language_codes(), help="language at start")
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Start the application without a door: nothing here locks or opens one."""
    from kiosk.app.decoder_warnings import drop_decoder_warnings
    from kiosk.app.lock_at_start import LockAtStart

    if not has_display() and os.environ.get("QT_QPA_PLATFORM") is None:
        raise ConfigError("A desk needs a display; start it in a desktop session.")
    config = changed(config_of(args), "camera", source=args.camera)
    config = changed(config, "ui", windowed=True, language=args.lang)
    drop_decoder_warnings()
    load()
    from kiosk.app.start import start_kiosk

    folder = data_dir(args)
    return start_kiosk(config, folder, LockAtStart(folder), args.lang, args.config, desk=True)
