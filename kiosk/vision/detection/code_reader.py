"""Read codes held to the camera on a thread of their own, and make QR codes for printing."""

from __future__ import annotations

import logging
import threading

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import Frame
from kiosk.core.mailbox import Mailbox
from kiosk.vision.detection.code_search import NO_CODES, Codes, CodeSearch

QUIET_ZONE = 4
"""White modules around a QR code (ISO/IEC 18004)."""

LATEST_S = 2.0
"""Seconds after its picture from which on a code counts for nothing: the person who showed it may
have left."""

PAUSE_S = 1.0
"""Seconds without a search after one that was cut short: what is held up costs little time."""

SAID_AGAIN_S = 60.0
"""Seconds before the log says again that searches are cut short: a sheet is held up for long."""

LONGEST_PAUSE_S = 60.0
"""Where the search fails each time, the pause doubles up to this."""

log = logging.getLogger(__name__)


class CodeReader:
    """Searches the newest frame for codes, at most every ``interval_s`` seconds.

    ``search`` runs on a thread of the reader's own, so that no picture makes a caller wait. What it
    found is returned with a later frame.
    """

    def __init__(self, interval_s: float, search: CodeSearch) -> None:
        self._interval_s = interval_s
        self._search = search
        self._looked_at = float("-inf")
        self._frames: Mailbox[Frame] = Mailbox()
        self._found: Mailbox[tuple[float, Codes]] = Mailbox()
        self._closed = threading.Event()
        self._pause_s = PAUSE_S
        self._said_at = float("-inf")
        self._thread = threading.Thread(target=self._run, name="codes", daemon=True)
        self._thread.start()

    def read(self, frame: Frame) -> Codes:
        """Hand in ``frame`` where it is time for a search; return the codes of an earlier one."""
        if frame.captured_at - self._looked_at >= self._interval_s:
            self._looked_at = frame.captured_at
            self._frames.put(frame)
        at, codes = self._found.take() or (float("-inf"), NO_CODES)
        return codes if frame.captured_at - at <= LATEST_S else NO_CODES

    def close(self) -> None:
        """End the thread, also in the middle of a search."""
        self._closed.set()
        self._frames.close()
        self._search.close()
        self._thread.join(5.0)

    def _run(self) -> None:
        while not self._closed.is_set():
            frame = self._frames.take(timeout=None)
            if frame is not None:
                self._closed.wait(self._searched(frame))
        self._search.close()  # what a search begun meanwhile has started

    def _searched(self, frame: Frame) -> float:
        """Search one frame; return for how many seconds to rest."""
        try:
            codes = self._search.look(frame.image)
        except OSError as error:
            return self._failed(error)
        self._pause_s = PAUSE_S
        if codes is None:
            self._say_cut_short(frame.captured_at)
            return PAUSE_S
        if codes != NO_CODES:
            self._found.put((frame.captured_at, codes))
        return 0.0

    def _say_cut_short(self, now: float) -> None:
        if now - self._said_at < SAID_AGAIN_S:
            return
        self._said_at = now
        log.warning(
            "a search for codes was cut short: what is held to the camera takes too long to decode"
        )

    def _failed(self, error: OSError) -> float:
        if not self._closed.is_set():
            log.error("codes cannot be read: %s", error)
        pause = self._pause_s
        self._pause_s = min(LONGEST_PAUSE_S, 2 * pause)
        return pause


def qr_code(text: str) -> NDArray[np.bool_]:
    """Return the (n, n) modules of the QR code of ``text``, ``True`` is dark.

    With its quiet zone; error correction level M.
    """
    parameters = cv2.QRCodeEncoder.Params()
    parameters.correction_level = cv2.QRCodeEncoder_CORRECT_LEVEL_M
    dark = np.asarray(cv2.QRCodeEncoder.create(parameters).encode(text)) < 128
    rows = np.flatnonzero(dark.any(axis=1))
    columns = np.flatnonzero(dark.any(axis=0))
    return np.pad(dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], QUIET_ZONE)
