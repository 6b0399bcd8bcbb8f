"""The whole kiosk in its own process: start, a person who steps in, an empty door, main thread."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.pictures import FPS, film, save
from benchmarks.speed.timing import Row
from kiosk.app.bootstrap.engine_factory import build_engine
from kiosk.app.bootstrap.pipeline_factory import build_pipeline
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.core.config import Config
from kiosk.core.frames import BGRImage, Frame
from kiosk.core.people import AccountRole
from kiosk.demo.demo_camera import DemoScene
from kiosk.demo.guide import seed_demo_people

ROOT = Path(__file__).resolve().parents[2]
SETTLED_S = 4.0
EMPTY_S = 5.0
"""Long enough for the door to lock again."""

ARRIVES_S = 2.0
STAY_S = 3.0


@dataclass(frozen=True, slots=True)
class Site:
    """A data folder with people enrolled, and three videos for the camera.

    ``nobody`` is empty, in ``steps_in`` a person arrives, in ``stays`` one is there all the time.
    """

    folder: Path
    nobody: Path
    steps_in: Path
    stays: Path
    first_face: int
    """Index of the first picture of ``steps_in`` in which there is a face."""

    @classmethod
    def make(cls, folder: Path) -> Site:
        """Enrol the people of the demo with the real networks and draw the videos."""
        storage = open_store(folder / "data")
        try:
            storage.accounts.create("bench", AccountRole.ADMIN, "482915")
            seed_demo_people(build_engine(Config(), storage))
        finally:
            storage.close()
        standing = film([(DemoScene(0), ARRIVES_S + STAY_S)])[round(ARRIVES_S * FPS) :]
        # in place at once: the time to walk is not the kiosk's
        visit = film([(DemoScene(None), EMPTY_S)]) + standing
        return cls(
            folder,
            save(film([(DemoScene(None), 4.0)]), folder / "nobody.avi"),
            save(visit, folder / "steps-in.avi"),
            save(standing[:45] * 2, folder / "stays.avi"),
            first_face(visit),
        )

    def set_liveness(self, wanted: bool) -> None:
        """Switch liveness on or off from the next start on."""
        (self.folder / "data" / "config.toml").write_text(
            f"[liveness]\nenabled = {str(wanted).lower()}\n", encoding="utf-8"
        )

    def command(self, video: Path) -> list[str]:
        """Return the kiosk's command line for one of the videos."""
        return [
            "run",
            "--camera",
            str(video),
            "--windowed",
            "--data-dir",
            str(self.folder / "data"),
        ]


def first_face(pictures: list[BGRImage]) -> int:
    """Return the index of the first picture in which the detector finds a face."""
    pipeline = build_pipeline(Config())
    return next(
        i
        for i, image in enumerate(pictures)
        if pipeline.observe(Frame(image, float(i), i), embed=False).main is not None
    )


def run(
    site: Site, video: Path, until: str, *options: str, timeout: float = 90.0
) -> tuple[float, list[dict[str, Any]]]:
    """Run the kiosk; return the time of its start, and the events it reported."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    began = time.time()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.speed.child",
            "--until",
            until,
            *options,
            "--",
            *site.command(video),
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not told:
        raise RuntimeError(f"the kiosk ended with {done.returncode}: {done.stderr[-800:]}")
    return began, told


def first(told: list[dict[str, Any]], event: str) -> dict[str, Any]:
    """Return the first event of a kind."""
    return next(one for one in told if one["event"] == event)


def starts(site: Site, rounds: int) -> list[Row]:
    """Time from process start to the first painted picture and to the first decision.

    The peer is the same with torch imported.
    """
    found = []
    for name, until in (("first_preview", "preview"), ("first_decision", "decision")):
        taken: dict[bool, list[float]] = {False: [], True: []}
        for number in range(rounds + 1):
            for torch in (False, True):
                began, told = run(site, site.stays, until, *(["--torch"] if torch else []))
                if number:  # the first fills the disk's cache
                    taken[torch].append((first(told, until)["at"] - began) * 1e3)
        found.append(
            Row(
                name,
                float(np.median(taken[False])),
                float(np.percentile(taken[False], 95)),
                "with torch",
                float(np.median(taken[True])),
                "a video of somebody enrolled as the camera, warm disk",
            )
        )
    return found


def person_to_accept(site: Site, rounds: int, consensus_ms: float, liveness: bool) -> Row | None:
    """Time from the first picture with a face to the accept, at 30 frames a second.

    Each round is a start of its own. With ``liveness`` only visits without a challenge count,
    because the film does not turn. ``None`` if nobody was accepted.
    """
    site.set_liveness(liveness)
    waits = list[float]()
    visits = 0
    for _ in range(rounds):
        _, told = run(site, site.steps_in, "30", "--watch")
        # a person who comes while the networks load waits for them
        settled = first(told, "started")["at"] + SETTLED_S
        arrivals = [at for at in arrivals_of(told, site.first_face) if at > settled]
        visits += len(arrivals)
        for decision in (
            one for one in told if one["event"] == "decision" and one["outcome"] == "ACCEPT"
        ):
            before = [at for at in arrivals if at < decision["at"]]
            if before and decision["at"] - before[-1] < STAY_S:
                waits.append((decision["at"] - before[-1]) * 1e3)
    note = (
        f"{len(waits)} of {visits} visits let in; the consensus alone needs {consensus_ms:.0f} ms"
    )
    name, what = (
        ("person_to_accept:liveness", "with liveness, those who are not asked to turn")
        if liveness
        else ("person_to_accept", "without liveness")
    )
    return (
        Row(name, float(np.median(waits)), float(np.percentile(waits, 95)), note=f"{what}: {note}")
        if waits
        else None
    )


def arrivals_of(told: list[dict[str, Any]], first_face: int) -> list[float]:
    """Return when the first picture with a face came, for each time that the video was played.

    If that picture was dropped, the next one counts.
    """
    pictures = [one for one in told if one["event"] == "picture"]
    return [
        now["at"]
        for before, now in pairwise(pictures)
        if before["number"] < first_face <= now["number"]
    ]


def at_rest(site: Site, seconds: float) -> list[Row]:
    """Measure CPU and memory with nobody at the door."""
    _, told = run(site, site.nobody, str(seconds))
    seen = first(told, "measured")
    return [
        Row(
            "idle_cpu_percent",
            seen["cpu_percent"],
            unit="%",
            note=f"of one core, {seconds:.0f} s, {seen['painted_fps']:.0f} pictures painted a "
            "second",
        ),
        Row("rss_mb:idle", seen["rss_mb"], unit="MB"),
    ]


def at_work(site: Site, seconds: float) -> list[Row]:
    """Measure the main thread and memory while people are verified."""
    _, told = run(site, site.steps_in, str(seconds))
    seen = first(told, "measured")
    typed = first(told, "typed")
    decisions = sum(one["event"] == "decision" for one in told)
    return [
        Row(
            "ui_worst_ms",
            seen["ui_worst_ms"],
            note="the longest that the screen's thread did not answer, "
            f"{decisions} decisions in {seconds:.0f} s, 99 % under {seen['ui_p99_ms']:.0f} ms, "
            f"{seen['painted_fps']:.0f} pictures painted a second",
        ),
        Row(
            "key_to_screen_ms",
            typed["median_ms"],
            note=f"from a key to the digit painted, the longest of 20: {typed['worst_ms']:.0f} ms",
        ),
        Row("rss_mb", seen["rss_mb"], unit="MB", note="at the end"),
    ]


def whole(rounds: int, seconds: float, consensus_ms: float) -> list[Row]:
    """Measure everything that needs a running kiosk."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site.make(Path(folder))
        site.set_liveness(False)  # the first decision of a film that does not turn
        found = starts(site, rounds)
        found += [
            row
            for on in (False, True)
            if (row := person_to_accept(site, 2, consensus_ms, on)) is not None
        ]
        found += at_rest(site, seconds)
        # with liveness, a film that does not turn would hardly ever lead to a decision
        site.set_liveness(False)
        return found + at_work(site, seconds)
