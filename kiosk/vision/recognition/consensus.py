"""Many frames, one answer: k of the n frames compared in the last second of a track must agree.

Pure: times are passed in, no clock is read. Times count in whole milliseconds and distances in
single precision, as the gallery computes them, so that the trace of a verdict
(``kiosk.core.voting_trace``) holds exactly what it was made of.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import replace
from statistics import median

import numpy as np

from kiosk.core.decisions import Reason, Verdict
from kiosk.core.templates import Match
from kiosk.core.voting_trace import VotingRule as VotingRule
from kiosk.core.voting_trace import pack


class Consensus:
    """Collects the comparisons of one track and answers once; ``reset`` begins another."""

    def __init__(self, rule: VotingRule) -> None:
        self.rule = rule
        self.reset()

    def reset(self, threshold: float | None = None) -> None:
        """Begin another track, judged at ``threshold`` if given: the person may be another one."""
        if threshold is not None:
            self.rule = replace(self.rule, threshold=threshold)
        self._recent: deque[tuple[int, Match]] = deque()
        self._all: list[tuple[int, Match]] = []

    def add(self, now: float, match: Match) -> None:
        """Add a compared frame of this track, at ``now`` seconds.

        A clock that went back begins another track.
        """
        at = milliseconds(now)
        if self._all and at < self._all[-1][0]:
            self.reset()
        self.take(
            at,
            Match(
                match.person_id,
                _single(match.distance),
                match.runner_up_id,
                _single(match.runner_up_distance),
            ),
        )

    def take(self, at: int, match: Match) -> None:
        """Add a frame at ``at`` milliseconds with distances in single precision, as in a trace."""
        self._all.append((at, match))
        self._recent.append((at, match))
        # a machine that processes few frames a second needs a longer window
        fewest = self.rule.votes + self.rule.votes // 2
        window = milliseconds(self.rule.window_s)
        while len(self._recent) > fewest and at - self._recent[0][0] > window:
            self._recent.popleft()

    def supports(self, match: Match) -> bool:
        """Return whether one frame speaks for ``match.person_id``."""
        return self.rule.supports(match)

    @property
    def votes(self) -> int:
        """Frames in the window that speak for the person with the most votes."""
        return max(self._tally().values(), default=0)

    def verdict(self, now: float) -> Verdict | None:
        """Return ``MATCH``, ``UNKNOWN`` or ``AMBIGUOUS``; ``None`` while more frames are needed."""
        return self.answer_at(milliseconds(now))

    def answer_at(self, at: int) -> Verdict | None:
        """Return the verdict at whole milliseconds."""
        tally = self._tally()
        if len(tally) == 1:
            person, votes = next(iter(tally.items()))
            enough = votes >= self.rule.votes and votes >= self.rule.agreement * len(self._recent)
            if enough and self._span(person) >= milliseconds(self.rule.min_span_s):
                return self._answer(Reason.MATCH, person, votes)
        if not self._all:
            return None
        waited = at - self._all[0][0]
        patience = milliseconds(self.rule.patience_s)
        out_of_patience = waited >= patience and len(self._all) >= self.rule.votes
        if out_of_patience or self._clearly_nobody(3 * waited >= patience, tally):
            return self._refusal()
        return None

    def _tally(self) -> Counter[int]:
        return Counter(match.person_id for _, match in self._recent if self.rule.supports(match))

    def _span(self, person_id: int) -> int:
        times = [
            at
            for at, match in self._recent
            if match.person_id == person_id and self.rule.supports(match)
        ]
        return times[-1] - times[0]

    def _clearly_nobody(self, waited: bool, tally: Counter[int]) -> bool:
        """A third of the patience without a single vote is an answer."""
        far = all(match.distance > self.rule.threshold for _, match in self._recent)
        return waited and not tally and far and len(self._all) >= 3 * self.rule.votes

    def _refusal(self) -> Verdict:
        doubtful = sum(self.rule.ambiguous(match) for _, match in self._recent)
        reason = Reason.AMBIGUOUS if 2 * doubtful >= len(self._recent) else Reason.UNKNOWN
        nearest = min(self._recent, key=lambda entry: entry[1].distance)[1].person_id
        return self._answer(reason, nearest, 0)

    def _answer(self, reason: Reason, person_id: int, votes: int) -> Verdict:
        counted = [
            m for _, m in self._recent if reason is not Reason.MATCH or m.person_id == person_id
        ]
        runner_up = median(match.runner_up_distance for match in counted)
        return Verdict(
            reason=reason,
            person_id=person_id,
            distance=median(match.distance for match in counted),
            runner_up=None if runner_up == float("inf") else runner_up,
            frames=len(self._all),
            votes=votes,
            trace=pack(self.rule, self._all),
        )


def milliseconds(seconds: float) -> int:
    """Return whole milliseconds."""
    return round(seconds * 1000)


def _single(distance: float) -> float:
    return float(np.float32(distance))
