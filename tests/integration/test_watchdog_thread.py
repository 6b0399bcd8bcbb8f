"""The watchdog's thread: hanging cameras and screens, and reports to systemd."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kiosk.app import watchdog_thread
from kiosk.app.capture_thread import CaptureWorker
from kiosk.app.watchdog_thread import EARLIER, WatchdogThread, at_work, earlier_starts
from kiosk.services.systemd_notify import Notifier
from kiosk.services.watchdog import MAX_RESTARTS, Watchdog
from kiosk.storage.store import Store
from tests.helpers.board import Board
from tests.helpers.fakes import FakeCamera, FakeClock
from tests.helpers.waiting import WAIT_MS, WAIT_S

ROOT = Path(__file__).resolve().parents[2]


class HungCamera(FakeCamera):
    """Never returns from a read, like some drivers of an unplugged camera."""

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()
        self.entered = threading.Event()

    def read(self):
        self.entered.set()
        self.release.wait(30)
        return super().read()


class Counted(Watchdog):
    """Counts the checks."""

    checks = 0
    checked = threading.Condition()

    def check(self) -> list[str]:
        found = super().check()
        with self.checked:
            self.checks += 1
            self.checked.notify_all()
        return found

    def wait_for_checks(self, checks: int = 2) -> None:
        until = self.checks + checks
        with self.checked:
            assert self.checked.wait_for(lambda: self.checks >= until, WAIT_S)


def test_only_a_responsive_kiosk_reports_to_systemd(tmp_path):
    clock = FakeClock()
    hangs = []
    dog = Counted(clock, lambda name: None)
    dog.add("ui", lambda: hangs.append("ui"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(WAIT_S)
        watch = WatchdogThread(
            dog, Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")}), lambda: "idle", look_s=0.05
        )
        watch.start()
        assert [listener.recv(100) for _ in range(2)] == [b"READY=1", b"WATCHDOG=1\nSTATUS=idle"]
        clock.advance(10)
        dog.wait_for_checks()
        assert hangs == ["ui"]
        dog.given_up = True
        clock.advance(100)
        dog.wait_for_checks()
        heard(listener)
        dog.wait_for_checks()
        assert heard(listener) == [], "a kiosk that hangs is not reported as alive"
        watch.stop()
        assert heard(listener) == [b"STOPPING=1"]


def test_after_a_suspension_nothing_is_restarted(monkeypatch, caplog):
    clock = FakeClock()
    monkeypatch.setattr(watchdog_thread, "steady_now", clock)
    hangs = []
    dog = Counted(clock, lambda name: None)
    dog.add("ui", lambda: hangs.append("ui"))
    watch = WatchdogThread(dog, Notifier({}), lambda: "", look_s=0.02)
    watch.start()
    clock.advance(3600)
    dog.wait_for_checks()
    assert hangs == [] and "stood still for 3600 s" in caplog.text
    for _ in range(4):  # a part that hangs, with looks in between
        clock.advance(1.5)
        dog.wait_for_checks()
    watch.stop()
    assert hangs == ["ui"]


def test_long_start_extends_the_timeout_of_systemd_up_to_a_limit(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(WAIT_S)
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        with at_work(notifier, "opening", every_s=0.02):
            assert {listener.recv(100) for _ in range(3)} == {
                b"EXTEND_TIMEOUT_USEC=60000\nWATCHDOG=1\nSTATUS=opening"
            }
        heard(listener)
        with pytest.raises(KeyError), at_work(notifier, "opening", every_s=0.02, longest_s=0):
            raise KeyError
        assert heard(listener) == []


def test_restart_is_not_reported_as_stopping(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        watch = WatchdogThread(
            Watchdog(FakeClock(), lambda name: None),
            Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")}),
            lambda: "",
        )
        watch.start()
        watch.stop(restarting=True)
        assert b"STOPPING=1" not in heard(listener)


def heard(listener: socket.socket) -> list[bytes]:
    listener.setblocking(False)
    found = []
    with contextlib.suppress(BlockingIOError):
        while True:
            found.append(listener.recv(100))
    return found


def test_hanging_camera_is_replaced_by_another_thread(qtbot):
    hung = HungCamera()
    fine = FakeCamera()
    given = []

    def opener():
        given.append(hung if not given else fine)
        return given[-1]

    made = []

    def start(mailboxes=None):
        worker = CaptureWorker(
            opener,
            lambda: lambda image, now, facts: False,
            lambda image: image,
            2.0,
            lambda grace: None,
            mailboxes,
        )
        made.append(worker)
        worker.start()
        return worker

    first = start()
    assert hung.entered.wait(WAIT_S)
    first.stop()
    second = start((first.preview, first.inference))
    qtbot.waitUntil(lambda: first.inference.take() is not None)
    second.stop()
    assert second.wait(WAIT_MS)
    while first.inference.take() is not None:
        pass
    hung.release.set()
    assert first.wait(WAIT_MS) and first.inference.take() is None, (
        "what it read at last is not handed on"
    )


def test_database_knows_which_thread_waits_for_it(tmp_path):
    with Store.open(tmp_path / "data" / "munjigi.db") as store:
        gate = threading.Event()
        waiting = threading.Event()

        def ask() -> None:
            waiting.set()
            store.database.call(gate.wait, 10)

        asker = threading.Thread(target=ask)
        asker.start()
        assert waiting.wait(WAIT_S)
        while not store.database.waited_for_by(asker.ident or 0):
            pass
        assert not store.database.waited_for_by(threading.get_ident())
        gate.set()
        asker.join(10)
        assert not store.database.waited_for_by(asker.ident or 0)


_HANG = """
import json, os, sys, threading
from kiosk.app.watchdog_thread import WatchdogThread, earlier_starts, end_now
from kiosk.app.watchdog_thread import restart_process, steady_now
from kiosk.services import watchdog
from kiosk.services.systemd_notify import Notifier
from kiosk.services.watchdog import Watchdog

class Lock:
    def open(self, seconds, reason): print("open", flush=True)
    def close(self): raise AssertionError("a closing is not waited for")
    def stop(self, patience_s): print("locked", flush=True)

assert watchdog.RESTART_WINDOW_S
watchdog.RESTART_WINDOW_S = 3600.0  # a busy machine may take longer for five starts
print("start", len(earlier_starts()), flush=True)
dog = Watchdog(steady_now, lambda name: end_now(Lock()), earlier_starts())
dog.add("ui", lambda: restart_process(Lock(), dog.restarts()), grace_s=-4.4)
WatchdogThread(dog, Notifier(), lambda: "", look_s=0.05).start()
threading.Event().wait()  # hangs for ever
"""


def test_hanging_process_restarts_five_times_then_ends_locked(tmp_path):
    script = tmp_path / "hang.py"
    script.write_text(_HANG)
    environment = {name: value for name, value in os.environ.items() if name != EARLIER} | {
        "PYTHONPATH": str(ROOT)
    }
    done = subprocess.run(
        [sys.executable, str(script)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    lines = done.stdout.split("\n")[:-1]
    assert [line for line in lines if line.startswith("start")] == [
        f"start {n}" for n in range(MAX_RESTARTS + 1)
    ]
    assert (
        lines.count("locked") == MAX_RESTARTS + 1 and lines[-1] == "locked" and "open" not in lines
    )
    assert done.returncode == 70


_RELAY = """
import sys, threading, serial
from kiosk.access.drivers.relay_board import RelayBoard, SerialConfig
from kiosk.access.lock_controller import LockController, LockControllerSettings
from kiosk.access.locks import LockState
from kiosk.access.door_monitor import DoorMonitor
from kiosk.app.watchdog_thread import earlier_starts, restart_process
from kiosk.core.errors import LockError

port, fault = sys.argv[1:]
if earlier_starts() and fault != "hangs":
    print("restarted", flush=True)
    sys.exit()
ill, seen = threading.Event(), threading.Event()

class Driver(RelayBoard):
    def inputs(self):
        if ill.is_set() and fault:
            seen.set()
            if fault == "hangs":
                threading.Event().wait()
            self._drop()
            raise LockError("a wrong answer")
        return {}

guard = LockController(
    Driver(SerialConfig(port=port), serial),
    LockControllerSettings(timeout_s=1.0),
    DoorMonitor(0),
    lambda event, words: None,
)
guard.start()
if earlier_starts():
    print("restarted", flush=True)
    guard.stop()
    sys.exit()
guard.hold("free_access")
while guard.state() is not LockState.OPEN:
    pass
print("open", flush=True)
sys.stdin.readline()
ill.set()
if fault:
    seen.wait()
restart_process(guard, [1.0])
"""


@pytest.mark.parametrize("fault", ["", "dropped", "hangs"])
def test_restart_locks_a_bistable_relay(tmp_path, fault):
    pytest.importorskip("serial")
    board = Board(tmp_path / "relay")
    script = tmp_path / "relay.py"
    script.write_text(_RELAY)
    environment = {name: value for name, value in os.environ.items() if name != EARLIER} | {
        "PYTHONPATH": str(ROOT)
    }
    with subprocess.Popen(
        [sys.executable, str(script), str(board.port), fault],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as kiosk:
        killer = threading.Timer(600, kiosk.kill)
        killer.start()
        assert kiosk.stdin is not None and kiosk.stdout is not None
        assert kiosk.stdout.readline() == "open\n" and board.relays[1]
        kiosk.stdin.write("now\n")
        kiosk.stdin.flush()
        said = kiosk.stdout.read()
        killer.cancel()
    assert said.endswith("restarted\n") and not board.relays[1]
    board.unplug()


def test_invalid_restart_times_in_the_environment_are_ignored(monkeypatch):
    for text in ("", "nonsense", "{}", "[null]"):
        monkeypatch.setenv(EARLIER, text)
        assert earlier_starts() == []
