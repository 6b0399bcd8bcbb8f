"""A look-alike who lets the door keep their face as a look of the member, visit by visit."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np

from tests.attacks.table import Outcome, attack
from tests.helpers.look_door import THRESHOLDS, LookDoor
from tests.helpers.look_people import DrawnFaces, day_of

VISITS = 50
FROM_DAY_TO_DAY = 0.055
"""Standard deviation of a stranger's distance between pictures of different days: 0.055 on
asian-dev, 0.048 on lfw-dev, of the nearest 1 % of pairs of people."""
BEYOND = (1.3, 3.0)
"""How far beyond the threshold look-alikes are, in those deviations: the door, which compares the
mean of frames, lets them in by their face alone on 7 % of the days on average."""


@attack("B27", "look like a member until the door takes one's face for theirs", tries=60, short=2)
def slow_poisoning(folder: Path, tries: int) -> Outcome:
    """Come on 50 days, half of the look-alikes with the member's PIN, and say yes every time.

    A look that is kept, or being let in by the face alone more often than before, is a success.
    """
    succeeded, let_in, own = 0, 0, 0
    for number in range(tries):
        faces = DrawnFaces(number)
        door = LookDoor(folder / f"{number}.db", faces)
        with closing(door.store):
            distance = THRESHOLDS.identify + FROM_DAY_TO_DAY * np.interp(
                number, (0, max(1, tries - 1)), BEYOND
            )
            before = within(door, 11 + number, distance)
            for _ in range(VISITS):
                let_in += door.visit(look_alike_frames(door, distance), pin=number % 2 == 1)
            kept = door.looks
            succeeded += kept > 0 or within(door, 11 + number, distance) > before
            door.visit(faces.frames(faces.away(door.member, 0.45), 8))
            own += door.looks - kept
    return tries, succeeded, f"let in {let_in} of {tries * VISITS} times; {own} members kept a look"


def within(door: LookDoor, seed: int, distance: float) -> int:
    """Return how many of 200 frames of the look-alike are within the threshold by face alone."""
    rng = np.random.default_rng(seed)
    other = door.faces.person(9)
    match = [
        door.gallery.verify(day_of(door.member, other, rng.normal(distance, FROM_DAY_TO_DAY)), 1)
        for _ in range(200)
    ]
    return sum(one is not None and one.distance <= THRESHOLDS.identify for one in match)


def look_alike_frames(door: LookDoor, distance: float) -> list[np.ndarray]:
    day = day_of(door.member, door.faces.person(9), door.faces.near(distance, FROM_DAY_TO_DAY))
    return door.faces.frames(day, 8)
