"""The command that starts this program, for help texts and advice."""

from __future__ import annotations

import sys
from pathlib import Path

from kiosk.core import paths


def program_name() -> str:
    """Return how to start the program: as this process was started, ``munjigi`` if installed.

    The command of the Debian package starts ``run_kiosk.py`` too, but not in a source tree.
    """
    started = Path(sys.argv[0]).name
    if started == "__main__.py":
        return "python -m kiosk"
    if started == "run_kiosk.py" and (paths.ROOT / "setup.cfg").is_file():
        return "python run_kiosk.py"
    return "munjigi"
