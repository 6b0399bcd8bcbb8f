"""Run the kiosk and report its events on stdout, one JSON object per line.

    python -m benchmarks.speed.child [--torch] --until preview|decision|SECONDS [--watch]
        -- run --camera FILE ...

The kiosk is not changed; its methods are only wrapped. Times are ``time.time()``, so that the
parent can subtract its own.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

SETTLE_MS = 4000
BEAT_MS = 20


def say(event: str, **facts: float | str) -> None:
    """Write one event for the parent."""
    os.write(
        1, (json.dumps({"event": event, "at": time.time(), **facts}) + "\n").encode()
    )  # whole, from whichever thread


def rss_mb() -> float:
    """Return the resident memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Listener:
    """Reports the first painted picture, each camera picture and each decision; then measures."""

    def __init__(self, until: str, watch: bool) -> None:
        self.until = until
        self.watch = watch
        self.painted = 0
        self.gaps: list[float] = []
        self.last = 0.0

    def attach(self) -> None:
        """Wrap the kiosk's methods once it has imported them itself."""
        from kiosk.cli import run_command

        # offscreen paints like a screen; without this the kiosk would start its tour
        run_command.has_display = lambda: True
        load = run_command.load

        def loading() -> None:
            load()
            self.listen()

        run_command.load = loading

    def listen(self) -> None:
        """Wrap the methods that are observed."""
        from cv2 import CAP_PROP_POS_FRAMES

        from kiosk.app.runtime import Runtime
        from kiosk.ui.widgets.live_preview import LivePreview
        from kiosk.vision.camera.recordings import VideoFile

        paint = LivePreview.paintEvent
        read = VideoFile.read
        skip = VideoFile.skip
        start = Runtime.start

        def painting(preview: Any, event: Any) -> None:
            paint(preview, event)
            if preview._image is not None:
                self.on_painted()

        def reading(video: Any) -> Any:
            picture = read(video)
            if picture is not None:
                self.on_picture(position(video))
            return picture

        def skipping(video: Any) -> bool:
            came = skip(video)
            if came:
                self.on_picture(position(video))
            return came

        def position(video: Any) -> int:
            return round(video._capture.get(CAP_PROP_POS_FRAMES)) - 1

        def starting(kiosk: Any) -> None:
            kiosk.events.decided.connect(self.on_decided)
            start(kiosk)
            say("started")
            if self.until.replace(".", "").isdigit():
                self.measure(kiosk, float(self.until))

        LivePreview.paintEvent = painting  # type: ignore[method-assign]
        VideoFile.read = reading
        VideoFile.skip = skipping
        Runtime.start = starting

    def on_painted(self) -> None:
        self.painted += 1
        if self.painted == 1:
            say("preview")
            if self.until == "preview":
                end()

    def on_picture(self, number: int) -> None:
        if self.watch:
            say("picture", number=number)

    def on_decided(self, decision: Any) -> None:
        say("decision", outcome=decision.outcome.value, reason=decision.reason.value)
        if self.until == "decision":
            end()

    def measure(self, kiosk: Any, seconds: float) -> None:
        """Measure CPU, memory, painted pictures and delays of the main thread, then key presses.

        Begins ``SETTLE_MS`` after the start.
        """
        from PySide6.QtCore import QTimer

        from benchmarks.speed.keys import Keys

        beat = QTimer(kiosk)
        before = list[float]()
        beat.timeout.connect(self.tick)

        def settle() -> None:
            beat.start(BEAT_MS)
            before.extend([time.process_time(), time.perf_counter(), self.painted])

        def finish() -> None:
            beat.stop()
            lasted = time.perf_counter() - before[1]
            late = sorted(1e3 * gap - BEAT_MS for gap in self.gaps)
            say(
                "measured",
                cpu_percent=100 * (time.process_time() - before[0]) / lasted,
                rss_mb=rss_mb(),
                painted_fps=(self.painted - before[2]) / lasted,
                ui_worst_ms=late[-1],
                ui_p99_ms=late[int(0.99 * len(late))],
            )
            Keys(kiosk, typed)

        def typed(took: list[float]) -> None:
            say("typed", median_ms=sorted(took)[len(took) // 2], worst_ms=max(took))
            end()

        QTimer.singleShot(SETTLE_MS, settle)
        QTimer.singleShot(SETTLE_MS + int(seconds * 1000), finish)

    def tick(self) -> None:
        now = time.perf_counter()
        if self.last:
            self.gaps.append(now - self.last)
        self.last = now


def end() -> None:
    """Close the kiosk after the event in progress."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance()
    assert app is not None
    QTimer.singleShot(0, app.quit)


def main() -> int:
    """Run the kiosk's command with the listener."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--torch",
        action="store_true",
        help="import torch first, as programs around facenet-pytorch do",
    )
    parser.add_argument("--until", default="preview")
    parser.add_argument("--watch", action="store_true", help="report each picture")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    if args.torch:
        __import__("torch")
    Listener(args.until, args.watch).attach()
    from kiosk.cli import main as kiosk_main

    return kiosk_main([word for word in args.command if word != "--"])


if __name__ == "__main__":
    sys.exit(main())
