"""Attacks on who did something: a borrowed name at a command, and files signed by another key."""

from __future__ import annotations

import contextlib
import io
import os
import pwd
import subprocess
import sys
from pathlib import Path

from kiosk.cli import main
from kiosk.storage.store import Store
from tests.attacks.table import Outcome, attack
from tests.helpers.signed_files import signed_files

ROOT = Path(__file__).resolve().parents[2]


@attack("C18", "a command runs under somebody else's LOGNAME", tries=8, short=1)
def borrowed_name(folder: Path, tries: int) -> Outcome:
    """Set every variable from which programs take a user's name."""
    own = f"command:{pwd.getpwuid(os.getuid()).pw_name}"
    names = ("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER")
    succeeded = 0
    for _ in range(tries):
        said = subprocess.run(
            [sys.executable, "-c", "from kiosk.cli.shared import operator as o; print(o().name)"],
            cwd=ROOT,
            env=os.environ | dict.fromkeys(names, "victim"),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        succeeded += "victim" in said or not said.startswith(own)
    return tries, succeeded, ""


def passes(*words: str) -> bool:
    """Return whether a command ends with code 0."""
    with contextlib.redirect_stdout(io.StringIO()):
        return main(words) == 0


@attack("C18", "a forged export or receipt passes on the kiosk itself", tries=20, short=2)
def forged_files(folder: Path, tries: int) -> Outcome:
    """Verify files that another key signed with the kiosk's own commands."""
    kiosk = folder / "kiosk"
    Store.open(kiosk / "munjigi.db").close()
    succeeded = 0
    for n in range(tries):
        export, receipt = signed_files(folder / f"other{n}")
        words = ("log", "verify", str(export)) if n % 2 else ("keys", "verify", str(receipt))
        succeeded += passes(*words, "--data-dir", str(kiosk))
    return tries, succeeded, ""
