"""Enrolment from pictures or a clip, with the checks of a guided enrolment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kiosk.core.errors import EnrolError
from kiosk.core.frames import Frame, Observation, QualityIssue
from kiosk.core.masking import masked
from kiosk.core.people import Person
from kiosk.core.ports import GalleryPort, PeoplePort, PipelinePort
from kiosk.core.rights import Actor, Right, require
from kiosk.core.templates import Template, Vector

MAX_TEMPLATES = 8

NO_FACE = "no_face"

ADVICE = {
    NO_FACE: "no face was found: take others, close and well lit",
    QualityIssue.SEVERAL_FACES: "take others that show this person alone",
    QualityIssue.CUT_OFF: "the face is cut off: take others that show all of it",
    QualityIssue.TOO_SMALL: "the face is too small: take others from nearby",
    QualityIssue.TOO_CLOSE: "the face is too close: take others from farther away",
    QualityIssue.OFF_CENTRE: "take others with the face in the middle",
    QualityIssue.TURNED_AWAY: "take others that look into the camera",
    QualityIssue.TILTED: "turn the pictures upright",
    QualityIssue.TOO_DARK: "the face is too dark: take others in more light",
    QualityIssue.TOO_BRIGHT: "the face is too bright: take others in less light",
    QualityIssue.BLURRED: "the face is blurred: take sharper ones",
}
"""What to do about pictures that cannot be used, by the commonest reason."""


class PersonNamesPort(Protocol):
    """Enrolled people by id."""

    def get(self, person_id: int) -> Person | None: ...


@dataclass(frozen=True, slots=True)
class PictureReport:
    """Numbers of pictures read, of pictures with a usable face, and of templates kept."""

    person: Person
    pictures: int
    usable: int
    kept: int
    self_distance: float


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """Templates chosen from pictures, not yet stored.

    ``self_distance``: median distance of the pictures to the nearest template made from another
    picture; ``inf`` for a single picture.
    """

    templates: tuple[Template, ...]
    pictures: int
    usable: int
    self_distance: float


class PictureExaminer:
    """Chooses varied templates from pictures of one person; refuses pictures of several people."""

    def __init__(
        self,
        pipeline: PipelinePort,
        gallery: GalleryPort,
        people: PersonNamesPort,
        threshold: float,
    ) -> None:
        self._pipeline = pipeline
        self._gallery = gallery
        self._people = people
        self.threshold = threshold

    def examine(
        self,
        person: Person,
        frames: Iterable[Frame],
        *,
        allow_known: bool = False,
        min_usable: int = 2,
        progress: Callable[[int], None] = lambda done: None,
    ) -> Examined:
        """Choose up to ``MAX_TEMPLATES`` templates of ``person`` from ``frames``.

        Raises ``EnrolError`` if fewer than ``min_usable`` pictures show one good face, if they do
        not all show the same person, or if an enrolled person looks like this one (unless
        ``allow_known``).
        """
        vectors: list[Vector] = []
        refused: Counter[str] = Counter()
        pictures = 0
        for frame in frames:
            pictures += 1
            progress(pictures)
            seen = self._pipeline.observe(frame)
            if seen.embedding is not None:
                vectors.append(seen.embedding)
            else:
                refused[_reason(seen)] += 1
        self._check_enough(vectors, refused, min_usable)
        kept = self._varied(self._without_outliers(vectors))
        self_distance = self._self_distance(vectors, kept)
        if not allow_known:
            self._check_unknown(person, kept)
        return Examined(
            tuple(Template(0, self._pipeline.info.id, vector, "picture") for vector in kept),
            pictures,
            len(vectors),
            self_distance,
        )

    @staticmethod
    def _check_enough(vectors: list[Vector], refused: Counter[str], min_usable: int) -> None:
        """Raise ``EnrolError`` with the commonest reason unless enough pictures can be used."""
        if len(vectors) >= min_usable:
            return
        pictures = len(vectors) + refused.total()
        ((reason, _),) = refused.most_common(1) or [("", 0)]
        advice = "take more" if not reason else ADVICE[reason]
        raise EnrolError(
            f"Only {len(vectors)} of {pictures} pictures can be used, and "
            f"{'two are' if min_usable == 2 else 'one is'} needed; {advice}.",
            key=f"import.error.photo_{reason or 'poor'}",
            usable=len(vectors),
            pictures=pictures,
        )

    def _without_outliers(self, vectors: list[Vector]) -> list[Vector]:
        """Return the vectors near the medoid; raise if more than a third are far from it."""
        matrix = np.stack(vectors)
        medoid = matrix[int(np.argmin(_pairwise(matrix).sum(axis=1)))]
        near = [v for v in vectors if float(np.linalg.norm(v - medoid)) <= self.threshold]
        if 3 * len(near) < 2 * len(vectors):
            raise EnrolError(
                "These pictures show more than one person; keep only this person's and try again.",
                key="import.error.photo_several",
            )
        return near

    @staticmethod
    def _varied(vectors: list[Vector]) -> list[Vector]:
        """Farthest-point sampling: each next template is the one farthest from those kept."""
        matrix = np.stack(vectors)
        kept = [int(np.argmin(_pairwise(matrix).sum(axis=1)))]
        nearest = np.linalg.norm(matrix - matrix[kept[0]], axis=1)
        while len(kept) < min(MAX_TEMPLATES, len(vectors)):
            kept.append(int(np.argmax(nearest)))
            nearest = np.minimum(nearest, np.linalg.norm(matrix - matrix[kept[-1]], axis=1))
        return [vectors[i] for i in kept]

    @staticmethod
    def _self_distance(vectors: list[Vector], kept: list[Vector]) -> float:
        """Median distance of a picture to the nearest template made from another picture."""
        distances = np.linalg.norm(np.stack(vectors)[:, None] - np.stack(kept)[None], axis=2)
        distances[[[vector is template for template in kept] for vector in vectors]] = np.inf
        return float(np.median(distances.min(axis=1)))

    def _check_unknown(self, person: Person, kept: list[Vector]) -> None:
        for vector in kept:
            match = self._gallery.search(vector)
            if (
                match is not None
                and match.distance <= self.threshold
                and match.person_id != person.id
            ):
                known = self._people.get(match.person_id)
                name = known.name if known else "somebody"
                raise EnrolError(
                    f"This face is enrolled already as {name} (distance {match.distance:.2f}); "
                    "use --allow-known if they are two people who look alike.",
                    key="import.error.photo_known",
                    name=masked(name),
                    distance=f"{match.distance:.2f}",
                )


class PictureEnrolment(PictureExaminer):
    """Examines pictures and stores person and templates in one transaction."""

    def __init__(
        self, pipeline: PipelinePort, gallery: GalleryPort, people: PeoplePort, threshold: float
    ) -> None:
        super().__init__(pipeline, gallery, people, threshold)
        self._store = people

    def enrol(
        self,
        actor: Actor,
        person: Person,
        frames: Iterable[Frame],
        *,
        allow_known: bool = False,
        progress: Callable[[int], None] = lambda done: None,
    ) -> PictureReport:
        """Store ``person`` with the templates of ``frames``; one with an id is enrolled again.

        Raises ``SignInError`` without the right to enrol, and ``EnrolError`` as ``examine`` does or
        if the student number is another person's. Nothing is stored then.
        """
        require(actor, Right.ENROL)
        owner = self._store.by_number(person.number)
        if owner is not None and owner.id != person.id:
            raise EnrolError(
                f"Student number {person.number} is enrolled already; delete that person first."
            )
        found = self.examine(person, frames, allow_known=allow_known, progress=progress)
        store = self._store.add_with_templates if person.id is None else self._store.enrol_again
        return PictureReport(
            store(person, found.templates, actor.name),
            found.pictures,
            found.usable,
            len(found.templates),
            found.self_distance,
        )


def _reason(seen: Observation) -> str:
    """Return why a picture cannot be used."""
    issues = () if seen.quality is None else seen.quality.issues
    return issues[0] if issues else NO_FACE


def _pairwise(
    matrix: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    squares = np.einsum("ij,ij->i", matrix, matrix)
    return np.asarray(
        np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * matrix @ matrix.T, 0)), np.float32
    )
