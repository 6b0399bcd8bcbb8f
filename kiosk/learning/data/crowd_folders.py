"""Folders that hold pictures of many people under one name, such as ``others``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from kiosk.core.errors import LearningError
from kiosk.learning.data.face_folders import Picture

ONE_PERSON = "none"
"""Value of ``--others``: no folder is one of many people, whatever its name."""

NAMES = frozenset(
    (
        *("others", "other", "strangers", "stranger", "impostors", "impostor", "negatives"),
        *("negative", "unknown", "unknowns", "everybody", "people", "misc", "rest"),
        *("타인", "기타", "나머지", "다른사람", "모르는사람"),
    )
)
"""Names of folders that say so, in lower case, without spaces and underscores."""


def told_apart(pictures: Sequence[Picture], others: str) -> list[Picture]:
    """Return the pictures with each one of the folder ``others`` as a person of its own.

    Raises ``LearningError`` if there is no such folder, or if none was named and a folder's name
    says that it holds pictures of many people.
    """
    count = Counter(picture.person for picture in pictures)
    if others == ONE_PERSON:
        return list(pictures)
    if not others:
        if crowd := next((name for name in count if _is_crowd(name) and count[name] > 1), ""):
            raise LearningError(
                f"The folder {crowd} has the name of many people; say --others {crowd} to take "
                f"each of its {count[crowd]} pictures as another person, or --others {ONE_PERSON} "
                "if all show one."
            )
        return list(pictures)
    if others not in count:
        raise LearningError(
            f"There is no folder {others} with pictures; --others names one, such as "
            f"{next(iter(count))}."
        )
    return [
        replace(p, person=p.path.replace("/", ":")) if p.person == others else p for p in pictures
    ]


def _is_crowd(person: str) -> bool:
    return person.rpartition("/")[2].casefold().replace(" ", "").replace("_", "") in NAMES
