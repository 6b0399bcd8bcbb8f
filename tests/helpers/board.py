"""A relay board of the LCUS family behind a pseudo-terminal."""

from __future__ import annotations

import os
import pty
import threading
from pathlib import Path


class Board:
    """A board with two channels behind a pseudo-terminal.

    ``port`` keeps its name when the board is plugged in again.
    """

    def __init__(self, port: Path) -> None:
        self.port = port
        self.relays = {1: False, 2: False}
        self.switched: list[tuple[int, bool]] = []
        self.silent = False
        self.stuck = False
        self.says = b""
        self.plug()

    def plug(self) -> None:
        self.relays = {1: False, 2: False}
        self._master, slave = pty.openpty()
        self.port.unlink(missing_ok=True)
        self.port.symlink_to(os.ttyname(slave))
        self._slave = slave
        self._thread = threading.Thread(target=self._serve, args=(self._master,), daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        os.close(self._slave)
        os.close(self._master)

    def _serve(self, master: int) -> None:
        seen = b""
        try:
            while data := os.read(master, 64):
                seen = self._understand(master, seen + data)
        except OSError:
            return  # unplugged

    def _understand(self, master: int, seen: bytes) -> bytes:
        while seen:
            if seen[0] == 0xFF:
                self._answer(master)
                seen = seen[1:]
            elif seen[0] == 0xA0 and len(seen) >= 4:
                self._switch(*seen[:4])
                seen = seen[4:]
            else:
                break
        return seen

    def _switch(self, start: int, channel: int, on: int, check: int) -> None:
        assert check == (start + channel + on) & 0xFF
        self.switched.append((channel, bool(on)))
        if not self.stuck:
            self.relays[channel] = bool(on)

    def _answer(self, master: int) -> None:
        if not self.silent:
            lines = b"".join(
                b"CH%d: %s\r\n" % (n, b"ON" if on else b"OFF") for n, on in self.relays.items()
            )
            os.write(master, self.says or lines)
