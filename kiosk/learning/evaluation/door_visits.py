"""Whole visits to the door, judged by its own vote: FAR and FRR of transactions, beside those of single comparisons.

A transaction is what the door answers once (ISO/IEC 19795-1): k of n frames of one track must agree (``vision.consensus``). Of
clips it is the clip. Of stills it is ``STILLS`` pictures of one person, a tenth of a second apart: years and rooms lie between such
pictures, so they agree less than frames of one second do. Members are refused more often than at a door, and of strangers
the frames repeat each other less, so fewer get in than a clip of a look-alike would show.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from kiosk.core.decisions import Reason
from kiosk.core.templates import Match
from kiosk.vision.recognition.consensus import Consensus, VotingRule

STILLS = 5
STILLS_APART_S = 0.1


def answer(times: Sequence[float], matches: Sequence[Match], rule: VotingRule) -> int | None:
    """Whom the door takes these frames for before it gives up, if anybody."""
    consensus = Consensus(rule)
    for at, match in zip(times, matches, strict=True):
        consensus.add(at, match)
        verdict = consensus.verdict(at)
        if verdict is not None:
            return verdict.person_id if verdict.reason is Reason.MATCH else None
    return None


def nearest_two(distances: NDArray[np.float64], people: NDArray[np.int64]) -> list[Match]:
    """The nearest and the second nearest of ``people`` (p,) for each row of ``distances`` (n, p), as the gallery says it."""
    first = distances.argmin(axis=1)
    rows = np.arange(len(distances))
    rest = distances.copy()
    rest[rows, first] = np.inf
    second = rest.min(axis=1, initial=np.inf)
    return [
        Match(int(people[first[i]]), float(distances[i, first[i]]), None, float(second[i]))
        for i in rows
    ]


def stills(who: NDArray[np.int64], least: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """(person, rows) of each visit, as many as everybody's pictures make; ``who`` (n,): whose each row is.

    Fewer than ``least`` pictures, the votes that the door asks for, are no visit.
    """
    for person in np.unique(who):
        rows = np.flatnonzero(who == person)
        for begin in range(0, len(rows), STILLS):
            part = rows[begin : begin + STILLS]
            if len(part) >= least:
                yield int(person), part
