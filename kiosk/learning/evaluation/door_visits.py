"""Whole visits judged by the door's own vote: FAR and FRR of transactions.

A transaction is one answer of the door (ISO/IEC 19795-1): k of n frames of one track must agree
(``vision.recognition.consensus``). A clip is one transaction. Of stills it is ``STILLS`` pictures
of one person, a tenth of a second apart. Years and rooms lie between stills, so they agree less
than frames of one second: members are refused more often than at a door, and strangers are accepted
less often than a clip of a look-alike would be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from kiosk.core.decisions import Reason
from kiosk.core.templates import Match
from kiosk.core.track_embedding import TrackEmbedding
from kiosk.vision.recognition.consensus import Consensus, VotingRule
from kiosk.vision.recognition.threshold_calibration import distances

STILLS = 5
STILLS_APART_S = 0.1


def answer(times: Sequence[float], matches: Sequence[Match], rule: VotingRule) -> int | None:
    """Return the person that the door takes these frames for before it gives up, if any."""
    consensus = Consensus(rule)
    for at, match in zip(times, matches, strict=True):
        consensus.add(at, match)
        verdict = consensus.verdict(at)
        if verdict is not None:
            return verdict.person_id if verdict.reason is Reason.MATCH else None
    return None


def answer_to_stills(matches: Sequence[Match], rule: VotingRule) -> int | None:
    """Return what ``answer`` returns for pictures ``STILLS_APART_S`` apart."""
    return answer([number * STILLS_APART_S for number in range(len(matches))], matches, rule)


def probes(vectors: NDArray[np.floating], apart_s: float, alike: float) -> NDArray[np.float64]:
    """Return (n, dimension): what the door compares for each of the ``vectors`` (n, dimension) of
    one visit, ``apart_s`` seconds apart; ``alike``: the network's own threshold.
    """
    track = TrackEmbedding(alike)
    single = np.asarray(vectors, np.float32)
    found = [track.add(vector, number * apart_s) for number, vector in enumerate(single)]
    return np.asarray(found, np.float64).reshape(single.shape)


def matches_of(
    vectors: NDArray[np.float64],
    gallery: NDArray[np.float64],
    people: NDArray[np.int64],
    alike: float,
) -> list[Match]:
    """Return what the gallery (p, dimension) of ``people`` (p,) answers to a visit of stills."""
    return nearest_two(distances(probes(vectors, STILLS_APART_S, alike), gallery), people)


def nearest_two(found: NDArray[np.float64], people: NDArray[np.int64]) -> list[Match]:
    """Return the nearest and second nearest of ``people`` (p,) for each row of the distances
    ``found`` (n, p), as the gallery does.
    """
    first = found.argmin(axis=1)
    rows = np.arange(len(found))
    rest = found.copy()
    rest[rows, first] = np.inf
    second = rest.min(axis=1, initial=np.inf)
    return [
        Match(int(people[first[i]]), float(found[i, first[i]]), None, float(second[i]))
        for i in rows
    ]


def stills(who: NDArray[np.int64], least: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Return (person, rows) of each visit that the pictures allow; ``who`` (n,): the person of each
    row.

    Fewer than ``least`` pictures (the votes that the door needs) make no visit.
    """
    for person in np.unique(who):
        rows = np.flatnonzero(who == person)
        for begin in range(0, len(rows), STILLS):
            part = rows[begin : begin + STILLS]
            if len(part) >= least:
                yield int(person), part
