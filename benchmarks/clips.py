"""Enrol each person from one clip and show every other clip to the door.

    python benchmarks/clips.py --data DIR [--embedder NAME]

DIR holds person-<who>-<n>.mkv and clips of people who are never enrolled. Each clip is played frame
by frame at 30 frames a second of the door's own clock, as fast as the machine can. Prints one line
per visit, and how many members and how many strangers were accepted.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.speed.visits import Visited, person_of, visits
from kiosk.core.config import Config
from kiosk.core.decisions import Decision
from kiosk.vision.camera.sources import read_pictures


def line(visit: Visited) -> str:
    """Return one visit as text."""
    answers = "; ".join(map(_answer, visit.decisions)) or "no answer (too short or too far)"
    enrolled = visit.enrolled
    return (
        f"{enrolled.source} enrolled, decides by {enrolled.threshold:.3f}: "
        f"{visit.film:<32} {'own  ' if visit.own else 'other'} {answers}"
    )


def _answer(decision: Decision) -> str:
    distance = "" if decision.distance is None else f" {decision.distance:.2f}"
    return f"{decision.outcome.value} {decision.reason.value}{distance}"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with the clips")
    parser.add_argument("--embedder", default="auto")
    args = parser.parse_args()
    films = {
        clip.stem: list(read_pictures(clip))
        for clip in sorted([*args.data.glob("*.mkv"), *args.data.glob("*.mp4")])
    }
    people = sorted({person_of(film) for film in films if film.startswith("person-")})
    config = dataclasses.replace(
        Config(), recognition=dataclasses.replace(Config().recognition, embedder=args.embedder)
    )
    own = []
    others = []
    for visit in visits(config, films, people, print):
        print(line(visit), flush=True)
        (own if visit.own else others).append(
            any(decision.accepted for decision in visit.decisions)
        )
    print(
        f"members let in: {sum(own)} of {len(own)} visits; "
        f"strangers let in: {sum(others)} of {len(others)} visits"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
