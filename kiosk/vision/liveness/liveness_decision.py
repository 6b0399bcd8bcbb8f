"""Whether somebody real stands at the door: every check must pass, none can stand in for another.

Without being asked anything, a person passes when on one unbroken track the face was recognised at its start, in its middle and
at its end, it turned in depth as no sheet does (``vision.relief``), and beside the head the place is the one that the kiosk
knows (``vision.surroundings``). Who does not pass is asked to turn the head (``vision.challenge``). Straight borders around the
face, frames that repeat and a change of identity within the track are refusals. What this cannot stop is in docs/liveness.md.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from kiosk.core.config import LivenessConfig
from kiosk.core.decisions import Reason
from kiosk.core.frames import Face, Observation
from kiosk.core.view_models import ChallengeView, Turn
from kiosk.vision.liveness.checks.background import BackgroundModel, HeadSurround
from kiosk.vision.liveness.checks.parallax import ParallaxMeter
from kiosk.vision.liveness.checks.screen_edges import edge_support
from kiosk.vision.liveness.checks.track_checks import Identity, Jump, Parallax, Repeats
from kiosk.vision.liveness.head_turn_challenge import END_S, Challenge, Rng

EMPTY_S = 0.5
"""Nobody for so long before the empty place is learned from: who is just leaving is no part of it."""

LOOK_S = 0.1
"""Time between two looks at the surroundings."""

LATE_S = 1.5
"""How long what was seen of the surroundings counts."""

FEWEST = 3
"""Looks at the surroundings that are needed."""

ONE_SIDE = 0.35
"""Most of the left, upper or right part beside the head that may differ from the empty place."""

BORDER = 0.9
BORDER_SHARE = 0.7
BORDER_FEWEST = 3
BORDER_S = 0.5
"""How completely a border must frame the face, in which share of the looks, of how many, over how long."""

CLEAR_SHARE = 0.35
"""Most looks that may see a border before somebody who is asked nothing: between the two it is not known yet."""

GAP_S = 1.0
"""Longest time on a track without a frame that is recognised."""

POSES = 5

NEAR_EYES = 36.0
LEAST_SHARE = 0.5
"""Pixels between the eyes up to which all of ``parallax_deg`` is needed. A face that is seen larger is seen with less noise:
in the same proportion less is needed, down to such a share."""

PATIENCE_S = 4.0
"""How long natural motion is waited for where nothing can be asked."""


class Liveness:
    """Collects what the frames of one track show. Not for several threads at once.

    ``max_jump``: the distance between embeddings from which on they are another person's.
    """

    def __init__(
        self, config: LivenessConfig, rng: Rng, max_jump: float, meter: ParallaxMeter | None = None
    ) -> None:
        self.config = config
        self._rng = rng
        self._scene = BackgroundModel()
        self._relief = Parallax(meter or ParallaxMeter())
        self._repeats = Repeats()
        self._identity = Identity()
        self._jump = Jump(max_jump)
        self._face_at = float("-inf")
        self._challenge: Challenge | None = None
        self._replaced = 0
        self._asked: int | None = None
        self.reset()

    def reset(self, *, elsewhere: bool = True) -> None:
        """Another track. ``elsewhere``: the face went away or came from another place; else it only looks like somebody else."""
        self._relief.begin()
        self._repeats.begin()
        self._identity.begin()
        self._beside: deque[tuple[float, HeadSurround | None]] = deque(maxlen=32)
        self._borders: deque[tuple[float, float]] = deque(maxlen=32)
        self._poses: deque[tuple[float, float]] = deque(maxlen=POSES)
        self._eyes: deque[float] = deque(maxlen=POSES)
        self._looked_at = float("-inf")
        self._foreign = False
        self._challenge = None
        if elsewhere:
            self._jump.begin()
            self._changed = False

    @property
    def asks(self) -> bool:
        """Whether who does not show it by natural motion is asked to turn the head."""
        return self.config.challenge != "never"

    @property
    def wait_s(self) -> float:
        """How long natural motion is waited for, in seconds."""
        return {"never": PATIENCE_S, "always": 0.0}.get(
            self.config.challenge, self.config.challenge_after_s
        )

    @property
    def challenge_s(self) -> float:
        """The longest that a challenge takes, in seconds."""
        return (
            (min(self.config.turns, len(Turn)) + self.config.spare_turns) * self.config.turn_s
            + END_S
            + 1.0
        )

    # what is seen

    def learn(self, seen: Observation, now: float) -> None:
        """A frame in which nobody is to be verified: the empty place, where nobody is to be seen at all."""
        if seen.faces:
            self._face_at = now
        elif seen.image is not None and now - self._face_at >= EMPTY_S:
            self._scene.learn(seen.image, now)

    def observe(self, seen: Observation, person: int | None, now: float) -> bool:
        """A frame of the track; ``person``: who it speaks for by the door's threshold. Whether it completes a turn that was
        asked for."""
        self._face_at = now
        if seen.image is None or seen.main is None or seen.quality is None:
            return False
        self._repeats.add(seen.image, now)
        if now - self._looked_at >= LOOK_S:
            self._look(seen, seen.main, now)
        self._foreign = self._challenge is not None and self._elsewhere(now)
        if seen.embedding is None:
            return False
        self._changed = self._jump.add(seen.embedding) or self._changed
        if self._identity.add(person, now):
            self._relief.begin()
        if self._challenge is not None:
            return self._turn(self._challenge, seen, person, now)
        if (
            person is not None
        ):  # else a stranger's own nod would count for the photograph shown next
            self._relief.add(seen.image, seen.main.landmarks, now)
            self._poses.append((seen.quality.yaw, seen.quality.pitch))
            self._eyes.append(seen.quality.eye_distance)
        return False

    def _turn(
        self, challenge: Challenge, seen: Observation, person: int | None, now: float
    ) -> bool:
        assert seen.image is not None and seen.main is not None and seen.quality is not None
        asked = person == self._asked
        challenge.tick(now)
        if (
            challenge.replaced != self._replaced
        ):  # perhaps the depth of the turn was not seen because of the frame it was compared with
            self._replaced = challenge.replaced
            self._relief.renew()
        rotation = self._relief.add(
            seen.image,
            seen.main.landmarks,
            now,
            reference=asked and challenge.straight(seen.quality),
        )
        return challenge.add(seen.quality, rotation, asked, now)

    def _look(self, seen: Observation, face: Face, now: float) -> None:
        assert seen.image is not None
        self._looked_at = now
        self._beside.append((now, self._scene.beside(seen.image, face)))
        self._borders.append((now, edge_support(seen.image, face, self._scene.empty)))

    # what follows from it

    def refusal(self, now: float) -> Reason | None:
        """What speaks against a real person, whatever else was shown."""
        if self._changed:
            return Reason.IDENTITY_CHANGED
        if self._repeats.found:
            return Reason.FROZEN_PICTURE
        return Reason.SCREEN_OR_PRINT if self._bordered(now) else None

    def passed(self, person: int, now: float) -> bool:
        """Whether natural motion has shown that ``person`` really stands there."""
        return (
            self.config.challenge != "always"
            and self.refusal(now) is None
            and self._clear(now)
            and self._relief.span >= self._needed
            and self._at_home(now)
            and self._identity.throughout(person, now, GAP_S)
        )

    def _clear(self, now: float) -> bool:
        """Whether what speaks against a real person has had the time to be seen, and was not: natural motion may be quicker."""
        share = self._border_share(now)
        return not self._repeats.returned and share is not None and share <= CLEAR_SHARE

    @property
    def _needed(self) -> float:
        """The turn in depth that natural motion must show, in radians."""
        eyes = float(np.median(np.array(self._eyes or [0.0])))
        return float(np.radians(self.config.parallax_deg)) * max(
            LEAST_SHARE, min(1.0, NEAR_EYES / max(eyes, 1.0))
        )

    @property
    def score(self) -> float:
        """How much of the turn in depth that is needed was seen, 0..1."""
        return min(1.0, self._relief.span / self._needed)

    def _surroundings(self, now: float) -> HeadSurround | None:
        """What was beside the head lately; ``None`` where the place is not known, or too little was seen."""
        looks = [beside for at, beside in self._beside if now - at <= LATE_S]
        found = [beside for beside in looks if beside is not None]
        if len(found) < FEWEST or 2 * len(found) < len(looks):
            return None
        left, top, right = (
            float(side) for side in np.median([beside.sides for beside in found], axis=0)
        )
        known = float(np.median([beside.known for beside in found]))
        return (
            HeadSurround(
                float(np.median([beside.foreign for beside in found])), (left, top, right), known
            )
            if known >= self.config.min_scene_match
            else None
        )

    def _at_home(self, now: float) -> bool:
        """Whether the place beside the head is the known one."""
        beside = self._surroundings(now)
        return (
            beside is not None
            and beside.foreign <= self.config.max_background_change
            and max(beside.sides) <= ONE_SIDE
        )

    def _elsewhere(self, now: float) -> bool:
        """Whether the place is known, and what is beside the head is plainly another one."""
        beside = self._surroundings(now)
        return beside is not None and beside.foreign > self.config.max_background_change_turned

    def _bordered(self, now: float) -> bool:
        share = self._border_share(now)
        return share is not None and share >= BORDER_SHARE

    def _border_share(self, now: float) -> float | None:
        """In which share of the late looks a border framed the face; ``None`` while there are too few."""
        late = [(at, support) for at, support in self._borders if now - at <= LATE_S]
        if len(late) < BORDER_FEWEST or late[-1][0] - late[0][0] < BORDER_S:
            return None
        return sum(support >= BORDER for _, support in late) / len(late)

    # the challenge

    def challenge(self, person: int, now: float) -> None:
        """Ask ``person``, and nobody else, for turns from now on, in an order drawn now."""
        self._asked = person
        self._replaced = 0
        straight = np.median(np.array(self._poses or [(0.0, 0.0)]), axis=0)
        self._challenge = Challenge.drawn(
            self.config, self._rng, (float(straight[0]), float(straight[1])), now
        )
        self._relief.begin(keep=True)

    @property
    def challenged(self) -> bool:
        """Whether turns are being asked for."""
        return self._challenge is not None

    def challenge_view(self, now: float) -> ChallengeView | None:
        """What the screen asks for."""
        return self._challenge.view(now) if self._challenge else None

    def challenge_failed(self, now: float) -> Reason | None:
        """Why the challenge failed, if it did."""
        if self._challenge is None:
            return None
        self._challenge.tick(now)
        if self._challenge.failed and self._challenge.turned and self._foreign:
            return Reason.SCREEN_OR_PRINT
        return self._challenge.failed

    def challenge_passed(self, person: int | None) -> bool:
        """Whether all turns are done, and this frame, after them, speaks for ``person``, who is before no other place than the known
        one: hair that swings in a turn is given the time to come back. Ask ``challenge_failed`` first."""
        return (
            self._challenge is not None
            and self._challenge.passed
            and person == self._asked
            and not self._foreign
        )
