"""The attack species: each takes a victim and a random generator, and returns what is shown to the
camera.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import cv2
import numpy as np

from kiosk.core.frames import BGRImage
from kiosk.core.view_models import Turn
from kiosk.learning.attacks.exchanges import Exchanged, When, stranger_of
from kiosk.learning.attacks.geometry import FOCAL, HEIGHT, WIDTH
from kiosk.learning.attacks.hand_motion import HELD, STAND, STEADY, WAVED, Grip
from kiosk.learning.attacks.instruments import (
    FlatInstrument,
    Presented,
    Shown,
    fitted,
    head_outline,
)
from kiosk.learning.attacks.puppets import PUPPETS
from kiosk.learning.attacks.recapture import GLOSSY, PAPER, SCREEN, Medium
from kiosk.learning.attacks.species_kind import Maker, Species
from kiosk.learning.attacks.subjects import Subject, there_and_back
from kiosk.learning.attacks.unintended_visits import UNINTENDED
from kiosk.learning.attacks.victims import Victim, performed

BLACK = (14, 14, 16)


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the victim's picture that is shown, in eye distances from the midpoint of the
    eyes.
    """

    side: float
    above: float
    below: float

    def cut(self, image: BGRImage, middle: tuple[float, float], eyes: float) -> BGRImage:
        """Crop that part of ``image``; edges are replicated."""
        x1, x2 = middle[0] - self.side * eyes, middle[0] + self.side * eyes
        y1, y2 = middle[1] - self.above * eyes, middle[1] + self.below * eyes
        scale = 4.0 if eyes < 40 else 2.0  # high-quality interpolation, as printers and players use
        matrix = np.array([[scale, 0, -scale * x1], [0, scale, -scale * y1]])
        size = (round(scale * (x2 - x1)), round(scale * (y2 - y1)))
        return np.asarray(
            cv2.warpAffine(
                image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
            ),
            np.uint8,
        )


PORTRAIT = Window(2.6, 2.5, 4.4)
PASSPORT = Window(1.75, 2.0, 2.5)
PHONE = Window(2.1, 2.8, 6.6)
FACE = Window(1.45, 1.9, 4.3)
TABLET = Window(3.1, 3.2, 6.1)


def _mm(window: Window, size: tuple[float, float], border: float) -> tuple[float, float]:
    """Millimetres per eye distance on the sheet, and height of the eyes above its centre."""
    inner = size[1] - 2 * border
    unit = inner / (window.above + window.below)
    return unit, inner / 2 - window.above * unit


def _eyes(victim: Victim, rng: np.random.Generator) -> float:
    """Size of the face as held, in pixels between the eyes."""
    return float(rng.uniform(28, 44) if victim.looks is None else rng.uniform(40, 62))


def _present(
    victim: Victim,
    rng: np.random.Generator,
    sheet: FlatInstrument,
    window: Window,
    shown: Shown,
    grip: Grip,
    *,
    follows: float = 0.0,
    fold: float = 0.0,
) -> Presented:
    """Return ``shown`` on ``sheet`` at the victim's door, its face where a person's would be."""
    width = (sheet.size[1] - 2 * sheet.border) * 2 * window.side / (
        window.above + window.below
    ) + 2 * sheet.border
    sheet = replace(sheet, size=(width, sheet.size[1]))
    unit, up = _mm(window, sheet.size, sheet.border)
    rest = fitted(
        _eyes(victim, rng),
        unit,
        WIDTH / 2 + float(rng.uniform(-25, 25)),
        HEIGHT * 0.42 + float(rng.uniform(-15, 15)),
    )
    rest = replace(
        rest,
        y=rest.y + up * FOCAL / rest.distance,
        roll=float(np.radians(rng.uniform(-3, 3))),
        fold=fold,
    )
    if sheet.cut is not None:
        sheet = replace(sheet, cut=head_outline(unit, (0.0, -up)))
    return Presented(
        victim.scene,
        sheet,
        shown,
        grip,
        rest,
        rng,
        follows=follows,
        reaction=float(rng.uniform(0.4, 0.8)),
    )


def _still(victim: Victim, rng: np.random.Generator, window: Window) -> Shown:
    index = victim.still(rng)
    eyes = victim.landmarks[index, :2]
    picture = window.cut(
        victim.frames[index], tuple(eyes.mean(axis=0)), float(np.linalg.norm(eyes[1] - eyes[0]))
    )
    return lambda t: picture


def _playing(
    victim: Victim,
    rng: np.random.Generator,
    window: Window,
    frames: Sequence[BGRImage] | None = None,
) -> Shown:
    """Loop the clip, or ``frames`` of the same person."""
    film, first = (
        (victim.frames, int(rng.integers(len(victim.frames)))) if frames is None else (frames, 0)
    )

    def shown(t: float) -> BGRImage:
        place = first + round(t * 30)
        index = there_and_back(len(film), place) if frames is None else place % len(film)
        return window.cut(film[index], victim.middle, victim.eyes)

    return shown


def _paper(border: float = 5.0, medium: Medium = PAPER) -> FlatInstrument:
    return FlatInstrument((0, 210), medium, border)


PHONE_SHEET = FlatInstrument((0, 150), SCREEN, 4.0, BLACK)
TABLET_SHEET = FlatInstrument((0, 250), SCREEN, 9.0, BLACK)


def _print(
    grip: Grip, window: Window = PORTRAIT, sheet: FlatInstrument | None = None, **more: float
) -> Maker:
    return lambda v, rng: _present(
        v, rng, sheet or _paper(), window, _still(v, rng, window), grip, **more
    )


def _replay(sheet: FlatInstrument, window: Window, grip: Grip, **more: float) -> Maker:
    return lambda v, rng: _present(v, rng, sheet, window, _playing(v, rng, window), grip, **more)


def _filling(still: bool, grip: Grip, medium: Medium) -> Maker:
    """A sheet so large or near that its edges are out of view: the whole frame, filling the
    camera's view.
    """

    def make(v: Victim, rng: np.random.Generator) -> Subject:
        scale = float(rng.uniform(1.15, 1.45))
        index = v.still(rng)
        shown: Shown = (lambda t: v.frames[index]) if still else _whole(v, rng)
        sheet = FlatInstrument((640.0, 480.0), medium, hand=False)
        x, y = v.middle
        rest = replace(fitted(scale, 1.0), x=320 + scale * (320 - x), y=200 + scale * (240 - y))
        return Presented(
            v.scene,
            sheet,
            shown,
            replace(grip, shift=grip.shift * 1.5),
            rest,
            rng,
            follows=0.0 if grip is STAND else 15.0,
        )

    return make


def _whole(victim: Victim, rng: np.random.Generator) -> Shown:
    first = int(rng.integers(len(victim.frames)))
    return lambda t: victim.frames[there_and_back(len(victim.frames), first + round(t * 30))]


@dataclass(slots=True)
class Injected:
    """An injected loop of identical frames, as if they came from the camera."""

    frames: Sequence[BGRImage]

    def picture(self, t: float, asked: Turn | None) -> BGRImage:
        """Return the next frame."""
        return self.frames[round(t * 30) % len(self.frames)]


def _injected(count: int) -> Maker:
    def make(v: Victim, rng: np.random.Generator) -> Subject:
        first = int(rng.integers(max(1, len(v.frames) - count)))
        return Injected(v.frames[first : first + count])

    return make


def _performance(v: Victim, rng: np.random.Generator) -> Subject:
    """A recording of the victim doing the turns in some order, played on a tablet from its
    beginning.
    """
    orders = list(permutations(Turn))
    order = orders[int(rng.integers(len(orders)))]
    return _present(
        v, rng, TABLET_SHEET, TABLET, _playing(v, rng, TABLET, performed(v, rng, order)), STEADY
    )


def _first_s(rng: np.random.Generator) -> When:
    """From about a second on: the door has seen a moving face and has not rejected it yet."""
    at = float(rng.uniform(0.5, 1.2))
    return lambda t, asked: bool(t >= at)


def _until_asked(rng: np.random.Generator) -> When:
    """Until a turn is asked for, and after all are done."""
    return lambda t, asked: asked is None


def _exchange(
    sheet: FlatInstrument,
    window: Window,
    when: Callable[[np.random.Generator], When],
    *,
    plays: bool = False,
    follows: float = 0.0,
) -> Maker:
    """A stranger, and the victim's picture on ``sheet`` exactly where the stranger's face is."""

    def make(v: Victim, rng: np.random.Generator) -> Subject:
        person, other = stranger_of(v, rng)
        held = _present(
            v,
            rng,
            sheet,
            window,
            (_playing if plays else _still)(v, rng, window),
            HELD,
            follows=follows,
        )
        unit, up = _mm(window, held.sheet.size, held.sheet.border)
        rest = fitted(1.05 * other.eyes, unit, *other.middle)
        held.rest = replace(rest, y=rest.y + up * FOCAL / rest.distance)
        return Exchanged(person, held, when(rng))

    return make


CUT = replace(_paper(0.0), cut=head_outline(1.0, (0.0, 0.0)))
BENT = replace(HELD, bent=0.006, bend=0.003)

SPECIES: tuple[Species, ...] = (
    Species("print", "photograph on paper with a border, in a hand", _print(HELD)),
    Species(
        "print-passport",
        "small glossy photograph, held still",
        _print(STEADY, PASSPORT, _paper(3.0, GLOSSY)),
    ),
    Species("print-waved", "photograph shifted, turned and tilted without end", _print(WAVED)),
    Species("print-tilted", "photograph tilted as the screen asks", _print(HELD, follows=33.0)),
    Species(
        "print-bent",
        "photograph bent round, the bend changing, tilted as the screen asks",
        _print(BENT, follows=28.0),
    ),
    Species(
        "print-cut",
        "photograph cut out along the head, tilted as the screen asks",
        _print(HELD, sheet=CUT, follows=28.0),
    ),
    Species("print-filling", "poster that fills the camera's view", _filling(True, HELD, PAPER)),
    Species(
        "phone-still",
        "photograph on a phone",
        _replay_still := _print(HELD, PHONE, PHONE_SHEET, follows=25.0),
    ),
    Species("phone-replay", "clip on a phone, in a hand", _replay(PHONE_SHEET, PHONE, HELD)),
    Species(
        "phone-replay-stand",
        "clip on a phone that stands still",
        _replay(replace(PHONE_SHEET, hand=False), PHONE, STAND),
    ),
    Species(
        "phone-replay-face", "clip on a phone that the face fills", _replay(PHONE_SHEET, FACE, HELD)
    ),
    Species(
        "tablet-replay",
        "clip on a tablet, tilted as the screen asks",
        _replay(TABLET_SHEET, TABLET, HELD, follows=28.0),
    ),
    Species(
        "screen-filling",
        "clip on a screen that fills the camera's view, in hands",
        _filling(False, STEADY, SCREEN),
    ),
    Species(
        "screen-filling-stand",
        "clip on a screen that fills the camera's view and stands still",
        _filling(False, STAND, SCREEN),
    ),
    Species("injected-frozen", "one picture fed in instead of the camera's", _injected(1)),
    Species("injected-loop", "twelve pictures fed in again and again", _injected(12)),
    Species(
        "exchange-cut",
        "a stranger's own face nods, then a photograph cut out along the head is held before it",
        _exchange(CUT, PORTRAIT, _first_s, follows=28.0),
        stranger=True,
    ),
    Species(
        "exchange-tablet",
        "a stranger's own face nods, then a clip on a tablet is held before it",
        _exchange(TABLET_SHEET, TABLET, _first_s, plays=True, follows=28.0),
        stranger=True,
    ),
    Species(
        "exchange-turns",
        "photograph cut out along the head; whenever a turn is asked for the stranger behind it "
        "turns instead",
        _exchange(CUT, PORTRAIT, _until_asked),
        stranger=True,
    ),
    Species(
        "print-folded",
        "photograph folded along the nose, tilted as the screen asks",
        _print(HELD, fold=0.45, follows=28.0),
        stopped=False,
    ),
    Species(
        "replay-of-turns",
        "recording of the victim turning in some order, on a tablet",
        _performance,
        stopped=False,
    ),
    *PUPPETS,
    *UNINTENDED,
)
