"""Pictures of people by session: who is enrolled from which, who comes, and who is a stranger."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from kiosk.vision.recognition.threshold_calibration import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class SessionFaces:
    """Embedded pictures: ``vectors`` (n, dimension) and the person and session of each, (n,)."""

    vectors: Floats
    people: NDArray[np.str_]
    sessions: NDArray[np.str_]

    def __post_init__(self) -> None:
        if not len(self.vectors) == len(self.people) == len(self.sessions):
            raise ValueError("one person and one session for each vector")

    @property
    def names(self) -> list[str]:
        """The people, sorted."""
        return [str(name) for name in np.unique(self.people)]

    def sessions_of(self, person: str) -> list[str]:
        """Return the names of a person's sessions, sorted."""
        return [str(name) for name in np.unique(self.sessions[self.people == person])]

    def of(self, person: str, session: str | None = None) -> Floats:
        """Return (m, dimension) of a person, or of one session of theirs, in the files' order."""
        mine = self.people == person
        if session is not None:
            mine &= self.sessions == session
        return np.asarray(self.vectors[mine], np.float64)

    @classmethod
    def none(cls, dimension: int) -> SessionFaces:
        """Return no faces."""
        return cls(np.zeros((0, dimension)), np.zeros(0, np.str_), np.zeros(0, np.str_))


@dataclass(frozen=True, slots=True)
class Trial:
    """``person``, enrolled in the sessions ``enrolled``, comes in the session ``comes``."""

    person: str
    enrolled: tuple[str, ...]
    comes: str


def trials_of(faces: SessionFaces) -> list[Trial]:
    """Return every ordered pair of a person's sessions, and every pair with every third."""
    found = []
    for person in faces.names:
        sessions = faces.sessions_of(person)
        found += [Trial(person, (one,), other) for one, other in permutations(sessions, 2)]
        found += [
            Trial(person, pair, other)
            for pair in combinations(sessions, 2)
            for other in sessions
            if other not in pair
        ]
    return found


def templates_of(faces: SessionFaces, trial: Trial, most: int) -> Floats:
    """Return at most ``most`` enrolled pictures, spread evenly over each enrolled session."""
    chosen = []
    for number, session in enumerate(trial.enrolled):
        share = max(1, (most + number) // len(trial.enrolled))
        own = faces.of(trial.person, session)
        chosen.append(own[np.linspace(0, len(own) - 1, min(share, len(own))).round().astype(int)])
    return np.concatenate(chosen)


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """A collection of which half of the people may be enrolled, and the others are strangers.

    ``vectors`` (n, dimension), ``who`` (n,): templates of the people who may be enrolled, numbered
    from 1 in the order in which they fill the gallery; ``strangers``: pictures of the others.
    """

    vectors: Floats
    who: Ints
    strangers: SessionFaces

    @classmethod
    def drawn(cls, others: SessionFaces, templates: int, seed: int) -> Crowd:
        """Draw the half; each person is enrolled with at most ``templates`` pictures."""
        names = np.random.default_rng(seed).permutation(np.unique(others.people))
        half = len(names) // 2
        chosen = [np.flatnonzero(others.people == name)[:templates] for name in names[:half]]
        who = np.repeat(np.arange(1, half + 1), [len(rows) for rows in chosen])
        rows = np.concatenate(chosen) if chosen else np.zeros(0, np.int64)
        coming = np.isin(others.people, names[half:])
        return cls(
            others.vectors[rows],
            who.astype(np.int64),
            SessionFaces(others.vectors[coming], others.people[coming], others.sessions[coming]),
        )

    @property
    def people(self) -> int:
        """People who may be enrolled."""
        return int(self.who[-1]) if len(self.who) else 0
