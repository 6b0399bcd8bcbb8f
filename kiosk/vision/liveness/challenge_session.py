"""A challenge of one person at the door: the turns asked for, fed with the frames of the track."""

from __future__ import annotations

from kiosk.core.config import LivenessConfig
from kiosk.core.decisions import Reason
from kiosk.core.view_models import ChallengeView
from kiosk.vision.liveness.checks.background import BackgroundCheck
from kiosk.vision.liveness.checks.parallax import ParallaxCheck
from kiosk.vision.liveness.head_turn_challenge import Challenge, Rng
from kiosk.vision.liveness.liveness_check import TrackFrame


class ChallengeSession:
    """Asks ``person``, and nobody else, for turns in an order drawn at the start.

    ``parallax`` measures the turns in depth, ``background`` watches the place meanwhile.
    """

    def __init__(
        self,
        config: LivenessConfig,
        rng: Rng,
        parallax: ParallaxCheck,
        background: BackgroundCheck,
        person: int,
        now: float,
    ) -> None:
        self._parallax = parallax
        self._background = background
        self._person = person
        self._challenge = Challenge.drawn(config, rng, parallax.straight_pose, now)
        self._replaced = 0
        self._other_place = False
        self._hidden_place = False
        parallax.begin_challenge()

    def observe(self, seen: TrackFrame, person: int | None, now: float) -> bool:
        """Return whether this frame completes a turn; ``person``: who it speaks for."""
        self._other_place = self._background.is_other_place(now)
        self._hidden_place = self._background.is_hidden(now)
        if seen.embedding is None:
            return False
        recognised = person == self._person
        self._challenge.tick(now)
        if self._challenge.replaced != self._replaced:
            # the depth of the missed turn may have been lost because of its reference
            self._replaced = self._challenge.replaced
            self._parallax.replace_reference()
        rotation = self._parallax.rotation(
            seen,
            now,
            may_be_reference=recognised and self._challenge.straight(seen.quality),
        )
        return self._challenge.add(seen.quality, rotation, recognised, now)

    def view(self, now: float) -> ChallengeView:
        """Return what the screen asks for."""
        return self._challenge.view(now)

    def failed(self, now: float) -> Reason | None:
        """Return why the challenge failed, if it did."""
        self._challenge.tick(now)
        if self._challenge.failed and self._challenge.turned:
            if self._other_place:
                return Reason.SCREEN_OR_PRINT
            if self._hidden_place:
                return Reason.PLACE_HIDDEN
        return self._challenge.failed

    def passed(self, person: int | None) -> bool:
        """Return whether all turns are done and the latest frame speaks for the person asked.

        Where the kiosk has learned its place, that place must be seen beside the head. It may
        come back after the last turn: hair that swings hides it for a moment.
        """
        return (
            self._challenge.passed
            and person == self._person
            and not self._other_place
            and not self._hidden_place
        )
