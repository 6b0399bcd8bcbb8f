"""Puppets: one photograph animated in depth by a computer, shown on a screen or fed in instead of
the camera's pictures; photographs worn as masks; recordings made to look like new ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from kiosk.core.frames import BGRImage, Points
from kiosk.core.view_models import Turn
from kiosk.demo.synthetic_faces.draw_person import draw_corridor
from kiosk.learning.attacks.cut_out_people import person_share, put_before
from kiosk.learning.attacks.hand_motion import STAND, Drift
from kiosk.learning.attacks.instruments import FlatInstrument, Presented, fitted
from kiosk.learning.attacks.recapture import SCREEN, filmed
from kiosk.learning.attacks.species_kind import Maker, Species
from kiosk.learning.attacks.subjects import Habits, Subject, there_and_back
from kiosk.learning.attacks.turning import Build, turned
from kiosk.learning.attacks.victims import Victim, some_build

PUPPET_REACTION_S = 0.5
"""Seconds that the computer, or the person at its keys, needs to follow the screen."""


@dataclass(slots=True)
class Puppet:
    """One ``picture`` of a face whose head turns in depth.

    ``landmarks`` (5, 2) of the face in it. ``habits``: how it follows the screen; ``None`` if it
    does not. ``still``: degrees of slow turning, as natural motion. ``build``: shape of the head.
    """

    image: BGRImage
    landmarks: Points
    build: Build
    rng: np.random.Generator
    habits: Habits | None
    still: float = 2.5
    drift: Drift = field(init=False)

    def __post_init__(self) -> None:
        self.drift = Drift(self.rng, slow_s=0.6)

    def drawn(self, t: float, asked: Turn | None) -> BGRImage:
        """Return the picture as the computer draws it."""
        sway = self.drift.at(t)
        yaw, pitch = self.habits.pose(t, asked) if self.habits else (0.0, 0.0)
        return turned(
            self.image,
            self.landmarks,
            yaw + math.radians(self.still) * float(sway[2]),
            pitch + math.radians(0.6 * self.still) * float(sway[3]),
            self.build,
        )

    def picture(self, t: float, asked: Turn | None) -> BGRImage:
        """Return the picture as a camera would deliver it."""
        return filmed(self.drawn(t, asked), self.rng, noise=1.5)


@dataclass(slots=True)
class PuppetOnScreen:
    """``puppet`` on the screen ``held``."""

    puppet: Puppet
    held: Presented

    def picture(self, t: float, asked: Turn | None) -> BGRImage:
        """Return the screen as the kiosk's camera sees it."""
        shown = self.puppet.drawn(t, asked)
        self.held.shown = lambda at: shown
        return self.held.picture(t, asked)


def _puppet(
    v: Victim, rng: np.random.Generator, build: Build | None = None, *, follows: bool = True
) -> Puppet:
    index = v.still(rng)
    habits = replace(Habits.drawn(rng), reaction=PUPPET_REACTION_S) if follows else None
    return Puppet(v.frames[index], v.landmarks[index], build or some_build(rng), rng, habits)


def _screen(v: Victim, rng: np.random.Generator, scale: float) -> Presented:
    """A screen that fills the view and stands still; ``scale`` 1 shows all as it would be."""
    x, y = (320.0, 240.0) if scale == 1 else v.middle
    up = 240.0 if scale == 1 else 200.0
    return Presented(
        v.scene,
        FlatInstrument((640.0, 480.0), SCREEN, hand=False),
        lambda t: v.frames[0],
        STAND,
        replace(fitted(scale, 1.0), x=320 + scale * (320 - x), y=up + scale * (240 - y)),
        rng,
    )


def _on_screen(v: Victim, rng: np.random.Generator) -> Subject:
    return PuppetOnScreen(_puppet(v, rng), _screen(v, rng, float(rng.uniform(1.15, 1.45))))


def _from_elsewhere(v: Victim, rng: np.random.Generator) -> Subject:
    """The photograph was taken at another place: a corridor, or a wall for people of a corridor."""
    puppet = _puppet(v, rng)
    if v.looks is None:
        elsewhere = draw_corridor(noise_seed=None)
    else:
        shade = np.linspace(150, 205, 640, dtype=np.float32)[None, :, None]
        elsewhere = np.clip(shade * np.array([0.9, 1.0, 1.05]), 0, 255).astype(np.uint8)
        elsewhere = np.repeat(elsewhere, 480, axis=0)
    share = person_share(puppet.landmarks, (640, 480))
    puppet.image = put_before(elsewhere, puppet.image, share, 1.0, (0.0, 0.0))
    return PuppetOnScreen(puppet, _screen(v, rng, float(rng.uniform(1.15, 1.45))))


def _frameless(v: Victim, rng: np.random.Generator) -> Subject:
    return PuppetOnScreen(_puppet(v, rng), _screen(v, rng, 1.0))


def _worn(dome: float, nose_share: float) -> Maker:
    """A photograph worn by a living person, who turns as asked.

    ``dome``: how far the paper bends round the head, in eye distances; ``nose_share``: height of
    the nose that stands out, as a share of a real one.
    """

    def make(v: Victim, rng: np.random.Generator) -> Subject:
        real = some_build(rng)
        build = Build(dome, nose_share * real.nose, real.wing)
        puppet = _puppet(v, rng, build)
        puppet.habits = Habits.drawn(rng)
        return puppet

    return make


@dataclass(slots=True)
class NewLookingRecording:
    """A recording fed in to and fro; noise, shifts and compression make every picture another."""

    frames: Sequence[BGRImage]
    rng: np.random.Generator
    first: int

    def picture(self, t: float, asked: Turn | None) -> BGRImage:
        """Return the next picture."""
        image = self.frames[there_and_back(len(self.frames), self.first + round(t * 30))]
        x, y = self.rng.uniform(-0.5, 0.5, 2)
        moved = cv2.warpAffine(
            image,
            np.array([[1, 0, x], [0, 1, y]]),
            (image.shape[1], image.shape[0]),
            borderMode=cv2.BORDER_REPLICATE,
        )
        quality = int(self.rng.integers(80, 95))
        return filmed(np.asarray(moved, np.uint8), self.rng, quality=quality)


PUPPETS: tuple[Species, ...] = (
    Species(
        "puppet-screen",
        "photograph animated in depth that turns as asked, on a screen that fills the view",
        _on_screen,
    ),
    Species("puppet-elsewhere", "the same, photographed at another place", _from_elsewhere),
    Species(
        "puppet-frameless",
        "the same on a frameless screen that shows the real place in its place",
        _frameless,
        stopped=False,
    ),
    Species("puppet-cable", "the same, fed in at the camera's cable", _puppet, stopped=False),
    Species(
        "photo-alive-cable",
        "photograph animated by small natural motion, fed in at the cable",
        lambda v, rng: _puppet(v, rng, follows=False),
        stopped=False,
    ),
    Species(
        "replay-new-noise",
        "recording with new noise, shifts and compression, played to and fro at the cable",
        lambda v, rng: NewLookingRecording(v.frames, rng, int(rng.integers(len(v.frames)))),
        stopped=False,
    ),
    Species(
        "mask-nose-hole",
        "photograph worn as a mask, the wearer's nose through a hole",
        _worn(0.35, 1.0),
        stopped=False,
    ),
    Species(
        "mask-pressed",
        "photograph worn as a mask, its paper pressed to a third of a nose",
        _worn(0.35, 1 / 3),
        stopped=False,
    ),
    Species("mask-flat", "photograph worn as a mask, without a nose", _worn(0.35, 0.0)),
)
