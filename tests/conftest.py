"""Settings for every test: no screen, property tests without deadlines, PyTorch optional."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.helpers.postgres import FleetDatabase, PostgresServer

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
settings.register_profile(
    "kiosk", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("kiosk")

HERE = Path(__file__).parent
SLOW_FOLDERS = ("ui", "integration", "faults", "attacks", "unit/learning")
"""Every test of these folders starts processes, draws whole screens, or trains networks."""

HAS_TORCH = importlib.util.find_spec("torch") is not None


def files_in_memory() -> None:
    """Keep the tests' files in memory where it is large enough and may run programs.

    A database waits for the disk at every row, which is most of the time of most tests.
    """
    memory = Path("/dev/shm")
    if (
        "TMPDIR" not in os.environ
        and os.access(memory, os.W_OK)
        and not os.statvfs(memory).f_flag & os.ST_NOEXEC
        and shutil.disk_usage(memory).free > MEMORY_FOR_FILES
    ):
        os.environ["TMPDIR"] = tempfile.tempdir = str(memory)


MEMORY_FOR_FILES = 4 << 30

files_in_memory()


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> Iterator[object]:
    """Return pytest-qt's bot with generous limits, for busy machines.

    Its widgets are gone after the test: those that only wait to be deleted are restyled with every
    change of the language or theme in the tests that follow.
    """
    from PySide6.QtCore import QCoreApplication, QEvent

    from tests.helpers.waiting import PatientQtBot

    yield PatientQtBot(request)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def heeded_hangup() -> Iterator[None]:
    """Let SIGHUP end processes that a test starts, which `nohup make test` would have ignore it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture(autouse=True, scope="session")
def cheap_pins() -> object:
    """Hash PINs at the lowest cost; return the hasher of the kiosk."""
    from argon2 import PasswordHasher

    from kiosk.storage.crypto import pin_hashing

    costly = pin_hashing._hasher
    pin_hashing._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return costly


@pytest.fixture
def costly_pins(cheap_pins: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hash PINs at the cost that they have in the kiosk."""
    from kiosk.storage.crypto import pin_hashing

    monkeypatch.setattr(pin_hashing, "_hasher", cheap_pins)
    pin_hashing._decoy_hash.cache_clear()
    yield
    pin_hashing._decoy_hash.cache_clear()


DATA_HOME = tempfile.TemporaryDirectory(prefix="munjigi-tests-")
"""Stands in for the user's own data folder: a kiosk of theirs has no part in the tests."""


@pytest.fixture(scope="session")
def postgres() -> Generator[PostgresServer]:
    """Lend the session's PostgreSQL server; the first test that asks for it starts it."""
    from tests.helpers.postgres import PostgresServer

    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def fleet_database(postgres: PostgresServer) -> Generator[FleetDatabase]:
    """Lend a database with the schema of a fleet."""
    database = postgres.fleet()
    yield database
    database.close()


def pytest_sessionstart() -> None:
    """Keep out the user's own kiosk, and refuse files that no deletion would reach."""
    from tests.helpers import written_places

    os.environ.pop("MUNJIGI_DATA", None)
    os.environ["XDG_DATA_HOME"] = DATA_HOME.name
    written_places.watch()


def pytest_sessionfinish() -> None:
    """Remove the folder that stood in for the user's."""
    DATA_HOME.cleanup()


@pytest.fixture(autouse=True)
def same_umask() -> Generator[None]:
    """Undo the private umask that commands set, for tests of other programs in this process."""
    before = os.umask(0o077)
    os.umask(before)
    yield
    os.umask(before)


def pytest_report_header() -> list[str]:
    return [] if HAS_TORCH else ["Without PyTorch: tests that need it are left out."]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folders = [HERE / name for name in SLOW_FOLDERS]
    for item in items:
        if any(folder in item.path.parents for folder in folders):
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Leave out a test file that imports PyTorch where it is not installed."""
    report = yield
    if not HAS_TORCH and report.failed and "No module named 'torch" in str(report.longrepr):
        report.outcome = "passed"
        report.result = []
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Skip a test that imports PyTorch by itself where it is not installed."""
    try:
        return (yield)
    except ModuleNotFoundError as error:
        if HAS_TORCH or (error.name or "").partition(".")[0] not in ("torch", "torchvision"):
            raise
        pytest.skip("needs PyTorch")
