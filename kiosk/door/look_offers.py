"""The question after an accept: keep today's look too? It never delays or moves the door.

One thread only, the inference thread. Any error here is logged; then nothing is asked or kept, and
the door, which is open by then, goes on.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection, Sequence
from typing import Protocol

from kiosk.core.decisions import Decision, Factor, Reason
from kiosk.core.errors import KioskError
from kiosk.core.frames import Observation
from kiosk.core.member_looks import LookFrame, LookProposal
from kiosk.core.ports import GalleryPort
from kiosk.core.templates import Match
from kiosk.core.thresholds import Thresholds
from kiosk.core.view_models import LookStep, LookView

OFFER_S = 10.0
"""Seconds for an answer; without one nothing is kept."""
RESULT_S = 3.0
"""Seconds for which the screen says what became of a yes."""
PRESENT_S = 2.5
"""A yes counts only if the member's face was recognised within so many seconds before it."""
MOST_FRAMES = 60
"""Latest frames of a visit that are remembered."""

log = logging.getLogger(__name__)


class LooksPort(Protocol):
    """Proposes, keeps and declines looks (``LookService``); may raise ``KioskError``."""

    def propose(
        self,
        person_id: int,
        distance: float,
        frames: Sequence[LookFrame],
        thresholds: Thresholds,
        *,
        with_factor: bool,
    ) -> LookProposal | None: ...
    def asked(self, proposal: LookProposal) -> None: ...
    def declined(self, proposal: LookProposal) -> None: ...
    def keep(self, proposal: LookProposal) -> None: ...


class LookOffers:
    """Collects the frames that vote, and offers their look to the member who was let in.

    ``looks``: ``None`` where nothing is ever asked. ``offer_s``: seconds for an answer.
    """

    def __init__(
        self, looks: LooksPort | None, gallery: GalleryPort, offer_s: float = OFFER_S
    ) -> None:
        self._looks = looks
        self._gallery = gallery
        self._offer_s = offer_s
        self._frames: deque[tuple[int, LookFrame]] = deque(maxlen=MOST_FRAMES)
        self._proposal: LookProposal | None = None
        self._step: LookStep | None = None
        self._until = 0.0
        self._duration = 0.0
        self._recognised_at = float("-inf")

    @property
    def asking(self) -> bool:
        """Whether a member is being asked, so that faces go on being compared."""
        return self._step is LookStep.ASK

    def begin_visit(self) -> None:
        """Forget the frames of the visit before."""
        self._frames.clear()

    def collect(self, seen: Observation, match: Match) -> None:
        """Remember a frame that speaks for ``match.person_id``."""
        if self._looks is not None and seen.embedding is not None and seen.quality is not None:
            frame = LookFrame(seen.embedding, seen.quality.sharpness)
            self._frames.append((match.person_id, frame))

    def decided(
        self, decision: Decision, given: Collection[Factor], thresholds: Thresholds, now: float
    ) -> None:
        """Ask the person who was just let in by their face, if there is something to ask."""
        self.end()
        if self._looks is None or not decision.accepted or decision.reason is not Reason.MATCH:
            return
        if decision.person_id is None or decision.distance is None or decision.liveness is None:
            return  # without the liveness checks a picture could teach the door
        frames = [frame for person, frame in self._frames if person == decision.person_id]
        with_factor = not {Factor.PIN, Factor.CARD}.isdisjoint(given)
        try:
            proposal = self._looks.propose(
                decision.person_id, decision.distance, frames, thresholds, with_factor=with_factor
            )
            if proposal is not None:
                self._looks.asked(proposal)
        except Exception as error:
            _note("nobody is asked whether to keep a look", error)
            return
        if proposal is not None:
            self._proposal = proposal
            self._show(LookStep.ASK, self._offer_s, now)
            self._recognised_at = now

    def watch(self, seen: Observation, threshold: float, now: float) -> None:
        """Note whether the member is still there while they are asked."""
        if self._proposal is None or seen.embedding is None:
            return
        match = self._gallery.verify(seen.embedding, self._proposal.person_id)
        if match is not None and match.distance <= threshold:
            self._recognised_at = now

    def answer(self, yes: bool, now: float) -> int | None:
        """Take the answer; return whose look was stored, ``None`` if nothing was."""
        proposal = self._proposal
        if proposal is None or self._looks is None or not self._asks_at(now):
            return None
        self.end()
        try:
            if not yes:
                self._looks.declined(proposal)
                return None
            if now - self._recognised_at > PRESENT_S:
                log.info("a look was not kept: its owner had left before the yes")
                self._show(LookStep.NOT_KEPT, RESULT_S, now)
                return None
            self._looks.keep(proposal)
        except Exception as error:
            _note("a look was not kept", error)
            self._show(LookStep.NOT_KEPT, RESULT_S, now)
            return None
        self._show(LookStep.KEPT, RESULT_S, now)
        return proposal.person_id

    def end(self) -> None:
        """Ask no more: the member has left, or the time is up. Nothing is kept."""
        self._proposal = None
        self._step = None

    def view(self, now: float) -> LookView | None:
        """What the screen shows of the question, or of what became of it."""
        if self._step is None or now >= self._until:
            return None
        count = len(self._proposal.templates) if self._proposal is not None else 0
        return LookView(self._step, self._until - now, self._duration, count)

    def _asks_at(self, now: float) -> bool:
        return self._step is LookStep.ASK and now < self._until

    def _show(self, step: LookStep, seconds: float, now: float) -> None:
        self._step = step
        self._until = now + seconds
        self._duration = seconds


def _note(what: str, error: Exception) -> None:
    """Log ``error``, with its traceback where it is not one of ours."""
    log.warning("%s: %s", what, error, exc_info=not isinstance(error, KioskError))
