"""A proxy on loopback that delays, splits, holds and cuts what passes, for tests of the network."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time


class LoopbackProxy:
    """Passes bytes between its own ``port`` and ``target``, a port of loopback.

    ``delay_s``: how long each piece waits. ``piece``: bytes that are passed at a time. ``held``:
    nothing passes and no connection is accepted, as if a cable were out. ``cut_after``: bytes from
    the server after which a connection is cut; each cut lengthens it, so that work goes on.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self.delay_s = 0.0
        self.piece = 65536
        self.held = False
        self.cut_after: int | None = None
        self.cuts = 0
        self._closing = False
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """Cut everything and stop."""
        self._closing = True
        self._server.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while not self._closing:
            try:
                if self.held or not select.select([self._server], [], [], 0.02)[0]:
                    time.sleep(0.005)
                    continue
                near = self._server.accept()[0]
            except (OSError, ValueError):  # closed meanwhile
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._target), 5)
            except OSError:  # nobody there: refused here, too
                near.close()
                continue
            thread = threading.Thread(target=self._pass, args=(near, far), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _pass(self, near: socket.socket, far: socket.socket) -> None:
        came = 0
        with near, far, contextlib.suppress(OSError):
            while not self._closing:
                if self.held:
                    time.sleep(0.005)
                    continue
                for ready in select.select([near, far], [], [], 0.02)[0]:
                    data = ready.recv(self.piece)
                    if not data:
                        return
                    time.sleep(self.delay_s)
                    came += len(data) if ready is far else 0
                    if self.cut_after is not None and came > self.cut_after:
                        self.cut_after += 397
                        self.cuts += 1
                        return
                    (far if ready is near else near).sendall(data)
