"""The relay board's protocol against a simulated board on a pseudo-terminal."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

serial = pytest.importorskip("serial")
from serial.tools import list_ports

from kiosk.access.drivers.relay_board import RelayBoard, SerialConfig, command
from kiosk.access.locks import LockState
from kiosk.core.errors import LockError

pytest.importorskip("pty")
from tests.helpers.board import Board


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    made = Board(tmp_path / "relay")
    yield made
    with contextlib.suppress(OSError):
        made.unplug()


def driver(board: Board, **changes: object) -> RelayBoard:
    return RelayBoard(replace(SerialConfig(port=str(board.port), answer_s=0.3), **changes), serial)


def test_the_bytes_of_the_protocol():
    assert command(1, True) == bytes.fromhex("A00101A2") and command(1, False) == bytes.fromhex(
        "A00100A1"
    )
    assert command(8, True) == bytes.fromhex("A00801A9")


def test_it_switches_and_asks_whether_it_did(board: Board):
    lock = driver(board, channel=2)
    board.relays[2] = True  # left on by a killed process
    lock.check()
    assert board.relays == {1: False, 2: False}
    lock.open(4.0, "match")
    assert board.relays == {1: False, 2: True} and lock.state() is LockState.OPEN
    lock.close()
    assert board.relays == {1: False, 2: False} and lock.state() is LockState.LOCKED
    lock.open(4.0, "match")
    lock.stop()
    assert board.relays == {1: False, 2: False}


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"silent": True}, "does not answer.*serial.answers"),
        ({"says": b"HELLO\r\n"}, "wrong answer.*HELLO"),
        ({"says": b"CH1: MAYBE\r\n"}, "wrong answer"),
        ({"says": b"CH2: ON\r\n"}, "wrong answer"),
        ({"says": b"\x00\xff\xa0" * 20}, "wrong answer"),
        ({"stuck": True}, "did not switch channel 1 on"),
    ],
)
def test_a_board_that_misbehaves_is_a_locked_door(
    board: Board, fault: dict[str, object], says: str
):
    lock = driver(board)
    lock.check()
    for name, value in fault.items():
        setattr(board, name, value)
    with pytest.raises(LockError, match=says):
        lock.open(4.0, "match")
    assert lock.state() is LockState.LOCKED


def test_port_is_reopened_after_a_fault_and_the_relay_switched_off(board: Board):
    lock = driver(board)
    board.silent = True
    with pytest.raises(LockError):
        lock.open(4.0, "match")
    board.silent = False
    lock.close()
    assert not board.relays[1] and board.switched[-1] == (1, False)


def test_unplugged_and_plugged_in_again(board: Board):
    lock = driver(board)
    lock.open(4.0, "match")
    board.unplug()
    with pytest.raises(LockError):
        lock.check()
    assert lock.state() is LockState.LOCKED
    with pytest.raises(LockError, match="cannot be opened"):
        lock.open(4.0, "match")
    board.plug()
    lock.open(4.0, "match")
    assert board.relays[1]
    lock.stop()


def test_a_board_of_one_channel_says_nothing(board: Board):
    board.silent = True
    lock = driver(board, answers=False)
    lock.open(4.0, "match")
    lock.check()
    lock.close()
    assert re.fullmatch("0+10+", "".join(str(int(on)) for _, on in settled(board, 3)))


def settled(board: Board, number: int) -> list[tuple[int, bool]]:
    """What the board was told, once it has read that many commands."""
    waiting = threading.Event()
    for _ in range(200):
        if len(board.switched) >= number:
            break
        waiting.wait(0.01)
    return board.switched


def test_a_port_that_is_not_there_or_in_use(board: Board, tmp_path: Path):
    with pytest.raises(LockError, match="cannot be opened"):
        RelayBoard(SerialConfig(port=str(tmp_path / "nothing")), serial).check()
    first = driver(board)
    first.check()
    with pytest.raises(LockError, match="no other program uses it"):
        driver(board).check()
    first.stop()


def test_the_board_is_found_by_its_usb_ids(board: Board, monkeypatch: pytest.MonkeyPatch):
    mouse = SimpleNamespace(device="/dev/ttyS0", vid=None, pid=None)
    relay = SimpleNamespace(device=str(board.port), vid=0x1A86, pid=0x7523)
    ports = [mouse, relay]
    monkeypatch.setattr(list_ports, "comports", lambda: ports)
    lock = driver(board, port="auto")
    lock.open(4.0, "match")
    assert board.relays[1]
    lock.stop()
    ports.append(SimpleNamespace(device="/dev/ttyUSB7", vid=0x1A86, pid=0x7523))
    with pytest.raises(LockError, match=r"name one in serial.port"):
        lock.check()
    ports.clear()
    with pytest.raises(LockError, match="plug the relay board in"):
        lock.check()


@pytest.mark.parametrize("usb", ["1a86", "1a86:zz", ":", "1:2:3"])
def test_usb_ids_that_are_none(board: Board, usb: str):
    with pytest.raises(LockError, match=r"serial.usb"):
        driver(board, usb=usb)


def test_stopping_after_a_fault_does_not_say_locked_while_the_relay_is_on(board: Board):
    lock = driver(board)
    lock.open(4.0, "match")
    board.says = b"HELLO\r\n"
    with pytest.raises(LockError):
        lock.check()
    assert board.relays[1]
    with pytest.raises(LockError, match="wrong answer"):
        lock.stop()
    board.says = b""
    lock.stop()
    assert not board.relays[1]
