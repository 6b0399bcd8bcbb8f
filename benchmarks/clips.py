"""The door on real clips: enrol each person from one clip, send every other clip to the door.

    python benchmarks/clips.py --data DIR [--embedder NAME]

DIR holds person-<who>-<n>.mkv and clips of people who are never enrolled. Each clip is played frame by
frame at 30 frames a second of the door's own clock, as fast as the machine can. Prints one line a visit
and the two figures that matter: members let in, strangers let in.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kiosk.app.build import Storage, build_engine, build_pipeline, local_now
from kiosk.config import Config
from kiosk.errors import KioskError
from kiosk.services.engine import Engine
from kiosk.services.enrol_pictures import PictureEnrolment
from kiosk.types import Decision, Frame, Person
from kiosk.vision.cameras import read_pictures

FPS = 30.0


def frames(clip: Path, began: float = 0.0) -> list[Frame]:
    """All pictures of a clip with their times."""
    return [Frame(image, began + i / FPS, i) for i, image in enumerate(read_pictures(clip))]


def visit(engine: Engine, clip: Path, began: float) -> float:
    """Send one clip to the door, then nobody for a minute; the time after."""
    now = began
    for frame in frames(clip, began):
        now = frame.captured_at
        engine.step(frame, now)
    for _ in range(10):
        now += 7.0
        engine.door.tick(now)
    return now


def enrol_one(service: PictureEnrolment, who: str, clips: list[Path]) -> Path | None:
    """The first clip of ``who`` that the checks of an enrolment let pass."""
    for clip in clips:
        if clip.name.startswith(f"person-{who}-"):
            try:
                service.enrol(Person(f"CLIP-{who}", f"person {who}", consented_at=local_now()), frames(clip))
                return clip
            except KioskError as error:
                print(f"person {who}: not enrolled from {clip.name}: {error}")
    return None


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the clips")
    parser.add_argument("--embedder", default="auto")
    args = parser.parse_args()
    clips = sorted([*args.data.glob("*.mkv"), *args.data.glob("*.mp4")])
    people = sorted({m.group(1) for c in clips if (m := re.match(r"person-(\w)-\d", c.name))})
    config = Config()
    # every visit is judged by itself: strangers in a row must not pause the door for the next clip
    config = dataclasses.replace(config, recognition=dataclasses.replace(config.recognition, embedder=args.embedder),
                                 door=dataclasses.replace(config.door, max_failures=100),
                                 liveness=dataclasses.replace(config.liveness, enabled=False))  # clips do not turn as they are asked to
    pipeline = build_pipeline(config)
    print(f"embedder {pipeline.info.id}")
    genuine = let_in = impostor = wrong = 0
    for who in people:
        with tempfile.TemporaryDirectory() as folder:
            storage = Storage.open(Path(folder) / "data", config)
            decisions: list[Decision] = []
            engine = build_engine(config, storage, pipeline=pipeline, on_decision=[decisions.append])
            source = enrol_one(PictureEnrolment(pipeline, engine.gallery, storage.people, engine.own_threshold), who, clips)
            if source is None:
                storage.close()
                continue
            engine.load_gallery()
            print(f"person {who}: the door decides by {engine.door.threshold:.3f}")
            now = 0.0
            for clip in clips:
                if clip == source:
                    continue
                own = clip.name.startswith(f"person-{who}-")
                decisions.clear()
                now = visit(engine, clip, now + 10)
                accepted = any(d.accepted for d in decisions)
                genuine, let_in = genuine + own, let_in + (own and accepted)
                impostor, wrong = impostor + (not own), wrong + (not own and accepted)
                said = "; ".join(f"{d.outcome.value} {d.reason.value} {d.distance:.2f}" for d in decisions) or "no answer (too short or too far)"
                print(f"enrolled {who} from {source.name}: {clip.name:<36} {'own  ' if own else 'other'} {said}")
            storage.close()
    print(f"members let in: {let_in} of {genuine} visits; strangers let in: {wrong} of {impostor} visits")
    return 0


if __name__ == "__main__":
    sys.exit(main())
