"""Processor time of the main thread until staff see their pages.

Run as ``python -m benchmarks.staff_pages``.

Each round is a process of its own with an empty database; the screens' modules are imported first.
``--prepared`` also builds first what the kiosk builds while nobody is at the door. Medians of
``--rounds``, in milliseconds.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROUNDS = 5
WAIT_S = 60.0
OTHER_PAGES = ("log", "rules", "settings", "system")
"""Pages that are opened after the first one."""


def measured(window: object, work: Callable[[], object], done: Callable[[], bool]) -> float:
    """Return the milliseconds of processor time until ``done`` and everything is painted."""
    from PySide6.QtWidgets import QApplication

    until = time.monotonic() + WAIT_S
    before = time.thread_time()
    work()
    while not done():
        if time.monotonic() > until:
            raise TimeoutError("the page was not shown")
        QApplication.processEvents()
        time.sleep(0.001)
    for _ in range(6):  # nested layouts settle
        QApplication.processEvents()
    return 1000 * (time.thread_time() - before)


def one_round(folder: Path, prepared: bool) -> dict[str, float]:
    """Sign in and open pages in this process."""
    from PySide6.QtWidgets import QApplication

    from kiosk.app.bootstrap.store_factory import open_store
    from kiosk.app.runtime import Runtime
    from kiosk.app.staff_loader import EARLY_PAGES
    from kiosk.core.config import config_from
    from kiosk.core.people import AccountRole
    from kiosk.ui.main_window import MainWindow

    application = QApplication(["munjigi"])
    importlib.import_module("kiosk.app.staff.area")
    storage = open_store(folder)
    storage.accounts.create("admin", AccountRole.ADMIN, "482915")
    (account,) = storage.accounts.list()
    runtime = Runtime(
        config_from({"ui": {"windowed": True, "sound": False}}),
        folder,
        storage,
        camera=lambda: None,  # type: ignore[arg-type, return-value]
    )
    window: MainWindow = runtime.window
    window.show_kiosk()
    window.go("door")
    for _ in range(6):
        application.processEvents()
    while prepared and not (
        runtime.staff.area is not None
        and all(runtime.staff.area.screen.is_built(name) for name in EARLY_PAGES)
    ):
        runtime.staff.prepare()
    took = {
        "key to sign-in": measured(
            window, runtime._ask_sign_in, lambda: window.current == "sign_in"
        )
    }
    area = runtime.staff.open()
    took["sign-in to first page"] = measured(
        window, lambda: area.sign_in.welcome(account), lambda: window.current == "admin"
    )
    for page in OTHER_PAGES:
        took[f"then {page}"] = measured(
            window, lambda page=page: area.screen.page(page), lambda: True
        )
    took["together"] = sum(took.values())
    took["until the first page"] = took["key to sign-in"] + took["sign-in to first page"]
    runtime.display_preferences.stop()
    print(json.dumps(took), flush=True)
    os._exit(0)  # nothing here is worth stopping in order


def main() -> None:
    """Run the rounds and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--prepared", action="store_true", help="as after a while without anybody")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if args.one:
        with tempfile.TemporaryDirectory() as folder:
            one_round(Path(folder), args.prepared)
    rounds: list[dict[str, float]] = []
    for _ in range(args.rounds):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.staff_pages", "--one", *sys.argv[1:]],
            check=True,
            capture_output=True,
            text=True,
        )
        rounds.append(json.loads(done.stdout.splitlines()[-1]))
    for name in rounds[0]:
        times = [took[name] for took in rounds]
        print(f"{name:24} {statistics.median(times):6.0f} ms  ({min(times):.0f}-{max(times):.0f})")


if __name__ == "__main__":
    main()
