"""Sheets held to the camera that take detectors and decoders long."""

from __future__ import annotations

import time
from pathlib import Path

from kiosk.app.bootstrap.pipeline_factory import build_pipeline
from kiosk.core.config import Config
from kiosk.core.frames import Frame
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.vision.detection.code_reader import CodeReader
from kiosk.vision.detection.isolated_code_search import IsolatedCodeSearch
from tests.attacks.table import Outcome, attack
from tests.helpers.hostile_sheets import sheets, small_faces

BOUND_S = 0.150
"""Longest that the inference thread may wait for one sheet, and that its search may compute."""

TICK_S = 0.010
"""In which the system accounts for processes that it has ended."""


class ProcessorTime:
    """Processor time of the copies that a search makes of itself, from Linux's /proc."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._copy, self._of_copy, self._of_ended = self._now()

    def used(self) -> float:
        """Seconds since the last call."""
        before, of_copy, of_ended = self._copy, self._of_copy, self._of_ended
        self._copy, self._of_copy, self._of_ended = self._now()
        if self._copy == before:
            return self._of_copy - of_copy
        return self._of_ended - of_ended - of_copy

    def _now(self) -> tuple[str, float, float]:
        copies = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()
        copy = copies[0] if copies else ""
        of_copy = int(Path(f"/proc/{copy}/schedstat").read_text().split()[0]) / 1e9 if copy else 0.0
        ended = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return copy, of_copy, (int(ended[13]) + int(ended[14])) / 100


@attack("A1", "hold up printed sheets that take long to search for codes", tries=500, short=6)
def hold_up_sheets_of_codes(folder: Path, tries: int) -> Outcome:
    """Search each sheet as the kiosk does; no answer, and none too late, is a success."""
    search = IsolatedCodeSearch(bar_codes=True, cpu_s=Config().cards.search_ms / 1000)
    search.look(next(sheets(1)))  # starts the process
    clock = ProcessorTime(search.pid)
    longest, cut, slow = 0.0, 0, 0
    try:
        for sheet in sheets(tries):
            cut += search.look(sheet) is None
            used = clock.used()
            longest = max(longest, used)
            slow += used > BOUND_S + TICK_S
    finally:
        search.close()
    waited = _longest_wait(min(tries, 40))
    slow += waited > BOUND_S
    note = (
        f"search at most {longest * 1000:.0f} ms of one core, {cut} cut short; "
        f"inference waited {waited * 1000:.1f} ms at most"
    )
    return tries, slow, note


FACES_S = 0.6
"""Longest processor time for a sheet of faces; the watchdog waits for seven times as long."""


@attack(
    "A1", "hold up sheets of small faces, which the networks look at one by one", tries=30, short=3
)
def hold_up_sheets_of_faces(folder: Path, tries: int) -> Outcome:
    """Look at each sheet as the kiosk does; one that takes too long is a success."""
    pipeline = build_pipeline(Config())
    slow, longest = 0, 0.0
    for number in range(tries):
        size = ((720, 1280), (480, 640), (1080, 1920))[number % 3]
        sheet = small_faces(size, (36, 24, 30, 44, 60)[number % 5], number % len(CAST))
        began = time.process_time()
        pipeline.observe(Frame(sheet, float(number), number))
        used = time.process_time() - began
        slow += used > FACES_S
        longest = max(longest, used)
    return tries, slow, f"at most {longest * 1000:.0f} ms of processor time"


def _longest_wait(tries: int) -> float:
    """Seconds for which the thread that hands in frames waited at most."""
    search = IsolatedCodeSearch(bar_codes=True, cpu_s=Config().cards.search_ms / 1000)
    reader = CodeReader(0.0, search)
    longest = 0.0
    try:
        for index, sheet in enumerate(sheets(tries)):
            began = time.perf_counter()
            reader.read(Frame(sheet, time.monotonic(), index))
            longest = max(longest, time.perf_counter() - began)
    finally:
        reader.close()
    return longest
