"""The evidence of a decision in a few bytes: the voting rule and every comparison of the track.

The vote over a track (``vision.recognition.consensus``) depends on nothing but the rule and, for
each compared frame, its time, the nearest person, and the distances of the nearest and the second
nearest. The same frames through the same code with another threshold, margin or number of votes
therefore give exactly what the door would have decided. The vote itself uses whole milliseconds
and single precision, so nothing is lost in storage.

A trace holds no template, embedding or picture, and none can be derived from it: it has two
distances a frame.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kiosk.core.config import RecognitionConfig
from kiosk.core.errors import StorageError
from kiosk.core.templates import Match

VERSION = 1
MOST_FRAMES = 2000
"""Compared frames above which a track keeps no trace: more than a minute at 30 frames a second."""

_HEAD = struct.Struct("<BHddddddHH")
"""Version, votes, threshold, margin, agreement, window, span and patience in seconds, then the
number of people and of frames that follow."""
_FRAMES = np.dtype([("at", "<u4"), ("who", "<u2"), ("distance", "<f4"), ("runner_up", "<f4")])


@dataclass(frozen=True, slots=True)
class VotingRule:
    """When frames agree; see ``RecognitionConfig`` for the meaning of each number."""

    threshold: float
    margin: float = 0.05
    votes: int = 4
    window_s: float = 1.0
    agreement: float = 0.7
    min_span_s: float = 0.25
    patience_s: float = 4.0

    @classmethod
    def of(cls, config: RecognitionConfig, default_threshold: float) -> VotingRule:
        """Return the rule of ``config``.

        A threshold of 0 there means the embedder's own, until one is derived.
        """
        return cls(
            threshold=config.threshold or default_threshold,
            margin=config.margin,
            votes=config.votes,
            window_s=config.window_s,
            agreement=config.agreement,
            min_span_s=config.min_span_s,
            patience_s=config.unknown_after_s,
        )

    def supports(self, match: Match) -> bool:
        """Return whether one frame speaks for ``match.person_id``.

        It does if that person is near enough and no other is nearly as near.
        """
        return match.distance <= self.threshold and not self.ambiguous(match)

    def ambiguous(self, match: Match) -> bool:
        """Return whether a second person is within the margin of a near one."""
        return (
            match.distance <= self.threshold
            and match.runner_up_distance - match.distance < self.margin
        )


@dataclass(frozen=True, slots=True, eq=False)
class VotingTrace:
    """``rule`` and the n frames compared under it.

    ``at`` (n,) milliseconds since the first, non-decreasing; ``who`` (n,) id of the nearest person;
    ``distance`` and ``runner_up`` (n,) single precision, ``inf`` if there is no second person.
    """

    rule: VotingRule
    at: NDArray[np.int64]
    who: NDArray[np.int64]
    distance: NDArray[np.float32]
    runner_up: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.at)

    @property
    def matches(self) -> list[tuple[int, Match]]:
        """(milliseconds, comparison) of each frame, for the vote."""
        rows = zip(
            self.at.tolist(),
            self.who.tolist(),
            self.distance.tolist(),
            self.runner_up.tolist(),
            strict=True,
        )
        return [
            (at, Match(who, distance, None, runner_up)) for at, who, distance, runner_up in rows
        ]


def pack(rule: VotingRule, frames: list[tuple[int, Match]]) -> bytes:
    """Return the bytes of a trace; empty for no frames, or more than ``MOST_FRAMES``.

    ``frames``: (milliseconds on any clock, comparison), in order. Each person is written once, and
    14 bytes for each frame.
    """
    if not 0 < len(frames) <= MOST_FRAMES:
        return b""
    people = list(dict.fromkeys(match.person_id for _, match in frames))
    place = {person: number for number, person in enumerate(people)}
    rows = np.array(
        [
            (at - frames[0][0], place[m.person_id], m.distance, m.runner_up_distance)
            for at, m in frames
        ],
        _FRAMES,
    )
    head = _HEAD.pack(
        VERSION,
        rule.votes,
        rule.threshold,
        rule.margin,
        rule.agreement,
        rule.window_s,
        rule.min_span_s,
        rule.patience_s,
        len(people),
        len(frames),
    )
    return head + np.array(people, "<i8").tobytes() + rows.tobytes()


def unpack(content: bytes) -> VotingTrace:
    """Return the trace that ``pack`` wrote; raise ``StorageError`` for anything else."""
    try:
        version, votes, threshold, margin, agreement, window, span, patience, people, frames = (
            _HEAD.unpack_from(content)
        )
        if (
            version != VERSION
            or len(content) != _HEAD.size + 8 * people + _FRAMES.itemsize * frames
            or not frames
        ):
            raise ValueError(f"version {version}, {len(content)} bytes")
        ids = np.frombuffer(content, "<i8", people, _HEAD.size).astype(np.int64)
        rows = np.frombuffer(content, _FRAMES, frames, _HEAD.size + 8 * people)
        who = ids[rows["who"]]
    except (struct.error, ValueError, IndexError) as error:
        raise StorageError(
            f"The frames behind a decision are damaged ({error}); restore a backup.",
            key="error.storage_damaged",
        ) from None
    rule = VotingRule(threshold, margin, votes, window, agreement, span, patience)
    return VotingTrace(
        rule,
        rows["at"].astype(np.int64),
        who,
        rows["distance"].astype(np.float32),
        rows["runner_up"].astype(np.float32),
    )
