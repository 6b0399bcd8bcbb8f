"""USB relay boards of the LCUS family (CH340 converter), through pyserial.

A command is four bytes: 0xA0, the channel from 1, 1 for on or 0 for off, and the sum of the three
(modulo 256). Boards with several channels answer the byte 0xFF with one line per channel, ``CH1:
ON``; boards with one channel do not answer. 9600 baud, 8N1, no flow control.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kiosk.access.lock_driver import LockDriver, needed, wrong_setting
from kiosk.access.locks import Input, LockState, check_seconds
from kiosk.core.config import lock_setting
from kiosk.core.errors import LockError

BAUD = 9600
_LINE = re.compile(rb"CH(\d+): ?(ON|OFF)\s")


@dataclass(frozen=True, slots=True)
class SerialConfig:
    """A USB relay board of the LCUS family (door.lock = "serial")."""

    port: str = lock_setting(
        "auto",
        "Device such as /dev/ttyUSB0; auto finds it by its USB id",
        "/dev/ttyUSB0 같은 장치. auto는 usb로 찾습니다",
        weakens_security="any",
    )
    usb: str = lock_setting(
        "1a86:7523",
        "USB vendor and product id of the board's converter, in hexadecimal (CH340)",
        "보드의 USB 변환기 제조사와 제품 번호(16진수, CH340)",
        weakens_security="any",
    )
    channel: int = lock_setting(
        1,
        "Channel of the relay",
        "릴레이 채널",
        unit="channel",
        low=1,
        high=16,
        weakens_security="any",
    )
    answers: bool = lock_setting(
        True,
        "The board reports its channels when asked; false for boards with one channel, which do "
        "not answer",
        "물으면 채널 상태를 답하는 보드입니다. 채널이 하나인 보드는 답하지 않으니 끕니다",
    )
    answer_s: float = lock_setting(
        0.5,
        "Longest wait for the board's answer",
        "보드의 답을 기다리는 시간",
        unit="s",
        low=0.1,
        high=5,
    )


def make(config: SerialConfig, clock: Callable[[], float]) -> RelayBoard:
    """Return the driver; the port is opened at the first ``check``."""
    return RelayBoard(config, needed("serial", "serial", "pyserial", "munjigi[serial]"))


DRIVER = LockDriver("serial", "Relay board", "릴레이 보드", SerialConfig, make, order=2)


def command(channel: int, on: bool) -> bytes:
    """Return the bytes that switch ``channel`` (from 1) on or off."""
    body = bytes((0xA0, channel, int(on)))
    return body + bytes((sum(body) & 0xFF,))


class RelayBoard:
    """One channel of a board.

    The board keeps its relay's state: the caller switches it off in time, and opening the port
    switches it off.
    """

    def __init__(self, config: SerialConfig, serial: Any) -> None:
        self._config = config
        self._serial = serial
        self._usb = _usb_id(config.usb)
        self._port: Any = None
        self._on = False
        self._owes_locking = False

    def open(self, seconds: float, reason: str) -> None:
        """Switch the channel on; ``LockError`` unless the board confirms."""
        check_seconds(seconds)
        self._switch(True)

    def close(self) -> None:
        """Switch the channel off; ``LockError`` unless the board confirms."""
        self._switch(False)

    def state(self) -> LockState:
        """Return the state that was switched last."""
        return LockState.OPEN if self._on else LockState.LOCKED

    def check(self) -> None:
        """Open the port if necessary, and ask the board if it can answer."""
        if self._port is None:
            self._connect()
        elif self._config.answers:
            self._on = self._channel_on()
        else:
            self._careful(lambda: self._port.in_waiting)  # fails once the board is unplugged

    def inputs(self) -> Mapping[Input, bool]:
        """Return no inputs: these boards have none."""
        return {}

    def stop(self) -> None:
        """Switch off and close the port; also where a fault closed it while the relay was on."""
        if self._port is None and not self._owes_locking:
            return
        try:
            self._switch(False)
        finally:
            self._drop()

    def _switch(self, on: bool) -> None:
        if self._port is None:
            self._connect()
        self._owes_locking = self._owes_locking or on
        self._send(command(self._config.channel, on))
        if self._config.answers and self._channel_on() is not on:
            self._drop()
            raise LockError(
                f"The relay board did not switch channel {self._config.channel} "
                f"{'on' if on else 'off'}; check it."
            )
        self._on = on
        if not on:
            self._owes_locking = False

    def _connect(self) -> None:
        port = self._device()
        try:
            self._port = self._serial.Serial(
                port, BAUD, timeout=0.05, write_timeout=self._config.answer_s, exclusive=True
            )
        except (OSError, ValueError) as error:  # pyserial's SerialException is an OSError
            raise LockError(
                f"The relay board's port {port} cannot be opened ({_short(error)}); check the "
                "cable, and that no other program "
                "uses it."
            ) from error
        self._switch(False)

    def _device(self) -> str:
        if self._config.port != "auto":
            return self._config.port
        ports = needed(
            "serial.tools.list_ports", "serial", "pyserial", "munjigi[serial]"
        ).comports()
        found = [p.device for p in ports if (p.vid, p.pid) == self._usb]
        if len(found) == 1:
            return str(found[0])
        if not found:
            raise LockError(
                f"No USB device {self._config.usb} is plugged in; plug the relay board in, or set "
                "serial.port."
            )
        raise LockError(
            f"Several USB devices {self._config.usb} are plugged in ({', '.join(found)}); name one "
            "in serial.port."
        )

    def _channel_on(self) -> bool:
        """Ask for the channel's state; ``LockError`` for silence or a malformed answer."""
        self._careful(lambda: self._port.reset_input_buffer())
        self._send(b"\xff")
        got = b""
        until = time.monotonic() + self._config.answer_s
        while time.monotonic() < until:
            got += self._careful(lambda: self._port.read(64))
            for channel, said in _LINE.findall(got):
                if int(channel) == self._config.channel:
                    return bool(said == b"ON")
        self._drop()
        if got:
            raise LockError(
                f"The relay board gave a wrong answer ({got[:24]!r}); check serial.port and "
                "serial.channel."
            )
        raise LockError(
            "The relay board does not answer; check it, or set serial.answers = false for a board "
            "with one channel."
        )

    def _send(self, data: bytes) -> None:
        self._careful(lambda: self._port.write(data))

    def _careful(self, work: Callable[[], Any]) -> Any:
        """Run ``work`` with the port; on failure close it, to be opened again later."""
        try:
            return work()
        except (
            OSError,
            TypeError,
            ValueError,
        ) as error:  # pyserial's read of an unplugged port fails with any of them
            self._drop()
            raise LockError(
                f"The relay board is gone ({_short(error)}); plug it in again."
            ) from error

    def _drop(self) -> None:
        """Close the port; a board without power has released its relay."""
        port = self._port
        self._port = None
        self._on = False
        if port is not None:
            with contextlib.suppress(OSError):  # already unplugged
                port.close()


def _usb_id(text: str) -> tuple[int, int]:
    try:
        vendor, product = (int(part, 16) for part in text.split(":"))
    except ValueError:
        raise wrong_setting(
            "serial.usb", f"must be vendor:product in hexadecimal, such as 1a86:7523, not {text!r}"
        ) from None
    return vendor, product


def _short(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
