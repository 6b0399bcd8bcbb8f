"""Whether a real person stands at the door: every check must pass, none can replace another.

A person passes without being asked anything when, on one unbroken track, the face was recognised at
its start, in its middle and at its end, the head turned in depth as no sheet does, the eyes are
open, and the place beside the head is the one that the kiosk knows. Anybody else is asked to turn
the head (``head_turn_challenge``). Straight edges around the face, repeated frames and a change of
identity within the track are refusals. docs/liveness.md says what this cannot stop.
"""

from __future__ import annotations

from kiosk.core.config import LivenessConfig
from kiosk.core.decisions import Reason
from kiosk.core.frames import Observation
from kiosk.core.orientation import AS_IT_IS, Orientation
from kiosk.core.view_models import ChallengeView, Turn
from kiosk.vision.liveness.appearance_network import AppearanceNetwork
from kiosk.vision.liveness.background_model import BackgroundModel
from kiosk.vision.liveness.challenge_session import ChallengeSession
from kiosk.vision.liveness.checks.appearance import AppearanceCheck
from kiosk.vision.liveness.checks.background import BackgroundCheck
from kiosk.vision.liveness.checks.embedding_jump import EmbeddingJumpCheck
from kiosk.vision.liveness.checks.eyes_open import EyesOpenCheck
from kiosk.vision.liveness.checks.parallax import ParallaxCheck
from kiosk.vision.liveness.checks.repeated_frames import RepeatedFramesCheck
from kiosk.vision.liveness.checks.screen_edges import ScreenEdgesCheck
from kiosk.vision.liveness.checks.track_identity import TrackIdentityCheck
from kiosk.vision.liveness.eye_openness import EyeNetwork
from kiosk.vision.liveness.head_turn_challenge import END_S, Rng
from kiosk.vision.liveness.liveness_check import LivenessCheck, TrackFrame
from kiosk.vision.liveness.parallax_meter import ParallaxMeter

EMPTY_S = 0.5
"""Seconds without a face before the empty view is learned, so that a person leaving is not."""

PATIENCE_S = 4.0
"""How long natural motion is waited for where no challenge is allowed."""

CHALLENGE_SLACK_S = 1.0
"""Added to the longest challenge, for the frames between its steps."""


class Liveness:
    """Runs the checks over the frames of one track, and the challenge. Not thread-safe.

    ``max_jump``: the distance between L2-normalised embeddings above which they belong to two
    people. ``appearance``: the network that ``config.appearance`` asks for; without it nobody is
    judged by their look. ``eyes``: judges whether they are open; without it nobody is asked for
    that. ``orientation``: in which the pictures come. ``checks``: in the order in which their
    refusals count.
    """

    def __init__(
        self,
        config: LivenessConfig,
        rng: Rng,
        max_jump: float,
        meter: ParallaxMeter | None = None,
        appearance: AppearanceNetwork | None = None,
        eyes: EyeNetwork | None = None,
        orientation: Orientation = AS_IT_IS,
    ) -> None:
        self.config = config
        self._orientation = orientation
        self._rng = rng
        self._empty_view = BackgroundModel()
        self._parallax = ParallaxCheck(meter or ParallaxMeter(), config)
        self._background = BackgroundCheck(self._empty_view, config)
        self.checks: list[LivenessCheck] = [
            EmbeddingJumpCheck(max_jump),
            RepeatedFramesCheck(),
            ScreenEdgesCheck(self._empty_view),
            TrackIdentityCheck(),
            self._background,
            self._parallax,
            *([EyesOpenCheck(eyes)] if eyes is not None else []),
        ]
        if appearance is not None and config.appearance != "off":
            self.checks.append(AppearanceCheck(appearance, refuses=config.appearance == "refuse"))
        self._challenge: ChallengeSession | None = None
        self._face_at = float("-inf")

    def reset(self, *, elsewhere: bool = True) -> None:
        """Start a new track.

        ``elsewhere``: the face was gone or came from another place; false where it stayed in its
        place and only looks like another person.
        """
        for check in self.checks:
            check.reset(new_face=elsewhere)
        self._challenge = None

    def take_over(self, before: Liveness) -> None:
        """Go on with the empty view that ``before`` has learned.

        Not where the pictures were turned or mirrored otherwise: nobody would be let in by it.
        """
        if before._orientation == self._orientation:
            self._empty_view.take_over(before._empty_view)

    @property
    def asks(self) -> bool:
        """Whether a person who does not pass by natural motion is asked to turn the head."""
        return self.config.challenge != "never"

    @property
    def wait_s(self) -> float:
        """How long natural motion is waited for, in seconds."""
        return {"never": PATIENCE_S, "always": 0.0}.get(
            self.config.challenge, self.config.challenge_after_s
        )

    @property
    def wait_pictures(self) -> int:
        """How many compared pictures natural motion is waited for, however long they take."""
        return 0 if self.config.challenge == "always" else self.config.challenge_after_pictures

    @property
    def challenge_s(self) -> float:
        """The longest that a challenge takes, in seconds."""
        turns = min(self.config.turns, len(Turn)) + self.config.spare_turns
        return turns * self.config.turn_s + END_S + CHALLENGE_SLACK_S

    def learn(self, seen: Observation, now: float) -> None:
        """Learn the empty view from a frame of no track, if no face has been there for a while."""
        if seen.faces:
            self._face_at = now
        elif seen.image is not None and now - self._face_at >= EMPTY_S:
            self._empty_view.learn(seen.image, now)

    def observe(self, seen: Observation, person: int | None, now: float) -> bool:
        """Take a frame of the track into account; return whether it completes a requested turn.

        ``person``: who the frame speaks for by the door's threshold, ``None`` for nobody.
        """
        self._face_at = now
        frame = TrackFrame.from_observation(seen)
        if frame is None:
            return False
        for check in self.checks:
            check.observe(frame, person, now)
        return self._challenge is not None and self._challenge.observe(frame, person, now)

    def refusal(self, now: float) -> Reason | None:
        """Return what speaks against a real person, whatever else was shown."""
        refusals = (check.refusal(now) for check in self.checks)
        return next((reason for reason in refusals if reason is not None), None)

    def passed(self, person: int, now: float) -> bool:
        """Return whether natural motion has shown that ``person`` really stands there."""
        return (
            self.config.challenge != "always"
            and self.refusal(now) is None
            and all(check.ready(person, now) for check in self.checks)
        )

    @property
    def score(self) -> float:
        """How much of the needed turn in depth was seen, 0..1."""
        return self._parallax.score

    def challenge(self, person: int, now: float) -> None:
        """Ask ``person``, and nobody else, for turns from now on, in an order drawn now."""
        self._challenge = ChallengeSession(
            self.config, self._rng, self._parallax, self._background, person, now
        )

    @property
    def challenged(self) -> bool:
        """Whether turns are being asked for."""
        return self._challenge is not None

    def challenge_view(self, now: float) -> ChallengeView | None:
        """Return what the screen asks for, if anything."""
        return self._challenge.view(now) if self._challenge else None

    def challenge_failed(self, now: float) -> Reason | None:
        """Return why the challenge failed, if it did."""
        return self._challenge.failed(now) if self._challenge else None

    def challenge_passed(self, person: int | None) -> bool:
        """Return whether all turns are done and this frame, after them, speaks for ``person``.

        Ask ``challenge_failed`` first.
        """
        return self._challenge is not None and self._challenge.passed(person)
