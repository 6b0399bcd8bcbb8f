"""Present simulated attacks and genuine people to the real door: APCER by species, BPCER, time.

    python benchmarks/liveness.py DATA [--part held-out] [--visits 40] [--species NAME,NAME]
        [--environments] [--jobs 2] [--minutes N] [--json FILE]

DATA holds clips named PERSON-N.mkv. Everybody in them and in the drawn cast is enrolled; then
prints, phones, tablets and posters made from the same pictures are held before a simulated camera,
and the people themselves come. Each presentation is one visit to the door as it is shipped:
detector, embedder, calibrated threshold, vote, liveness. The parameters of the checks were chosen
on the part ``tuning``; ``held-out`` was not used for that. docs/liveness.md explains the species
and the tables. ``--environments`` sends genuine people in every light and after a camera's fault;
``genuine@flicker`` or ``print@sun`` name a species in one environment.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np

from kiosk.app.bootstrap.engine_factory import build_engine
from kiosk.app.bootstrap.pipeline_factory import build_pipeline
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.decisions import Decision
from kiosk.core.errors import KioskError
from kiosk.core.frames import BGRImage, Frame
from kiosk.core.people import Person
from kiosk.core.templates import Template
from kiosk.core.view_models import Turn
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.door.frame_engine import Engine, EngineHooks
from kiosk.learning.attacks.environments import ENVIRONMENTS, environment
from kiosk.learning.attacks.rates import Share, apcer, bpcer, extra_s, reasons, worst
from kiosk.learning.attacks.species import SPECIES
from kiosk.learning.attacks.trial import SimulatedDoor, TrialVisit
from kiosk.learning.attacks.turning import Build, turned
from kiosk.learning.attacks.victims import DRAWN, Victim, clip_victims, drawn_victims
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.pipeline import FacePipeline

TUNING = frozenset({"person-a", "person-b", *(f"{DRAWN}{i}" for i in range(6))})
"""People whose pictures served to choose the parameters of the checks; all others are held out."""

GENUINE = "genuine"
POSES = ((0.0, 0.0), (0.3, 0.0), (-0.3, 0.0), (0.0, -0.25), (0.0, 0.25))


def read_victims(data: Path) -> list[Victim]:
    """Return everybody in the clips and in the cast."""
    cv2.setNumThreads(1)
    detector = load_mtcnn(Manifest.load(paths.MANIFEST), threads=1, min_face_size=28)
    return [*clip_victims(data, detector), *drawn_victims(detector)]


class Theatre:
    """The door with everybody enrolled, and the victims of one part."""

    def __init__(
        self, everybody: Sequence[Victim], part: str, challenge: str, appearance: str
    ) -> None:
        config = Config()
        config = dataclasses.replace(
            config,
            recognition=dataclasses.replace(config.recognition, threads=1),
            door=dataclasses.replace(config.door, max_failures=100),
            liveness=dataclasses.replace(
                config.liveness, challenge=challenge, appearance=appearance
            ),
        )
        pipeline = build_pipeline(config)
        self.victims = [
            victim
            for victim in everybody
            if part == "all" or (victim.person in TUNING) == (part == "tuning")
        ]
        decisions: list[Decision] = []
        storage = open_store(Path(tempfile.mkdtemp()) / "data", config)
        self._ids = _enrol(storage, pipeline, everybody)
        self._accompanied: list[Decision] = []
        self.engine = build_engine(
            config,
            storage,
            pipeline=pipeline,
            on_decision=[decisions.append],
            rng=random.Random(1),
            hooks=EngineHooks(on_company=self._accompanied.append),
        )
        self.stage = SimulatedDoor(_Door(self.engine), decisions)

    def visit(self, species: str, number: int) -> tuple[Victim, TrialVisit]:
        """Return visit ``number`` of a species, as ``_visited``, and whether company was noted."""
        noted = len(self._accompanied)
        victim, visit = self._visited(species, number)
        return victim, dataclasses.replace(visit, company=len(self._accompanied) > noted)

    def _visited(self, species: str, number: int) -> tuple[Victim, TrialVisit]:
        """Return visit ``number`` of a species; the same arguments give the same visit.

        ``species``: its name, or ``NAME@ENVIRONMENT``.
        """
        species, _, place = species.partition("@")
        where = environment(place or "plain")
        victim = self.victims[number % len(self.victims)]
        rng = np.random.default_rng((number, *species.encode()))
        kind = next((one for one in SPECIES if one.name == species), None)
        if kind is None:
            return victim, self.stage.visit(victim.genuine(rng), victim.scene, rng, where)
        if not kind.stranger:
            return victim, self.stage.visit(kind.make(victim, rng), victim.scene, rng, where)
        stranger = self._stranger(victim, rng)
        self._unenrol(stranger.person)
        try:
            return victim, self.stage.visit(
                kind.make(dataclasses.replace(victim, stranger=stranger), rng),
                victim.scene if kind.opens else stranger.scene,
                rng,
                where,
            )
        finally:
            self.engine.load_gallery()

    def _stranger(self, victim: Victim, rng: np.random.Generator) -> Victim:
        """Return another person of the part, from a clip if the victim is, else drawn."""
        others = [
            one
            for one in self.victims
            if one.person != victim.person and (one.looks is None) == (victim.looks is None)
        ]
        return others[int(rng.integers(len(others)))]

    def _unenrol(self, name: str) -> None:
        """Remove a person from the gallery until it is loaded again."""
        templates = self.engine.people.templates(self.engine.info.id)
        self.engine.gallery.replace(
            [template for template in templates if template.person_id != self._ids[name]]
        )


class _Door:
    """The engine with the interface of a trial."""

    def __init__(self, engine: Engine) -> None:
        self.step = engine.step
        self.view = engine.door.view
        self.recognised_at = lambda: engine.door.recognised_at


def _enrol(
    storage: Store, pipeline: FacePipeline, victims: Sequence[Victim]
) -> dict[str, int | None]:
    """Enrol everybody in the poses of a guided enrolment; return their ids."""
    ids = {}
    for number, person in enumerate(sorted({victim.person for victim in victims})):
        views = [image for victim in victims if victim.person == person for image in _posed(victim)]
        seen = [pipeline.observe(Frame(image, 0.0, 0)) for image in views]
        templates = [
            Template(0, pipeline.info.id, one.embedding)
            for one in seen
            if one.embedding is not None
        ]
        ids[person] = storage.people.add_with_templates(
            Person(f"2099-{number}", person, consented_at=local_now()), templates
        ).id
    return ids


def _posed(victim: Victim) -> list[BGRImage]:
    if victim.looks is not None:
        return [
            draw_person(victim.looks, height=190, yaw=yaw, pitch=pitch, noise_seed=i)
            for i, (yaw, pitch) in enumerate(POSES)
        ]
    frames = np.linspace(0, len(victim.frames) - 1, len(POSES)).astype(int)
    return [
        turned(victim.frames[i], victim.landmarks[i], yaw, pitch, Build())
        for i, (yaw, pitch) in zip(frames, POSES, strict=True)
    ]


_everybody: list[Victim] = []
"""Read once; the processes of the pool inherit it."""
_theatre: Theatre


def _open(part: str, challenge: str, appearance: str) -> None:
    global _theatre
    _theatre = Theatre(_everybody, part, challenge, appearance)


def _visit(wanted: tuple[str, int]) -> tuple[str, str, TrialVisit]:
    victim, visit = _theatre.visit(*wanted)
    return wanted[0], victim.name, visit


def summed_up(visits: dict[str, list[tuple[str, TrialVisit]]], part: str) -> dict[str, Any]:
    """Return all figures of the table."""
    rows = [
        {
            "species": s.name,
            "title": s.title,
            "stopped": s.stopped,
            "opens": s.opens,
            "company": sum(v.accepted and v.company for _, v in visits[s.name]),
            "visits": len(visits[s.name]),
            "apcer": apcer(v for _, v in visits[s.name]).row(),
            "unasked": sum(v.accepted and not v.challenged for _, v in visits[s.name]),
            "reasons": reasons(v for _, v in visits[s.name]),
        }
        for s in SPECIES
        if s.name in visits
    ]
    genuine = visits.get(GENUINE, [])
    groups = {
        "all": genuine,
        "clips": [g for g in genuine if not g[0].startswith(DRAWN)],
        "drawn": [g for g in genuine if g[0].startswith(DRAWN)],
    }
    bona_fide = {
        name: {
            "visits": len(group),
            "bpcer": bpcer(v for _, v in group).row(),
            "reasons": reasons(v for _, v in group),
            "passive_s": extra_s((v for _, v in group), challenged=False),
            "challenge_s": extra_s((v for _, v in group), challenged=True),
        }
        for name, group in groups.items()
        if group
    }
    return {
        "part": part,
        "species": rows,
        "genuine": bona_fide,
        "environments": [_environment_row(name, seen) for name, seen in visits.items() if seen],
    }


def _environment_row(name: str, seen: list[tuple[str, TrialVisit]]) -> dict[str, Any]:
    """Return how the visits called ``name`` ended, whatever they are."""
    known = [visit for _, visit in seen if visit.recognised]
    return {
        "visits_of": name,
        "visits": len(seen),
        "recognised": len(known),
        "accepted": sum(visit.accepted for visit in known),
        "asked": sum(visit.challenged for visit in known),
        "passive_s": extra_s(known, challenged=False)[0],
        "reasons": reasons(visit for _, visit in seen),
    }


def _attacks(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the species that should not open the door."""
    return [row for row in result["species"] if not row["opens"]]


def printed(result: dict[str, Any]) -> str:
    """Return the table as text."""

    def share(one: dict[str, Any]) -> Share:
        return Share(one["found"], one["tried"])

    lines = []
    shares = [(row["species"], share(row["apcer"])) for row in _attacks(result) if row["stopped"]]
    if shares:
        name, most = worst(shares)
        lines += [
            f"Worst species ({result['part']}): {name}, APCER {most}",
            "",
            f"{'species':<22} {'APCER (95 % interval)':<36} why refused",
        ]
    for row in sorted(
        _attacks(result), key=lambda row: (not row["stopped"], -row["apcer"]["share"])
    ):
        counts = ", ".join(f"{reason} {count}" for reason, count in row["reasons"].items())
        note = "" if row["stopped"] else "  [not meant to be stopped]"
        lines.append(f"{row['species']:<22} {share(row['apcer'])!s:<36} {counts}{note}")
    for row in result["species"]:
        if row["opens"]:
            let_in = row["apcer"]["found"]
            lines.append(f"{row['species']:<22} let in {let_in}, noticed {row['company']} times")
    for name, group in result["genuine"].items():
        (passive, n) = group["passive_s"]
        (asked, m) = group["challenge_s"]
        times = "; ".join(
            f"{word} {'–' if s is None else f'{s:.2f} s'} ({k})"
            for word, s, k in (("passive", passive, n), ("challenge", asked, m))
        )
        lines.append(
            f"genuine, {name:<13} BPCER {share(group['bpcer'])}; extra time, median: {times}"
        )
    for row in result["environments"]:
        if "@" in row["visits_of"]:
            counts = ", ".join(f"{reason} {count}" for reason, count in row["reasons"].items())
            lines.append(
                f"{row['visits_of']:<24} recognised {row['recognised']} of {row['visits']}, "
                f"let in {row['accepted']}, asked {row['asked']}  {counts}"
            )
    return "\n".join(lines)


SHEET_COLUMNS = 5
SHEET_SIZE = (256, 192)
SHEET_SHOWS = ((0.0, None), (1.3, None), (1.45, None), (1.5, Turn.LEFT), (2.0, Turn.LEFT))
"""(time, turn asked for) up to the picture, which falls into the exchange of those who exchange."""


def sheet() -> BGRImage:
    """Return a sheet with the camera's view of each species; the victim is drawn."""
    detector = load_mtcnn(Manifest.load(paths.MANIFEST), threads=1, min_face_size=28)
    victim, _, _, stranger, *_ = drawn_victims(detector, seconds=1.0)
    victim = dataclasses.replace(victim, stranger=stranger)
    subjects = [
        (GENUINE, victim.genuine(np.random.default_rng(2))),
        *((s.name, s.make(victim, np.random.default_rng(2))) for s in SPECIES),
    ]
    tiles = []
    for name, subject in subjects:
        for t, asked in SHEET_SHOWS:
            picture = subject.picture(t, asked)
        tile = cv2.resize(picture, SHEET_SIZE, interpolation=cv2.INTER_AREA)
        cv2.rectangle(tile, (0, 0), (SHEET_SIZE[0], 17), (40, 40, 40), cv2.FILLED)
        cv2.putText(
            tile, name, (6, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1, cv2.LINE_AA
        )
        tiles.append(tile)
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % SHEET_COLUMNS)
    return np.asarray(
        np.vstack(
            [np.hstack(tiles[i : i + SHEET_COLUMNS]) for i in range(0, len(tiles), SHEET_COLUMNS)]
        ),
        np.uint8,
    )


def _is_known(name: str) -> bool:
    """Return whether ``name`` is a species or ``NAME@ENVIRONMENT``."""
    species, at, place = name.partition("@")
    return species in {GENUINE, *(one.name for one in SPECIES)} and (
        not at or place in {one.name for one in ENVIRONMENTS}
    )


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="?", help="folder with the clips")
    parser.add_argument("--part", choices=("held-out", "tuning", "all"), default="held-out")
    parser.add_argument(
        "--visits", type=int, default=40, help="of each species; genuine people come twice as often"
    )
    parser.add_argument(
        "--species", default="", help="only these, with commas between; genuine is one of them"
    )
    parser.add_argument(
        "--environments", action="store_true", help="send genuine people in every environment"
    )
    parser.add_argument(
        "--challenge", choices=("never", "when_needed", "always"), default="when_needed"
    )
    parser.add_argument(
        "--appearance",
        choices=("off", "challenge", "refuse"),
        default=Config().liveness.appearance,
        help="what the network against presentation attacks may do (default: as shipped)",
    )
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument(
        "--minutes",
        type=float,
        default=float("inf"),
        help="end after so long with what has been seen by then",
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--sheet", type=Path, help="only write a picture of every species there; DATA is not needed"
    )
    args = parser.parse_args()
    if args.sheet:
        cv2.imwrite(str(args.sheet), sheet())
        return 0
    if args.data is None:
        parser.error("name the folder with the clips")
    names = (
        args.species.split(",")
        if args.species
        else [GENUINE, *(species.name for species in SPECIES)]
    )
    if args.environments:
        names = [f"{GENUINE}@{place.name}" for place in ENVIRONMENTS]
    unknown = {name for name in names if not _is_known(name)}
    if unknown or args.visits < 1:
        parser.error(
            f"there is no species {', '.join(sorted(unknown))}"
            if unknown
            else "--visits is at least 1"
        )
    wanted = [
        (name, number)
        for number in range(2 * args.visits)
        for name in names
        if number < args.visits or name == GENUINE
    ]
    until = time.monotonic() + 60 * args.minutes
    visits: dict[str, list[tuple[str, TrialVisit]]] = {name: [] for name in names}
    try:
        _everybody.extend(read_victims(args.data))
        with ProcessPoolExecutor(
            args.jobs,
            get_context("fork"),
            initializer=_open,
            initargs=(args.part, args.challenge, args.appearance),
        ) as pool:
            for done, (species, victim, visit) in enumerate(pool.map(_visit, wanted), 1):
                visits[species].append((victim, visit))
                print(f"\r{done} of {len(wanted)} visits", end="", file=sys.stderr, flush=True)
                if time.monotonic() >= until:
                    pool.shutdown(wait=False, cancel_futures=True)
                    break
    except KioskError as error:
        print(error, file=sys.stderr)
        return 2
    result = summed_up(visits, args.part)
    print(f"\n{printed(result)}")
    if args.json:
        args.json.write_text(
            json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
