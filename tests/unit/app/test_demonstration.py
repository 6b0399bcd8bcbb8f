"""Composing the demonstration and the tour."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Signal

from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.demonstration import (
    MARKER,
    _connect_guide,
    prepare_tour_folder,
    with_own_keys,
)
from kiosk.app.events import KioskEvents
from kiosk.core.config import Config
from kiosk.core.errors import StorageError
from kiosk.core.view_models import DoorView, EnrolStep, EnrolView, Pose
from kiosk.demo.demo_camera import DemoScene
from kiosk.demo.guide import NEWCOMER, DemoGuide


class Window(QObject):
    screenChanged = Signal(str)


class Stand:
    """Records the commands of the guide."""

    def __init__(self) -> None:
        self.commands: list[object] = []

    def cue(self, scene: DemoScene) -> None:
        self.commands.append(scene)

    def turn(self, turn: str | None) -> None:
        self.commands.append(turn)

    def follow(self) -> None:
        self.commands.append("visitors")


def test_guide_follows_the_screens_the_enrolment_and_the_door() -> None:
    stand = Stand()
    runtime = SimpleNamespace(events=KioskEvents(), window=Window())
    guide = DemoGuide(stand)  # type: ignore[arg-type]
    _connect_guide(runtime, guide)  # type: ignore[arg-type]
    runtime.window.screenChanged.emit("admin")
    runtime.events.enrolmentShown.emit(EnrolView(EnrolStep.CAPTURE, pose=Pose.LEFT))
    runtime.window.screenChanged.emit("door")
    runtime.events.doorShown.emit(DoorView())
    assert stand.commands == [DemoScene(None), DemoScene(NEWCOMER, "left"), "visitors"]


def test_tour_empties_only_its_own_folder(tmp_path: Path) -> None:
    folder = tmp_path / "tour"
    (prepare_tour_folder(folder) / "munjigi.db").touch()
    data = prepare_tour_folder(folder)
    assert (folder / MARKER).exists() and list(data.iterdir()) == []
    (tmp_path / "notes.txt").touch()
    with pytest.raises(StorageError, match="other files"):
        prepare_tour_folder(tmp_path)
    assert (tmp_path / "notes.txt").exists()


def test_a_second_tour_is_no_removed_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys elsewhere would remember the data of the first tour."""
    monkeypatch.setenv("MUNJIGI_KEYS", str(tmp_path / "keys"))
    folder = tmp_path / "tour"
    for person in ("first", "second"):
        data = prepare_tour_folder(folder)
        with open_store(data, with_own_keys(Config(), folder)) as store:
            store.trusted_clock()()
            store.audit_log.record("started", person, {})
    assert not (tmp_path / "keys").exists()
