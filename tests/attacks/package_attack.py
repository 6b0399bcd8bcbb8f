"""Attacks by the kiosk's own user on root, who installs, upgrades and removes the package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.attacks.table import Outcome, attack

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("unshare", "chroot", "dpkg", "dpkg-deb", "adduser", "setpriv", "mount")


@attack("B8", "become root by links, at an upgrade or removal of the package", tries=40, short=2)
def become_root_at_an_upgrade(folder: Path, tries: int) -> Outcome:
    """Plant links as the kiosk's user, then let a real dpkg install, upgrade and purge.

    The root is a small one: the system's programs, read-only, and folders of its own.
    """
    if os.geteuid() != 0 or not all(map(shutil.which, NEEDED)):
        return 0, 0, "not tried: needs root, dpkg, adduser and unshare"
    if subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        return 0, 0, "not tried: this machine allows no mounts"
    done = subprocess.run(
        [
            "unshare",
            "--mount",
            sys.executable,
            "-m",
            "tests.attacks.package_trial",
            str(folder),
            str(tries),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        return 1, 1, done.stderr.strip()[-300:]
    found = json.loads(done.stdout)
    got = [name for name, succeeded in found.items() if succeeded]
    return len(found), len(got), ", ".join(got)
