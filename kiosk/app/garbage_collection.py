"""Cyclic garbage of the kiosk's process: collected on the main thread, and only there.

Python collects in the thread that happens to allocate. A widget that is part of a reference cycle
would then be deleted on a worker's thread, which crashes Qt.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

PAUSE_SHARE = 0.001
"""Part of the time that full collections, which stop every thread, may take at most."""


class MainThreadCollector:
    """Takes the place of automatic collection; every method is called on the main thread.

    Nothing is collected before ``settle``. ``clock`` returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._settled = False
        self._full_from = 0.0
        self._automatic = gc.isenabled()
        gc.disable()

    def settle(self) -> None:
        """Exclude what exists by now for good: looking at it blocked the screen for 70 ms."""
        gc.freeze()
        self._settled = True

    def collect_due(self) -> int | None:
        """Collect the oldest generation that is due; return its number, or None.

        Generations are due by Python's own counts (``gc.get_threshold``), which include what other
        threads allocate. After a full collection the next one waits until its share of the time is
        kept.
        """
        counts, limits = gc.get_count(), gc.get_threshold()
        if not self._settled or counts[0] <= limits[0]:
            return None
        began = self._clock()
        if counts[2] > limits[2] and began >= self._full_from:
            gc.collect(2)
            ended = self._clock()
            self._full_from = ended + (ended - began) / PAUSE_SHARE
            return 2
        generation = int(counts[1] > limits[1])
        gc.collect(generation)
        return generation

    def stop(self) -> None:
        """Restore automatic collection as it was found."""
        if self._automatic:
            gc.enable()
