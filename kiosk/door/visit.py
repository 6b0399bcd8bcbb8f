"""The person in front of the door: their comparisons, and the vote over them. One thread only."""

from __future__ import annotations

from collections import deque

from kiosk.core.decisions import Verdict
from kiosk.core.frames import Observation
from kiosk.core.ports import ConsensusPort
from kiosk.core.templates import EmbedderInfo, Match, Vector
from kiosk.core.track_embedding import TrackEmbedding
from kiosk.door.company import Company
from kiosk.door.intent import Intent

HISTORY_S = 5.0
"""Seconds of distances that the screen's gauge shows."""
HISTORY_FRAMES = 300
"""Distances kept at most."""


class Visit:
    """What is remembered while one person stands there. ``begin`` starts the next visit.

    ``match``: the latest comparison. ``recognised``, ``recognised_at``: the vote that named
    somebody, and when; liveness is still to be shown then. ``failed``: the vote that named nobody,
    before the person meant to come in. ``decided``: a decision was logged.
    ``intent``: whether the person means to come in. ``company``: whether somebody stands behind.
    """

    def __init__(
        self, consensus: ConsensusPort, info: EmbedderInfo, intent: Intent | None = None
    ) -> None:
        """``info``: the network; its largest distance counts while nobody is enrolled.

        Without ``intent`` everybody who is recognised means to come in.
        """
        self._consensus = consensus
        self._far = info.far
        self._embedding = TrackEmbedding(info.threshold)
        self.intent = intent or Intent()
        self.company = Company()
        self._history: deque[tuple[float, float]] = deque(maxlen=HISTORY_FRAMES)
        self._clear()

    def _clear(self) -> None:
        self.match: Match | None = None
        self.recognised: Verdict | None = None
        self.recognised_at = 0.0
        self.failed: Verdict | None = None
        self._earlier: Verdict | None = None
        self.decided = False
        self._recognised_after = 0
        self._frames = 0
        self._good_frames = 0

    def begin(self, threshold: float) -> None:
        """Start another visit, judged at ``threshold``; the gauge's history goes on."""
        self._consensus.reset(threshold)
        self._embedding.clear()
        self.intent.begin()
        self.company.begin()
        self._clear()

    def restart_vote(self, threshold: float) -> None:
        """Forget the votes so far and judge the next ones at ``threshold``."""
        self.failed = None
        self._consensus.reset(threshold)

    def see(self, seen: Observation, now: float) -> None:
        """Take in a frame with a face, whether or not it is good enough to be compared."""
        self._frames += 1
        self.intent.observe(seen, now)
        self.company.observe(seen, now)

    def waited_s(self, now: float) -> float:
        """Seconds that a recognised person has stood before the door."""
        return now - max(self.recognised_at, self.intent.since or self.recognised_at)

    def probe(self, embedding: Vector, now: float) -> Vector:
        """Return what is compared for this frame: the mean of the face's latest embeddings."""
        return self._embedding.add(embedding, now)

    def compare(self, match: Match | None, now: float) -> Match:
        """Keep one frame's comparison; an empty gallery counts as the largest distance."""
        self._good_frames += 1
        self.match = match or Match(person_id=0, distance=self._far)
        self._history.append((now, self.match.distance))
        return self.match

    def vote(self, match: Match, now: float) -> Verdict | None:
        """Add one comparison to the vote; the verdict once there is one."""
        self._consensus.add(now, match)
        return self._consensus.verdict(now)

    def supports(self, match: Match) -> bool:
        """Return whether this one frame speaks for ``match.person_id``."""
        return self._consensus.supports(match)

    def recognise(self, verdict: Verdict, now: float) -> None:
        """Close the vote with ``verdict``, which is what the log's row will state."""
        self.recognised = verdict
        self.recognised_at = now
        self._recognised_after = self._good_frames

    @property
    def compared_since(self) -> int:
        """Pictures compared after the vote named somebody."""
        return self._good_frames - self._recognised_after

    def continue_with(self, verdict: Verdict) -> None:
        """Keep the earlier vote on the same person: leaving now still counts as leaving then."""
        self._earlier = verdict

    @property
    def undecided(self) -> Verdict | None:
        """The vote that named somebody, while nothing has been decided on it.

        Also that of the visit before, if ``continue_with`` passed it on.
        """
        return None if self.decided else self.recognised or self._earlier

    @property
    def votes(self) -> int:
        """Frames in the window that agree."""
        return self._consensus.votes

    @property
    def quality(self) -> float:
        """Share of the visit's frames that could be compared, 0..1."""
        return self._good_frames / self._frames if self._frames else 0.0

    def history(self, now: float) -> tuple[tuple[float, float], ...]:
        """(seconds ago, distance) of the last ``HISTORY_S`` seconds, oldest first."""
        return tuple(
            (now - at, distance) for at, distance in self._history if now - at <= HISTORY_S
        )


ARRIVED_S = 3.0
"""Seconds without a face after which the next one counts as somebody who has arrived."""


class Presence:
    """Whether a face is in front of the camera, and for how long it has been missing.

    ``arrivals``: how often somebody came to an empty place, also while the door was paused.
    """

    def __init__(self) -> None:
        self.arrivals = 0
        self.observation: Observation | None = None
        self.missed_frames = 0
        self._seen_at = 0.0

    def see(self, observation: Observation, now: float) -> bool:
        """Take in one frame; return whether it has a face that can be assessed."""
        self.observation = observation
        if observation.main is None or observation.quality is None:
            self.missed_frames += 1
            return False
        if now - self._seen_at >= ARRIVED_S:
            self.arrivals += 1
        self.missed_frames = 0
        self._seen_at = now
        return True

    def restart(self, now: float) -> None:
        """Count the absence from ``now``: nobody was looked for meanwhile."""
        self._seen_at = now

    def lose_camera(self) -> None:
        """Drop the latest frame: it no longer shows what is there."""
        self.observation = None

    def away_s(self, now: float) -> float:
        """Seconds since a face was last seen."""
        return now - self._seen_at
