"""Comparison protocols: a list of pairs, or all pairs of a folder of people."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import LearningError
from kiosk.learning.data.face_folders import Picture, group_of
from kiosk.learning.evaluation.verification_metrics import Bools, Floats, Ints

COLUMNS = ("first", "second", "same")
FOLD = "fold"
MOST_PAIRS = 500_000
"""Most pairs of one kind; beyond that a seeded sample is drawn."""

DRAWN_FOLDS = 10
_ENUMERATED = 4000
"""Up to this many pictures all pairs are listed before a sample is drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class PairList:
    """Pairs of pictures: indices ``first`` and ``second`` (n,) into a list, ``same`` (n,), optional
    ``folds`` (n,).
    """

    first: Ints
    second: Ints
    same: Bools
    folds: Ints | None = None

    def __len__(self) -> int:
        return len(self.same)

    def among(self, kept: Sequence[int]) -> PairList:
        """Return the pairs with both pictures in ``kept``, with indices into that list."""
        size = int(max(self.first.max(), self.second.max(), max(kept, default=0))) + 1
        place = np.full(size, -1, np.int64)
        place[np.asarray(kept, np.int64)] = np.arange(len(kept))
        first = place[self.first]
        second = place[self.second]
        good = (first >= 0) & (second >= 0)
        return PairList(
            first[good],
            second[good],
            self.same[good],
            None if self.folds is None else self.folds[good],
        )


def with_folds(pairs: PairList, seed: int) -> PairList:
    """Return ``pairs`` with their folds, or with ``DRAWN_FOLDS`` drawn by ``seed``, stratified by
    kind.

    No folds are made if a fold would have fewer than two pairs of a kind.
    """
    genuine = int(pairs.same.sum())
    if pairs.folds is not None or min(genuine, len(pairs) - genuine) < 2 * DRAWN_FOLDS:
        return pairs
    rng = np.random.default_rng(seed)
    folds = np.empty(len(pairs), np.int64)
    for kind in (True, False):
        places = np.flatnonzero(pairs.same == kind)
        folds[rng.permutation(places)] = np.arange(len(places)) % DRAWN_FOLDS
    return replace(pairs, folds=folds)


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """Distances with everything that figures are made of.

    ``first``, ``second`` (n,): numbers of the people compared, from 0. ``groups``: for each group's
    name (n,) whether both people belong to it.
    """

    distances: Floats
    same: Bools
    first: Ints
    second: Ints
    folds: Ints | None
    groups: dict[str, Bools]

    def part(self, chosen: Bools) -> Comparisons:
        """Return the chosen comparisons with people renumbered, without folds and groups."""
        people = np.unique(np.concatenate([self.first[chosen], self.second[chosen]]))
        first, second = (np.searchsorted(people, who[chosen]) for who in (self.first, self.second))
        return Comparisons(self.distances[chosen], self.same[chosen], first, second, None, {})


def compare(
    vectors: NDArray[np.float32], pictures: Sequence[Picture], pairs: PairList
) -> Comparisons:
    """Return Euclidean distances of ``pairs`` of ``vectors`` (m, dimension), which belong to
    ``pictures``.
    """
    distances = np.empty(len(pairs), np.float64)
    for start in range(0, len(pairs), 1 << 16):
        piece = slice(start, start + (1 << 16))
        distances[piece] = np.linalg.norm(
            vectors[pairs.first[piece]] - vectors[pairs.second[piece]], axis=1
        )
    people, number = np.unique([p.person for p in pictures], return_inverse=True)
    first = number[pairs.first]
    second = number[pairs.second]
    return Comparisons(
        distances,
        pairs.same,
        first,
        second,
        pairs.folds,
        grouped([str(p) for p in people], first, second),
    )


def grouped(people: Sequence[str], first: Ints, second: Ints) -> dict[str, Bools]:
    """Return, for each group, which comparisons lie within it.

    ``first`` and ``second`` index ``people``.
    """
    names = [group_of(person) for person in people]
    group = np.array(names, dtype=object)
    return {
        name: (group[first] == name) & (group[second] == name) for name in sorted(set(names) - {""})
    }


def read_pairs(file: Path, root: Path) -> tuple[list[Picture], PairList]:
    """Read the sorted pictures named in ``file`` and its pairs; ``LearningError`` for anything
    wrong in it.

    A CSV file in UTF-8 with the columns ``first,second,same`` and optionally ``fold``: picture
    paths relative to ``root`` with forward slashes, 1 for the same person or 0, a whole number.
    """
    rows = _rows(file)
    paths = sorted({row[key] for row in rows for key in COLUMNS[:2]})
    _all_there(file, root, paths)
    place = {path: i for i, path in enumerate(paths)}
    first, second = (np.array([place[row[key]] for row in rows], np.int64) for key in COLUMNS[:2])
    same = np.array([row["same"] == "1" for row in rows])
    if same.all() or not same.any():
        raise LearningError(
            f"{file} lists only pairs {'of one person' if same.all() else 'of different people'}; "
            "add some of the other kind."
        )
    folds = np.array([int(row[FOLD]) for row in rows], np.int64) if FOLD in rows[0] else None
    pairs = PairList(first, second, same, folds)
    return [
        Picture(path, person) for path, person in zip(paths, _people(paths, pairs), strict=True)
    ], pairs


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            names = [name.strip() for name in reader.fieldnames or ()]
            if sorted(names) not in (sorted(COLUMNS), sorted((*COLUMNS, FOLD))):
                raise LearningError(
                    f"{file} has the columns {', '.join(names) or '(none)'}; it needs first, "
                    "second, same and may have fold."
                )
            reader.fieldnames = names
            rows = [_checked(file, reader.line_num, row) for row in reader]
    except OSError as error:
        raise LearningError(
            f"{file} cannot be read ({error.strerror}); name a CSV file with --pairs."
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise LearningError(
            f"{file} is not a CSV file in UTF-8 ({error}); save it as one."
        ) from None
    if not rows:
        raise LearningError(
            f"{file} lists no pairs; write one a line below the names of the columns."
        )
    return rows


def _checked(file: Path, line: int, row: dict[str | None, str | None]) -> dict[str, str]:
    def wrong(what: str) -> LearningError:
        return LearningError(f"{file}, line {line}: {what}.")

    if None in row or None in row.values():
        raise wrong(f"it must have {len(row) - (None in row)} values")
    values = {str(key): str(value).strip() for key, value in row.items()}
    if values["same"] not in ("0", "1"):
        raise wrong(
            f"same is {values['same']!r}; write 1 for the same person and 0 for different people"
        )
    for key in COLUMNS[:2]:
        path = PurePosixPath(values[key])
        if not values[key] or path.is_absolute() or ".." in path.parts:
            raise wrong(f"{key} is {values[key]!r}; write a path below the folder of pictures")
        values[key] = str(path)
    if values["first"] == values["second"]:
        raise wrong("it compares a picture with itself; name two pictures")
    if FOLD in values and not values[FOLD].removeprefix("-").isdecimal():
        raise wrong(f"fold is {values[FOLD]!r}; write a whole number")
    return values


def _all_there(file: Path, root: Path, paths: list[str]) -> None:
    if not root.is_dir():
        raise LearningError(
            f"There is no folder {root}; give the one that the paths in {file} begin in."
        )
    missing = [path for path in paths if not (root / path).is_file()]
    if missing:
        more = f" and {len(missing) - 1} more pictures" if len(missing) > 1 else ""
        raise LearningError(
            f"{file} names {missing[0]}{more}, which {'are' if more else 'is'} not in {root}; "
            "correct the list or the folder."
        )


def _people(paths: list[str], pairs: PairList) -> list[str]:
    """Return the person of each picture: its folder if that agrees with the list, else linked by
    ``same``.
    """
    folders = [str(PurePosixPath(path).parent) for path in paths]
    number = np.unique(folders, return_inverse=True)[1]
    if np.array_equal(number[pairs.first] == number[pairs.second], pairs.same):
        return folders
    head = list(range(len(paths)))

    def top(i: int) -> int:
        while head[i] != i:
            head[i] = i = head[head[i]]
        return i

    for a, b in zip(pairs.first[pairs.same], pairs.second[pairs.same], strict=True):
        head[top(int(b))] = top(int(a))
    return [f"person {top(i)}" for i in range(len(paths))]


def check_people(pictures: Sequence[Picture], root: Path) -> None:
    """Raise ``LearningError`` unless both kinds of pair can be made."""
    people = [p.person for p in pictures]
    if len(set(people)) < 2:
        raise LearningError(
            f"{root} holds pictures of one person only ({people[0] if people else 'nobody'}); add "
            "a folder for somebody else."
        )
    if len(set(people)) == len(people):
        raise LearningError(
            f"Nobody in {root} has two pictures, so nobody can be compared with themselves; add a "
            "second picture of somebody."
        )


def all_pairs(people: Sequence[str], limit: int | None = MOST_PAIRS, seed: int = 0) -> PairList:
    """Return all pairs, genuine first; at most ``limit`` of a kind, drawn by ``seed``."""
    names, who = np.unique(np.asarray(people), return_inverse=True)
    rng = np.random.default_rng(seed)
    genuine = np.concatenate([_within(np.flatnonzero(who == i)) for i in range(len(names))])
    genuine = _sampled(genuine, limit, rng)
    impostor = _across(who, len(genuine), limit, rng)
    both = np.concatenate([genuine, impostor])
    return PairList(both[:, 0], both[:, 1], np.arange(len(both)) < len(genuine))


def _within(places: Ints) -> Ints:
    """Return (k, 2) all pairs of ``places``."""
    first, second = np.triu_indices(len(places), 1)
    return np.stack([places[first], places[second]], axis=1)


def _across(who: Ints, genuine: int, limit: int | None, rng: np.random.Generator) -> Ints:
    """Return (k, 2) pairs of different people."""
    n = len(who)
    if limit is None or n <= _ENUMERATED or n * (n - 1) // 2 - genuine <= 4 * limit:
        rows = [np.flatnonzero(who[i + 1 :] != who[i]) + i + 1 for i in range(n)]
        first = np.repeat(np.arange(n), [len(row) for row in rows])
        return _sampled(
            np.stack([first, np.concatenate(rows)], axis=1) if n else np.zeros((0, 2), np.int64),
            limit,
            rng,
        )
    found = np.zeros(0, np.int64)
    while len(found) < limit:
        pair = np.sort(rng.integers(n, size=(limit, 2)), axis=1)
        pair = pair[who[pair[:, 0]] != who[pair[:, 1]]]
        found = np.unique(np.concatenate([found, pair[:, 0] * n + pair[:, 1]]))
    kept = np.sort(rng.permutation(found)[:limit])
    return np.stack([kept // n, kept % n], axis=1)


def _sampled(pairs: Ints, limit: int | None, rng: np.random.Generator) -> Ints:
    if limit is None or len(pairs) <= limit:
        return pairs
    return pairs[np.sort(rng.choice(len(pairs), limit, replace=False))]
