"""Many frames, one answer: k of the n compared frames of the last second of one track must agree.

Pure: times are handed in, nothing is read from a clock.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, replace
from statistics import median

from kiosk.config import RecognitionConfig
from kiosk.types import Match, Reason, Verdict


@dataclass(frozen=True, slots=True)
class Rule:
    """When frames agree; see ``RecognitionConfig`` for the meaning of each number."""

    threshold: float
    margin: float = 0.05
    votes: int = 4
    window_s: float = 1.0
    agreement: float = 0.7
    min_span_s: float = 0.25
    patience_s: float = 4.0

    @classmethod
    def of(cls, config: RecognitionConfig, default_threshold: float) -> Rule:
        """The rule of ``config``; its threshold 0 means the embedder's own, until one is derived."""
        return cls(
            threshold=config.threshold or default_threshold,
            margin=config.margin,
            votes=config.votes,
            window_s=config.window_s,
            agreement=config.agreement,
            min_span_s=config.min_span_s,
            patience_s=config.patience_s,
        )

    def supports(self, match: Match) -> bool:
        """Whether one frame speaks for ``match.person_id``: near enough, and nobody else nearly as near."""
        return match.distance <= self.threshold and not self.ambiguous(match)

    def ambiguous(self, match: Match) -> bool:
        """Whether a second person is within the margin of a near one."""
        return match.distance <= self.threshold and match.runner_up_distance - match.distance < self.margin


class Consensus:
    """Collects the comparisons of one track and answers once; ``reset`` begins another track."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.reset()

    def set_threshold(self, threshold: float) -> None:
        """Decide at another distance from now on; votes given so far are forgotten."""
        self.rule = replace(self.rule, threshold=threshold)
        self.reset()

    def reset(self) -> None:
        """Forget everything: another person may be standing there."""
        self._recent: deque[tuple[float, Match]] = deque()
        self._compared = 0
        self._began: float | None = None

    def add(self, now: float, match: Match) -> None:
        """One more compared frame of this track, at ``now`` seconds."""
        if self._began is None:
            self._began = now
        self._compared += 1
        self._recent.append((now, match))
        fewest = self.rule.votes + self.rule.votes // 2  # a machine that manages few frames a second needs longer
        while len(self._recent) > fewest and now - self._recent[0][0] > self.rule.window_s:
            self._recent.popleft()

    def supports(self, match: Match) -> bool:
        """Whether one frame speaks for ``match.person_id``."""
        return self.rule.supports(match)

    @property
    def votes(self) -> int:
        """Frames in the window that speak for the person with the most."""
        return max(self._tally().values(), default=0)

    def verdict(self, now: float) -> Verdict | None:
        """``MATCH``, ``UNKNOWN`` or ``AMBIGUOUS`` once the frames allow an answer, else ``None``."""
        tally = self._tally()
        if len(tally) == 1:
            person, votes = next(iter(tally.items()))
            enough = votes >= self.rule.votes and votes >= self.rule.agreement * len(self._recent)
            if enough and self._span(person) >= self.rule.min_span_s:
                return self._answer(Reason.MATCH, person, votes)
        if self._began is None:
            return None
        waited = now - self._began
        out_of_patience = waited >= self.rule.patience_s and self._compared >= self.rule.votes
        if out_of_patience or self._clearly_nobody(waited, tally):
            return self._refusal()
        return None

    def _tally(self) -> Counter[int]:
        return Counter(match.person_id for _, match in self._recent if self.rule.supports(match))

    def _span(self, person_id: int) -> float:
        times = [at for at, match in self._recent if match.person_id == person_id and self.rule.supports(match)]
        return times[-1] - times[0]

    def _clearly_nobody(self, waited: float, tally: Counter[int]) -> bool:
        """A third of the patience without a single vote is an answer already."""
        far = all(match.distance > self.rule.threshold for _, match in self._recent)
        return not tally and far and self._compared >= 3 * self.rule.votes and waited >= self.rule.patience_s / 3

    def _refusal(self) -> Verdict:
        doubtful = sum(self.rule.ambiguous(match) for _, match in self._recent)
        reason = Reason.AMBIGUOUS if 2 * doubtful >= len(self._recent) else Reason.UNKNOWN
        nearest = min(self._recent, key=lambda entry: entry[1].distance)[1].person_id
        return self._answer(reason, nearest, 0)

    def _answer(self, reason: Reason, person_id: int, votes: int) -> Verdict:
        counted = [m for _, m in self._recent if reason is not Reason.MATCH or m.person_id == person_id]
        runner_up = median(match.runner_up_distance for match in counted)
        return Verdict(
            reason=reason,
            person_id=person_id,
            distance=median(match.distance for match in counted),
            runner_up=None if runner_up == float("inf") else runner_up,
            frames=self._compared,
            votes=votes,
        )
