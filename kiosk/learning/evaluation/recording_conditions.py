"""conditions.toml: which sessions and pictures show which condition of the Korean biometric test.

    [enrolment]                       # frontal, neutral expression, even light
    sessions = ["monday"]
    [light]
    sessions = ["evening", "window"]
    [accessories]
    marks = ["g"]                     # 012g.jpg, kim-g.jpg
    [limits]
    fido-far = 0.0001                 # a limit that the page does not state, read by yourself

A mark stands at the end of a file's name, after a digit, a hyphen or an underscore. Without
``[enrolment]`` everything without a condition is enrolled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from kiosk.core.errors import LearningError
from kiosk.core.parsed_toml import read_toml, shown
from kiosk.learning.data.face_folders import Picture

FILE = "conditions.toml"
ENROLMENT = "enrolment"
CONDITIONS = ("light", "expression", "pose", "accessories")
LIMITS = "limits"
_KEYS = ("sessions", "marks")
_MARK = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class ConditionSigns:
    """The sessions and the marks of pictures that show one condition."""

    sessions: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()

    def holds(self, session: str, stem: str) -> bool:
        """Return whether a picture shows it; ``stem``: its file's name without the suffix."""
        return session in self.sessions or any(
            stem.endswith(mark) and re.search(r"[\d_-]$", stem.removesuffix(mark))
            for mark in self.marks
        )


@dataclass(frozen=True, slots=True)
class RecordingConditions:
    """What each picture shows.

    ``shown`` by condition, ``enrolment`` (``None``: what shows no condition), and ``limits`` (0..1)
    by the id of a bar, as a site read them.
    """

    shown: Mapping[str, ConditionSigns] = field(default_factory=dict)
    enrolment: ConditionSigns | None = None
    limits: Mapping[str, float] = field(default_factory=dict)

    def of(self, picture: Picture) -> frozenset[str]:
        """Return the conditions of a picture, or ``enrolment``; none if it is for neither."""
        session, stem = _place(picture)
        found = {name for name, part in self.shown.items() if part.holds(session, stem)}
        enrolled = not found if self.enrolment is None else self.enrolment.holds(session, stem)
        return frozenset(found or ({ENROLMENT} if enrolled else ()))


def _place(picture: Picture) -> tuple[str, str]:
    path = PurePosixPath(picture.path)
    return path.parent.name, path.stem


def read_conditions(root: Path, known_limits: tuple[str, ...] = ()) -> RecordingConditions:
    """Read ``root/conditions.toml``; without it nothing shows a condition.

    ``known_limits``: ids of bars that take a limit. Raise ``LearningError`` naming the first error.
    """
    file = root / FILE
    try:
        tables = read_toml(file)
    except FileNotFoundError:
        return RecordingConditions()
    except (OSError, ValueError) as error:
        raise LearningError(f"{file} cannot be read ({error}); correct or remove it.") from None
    for name, table in tables.items():
        if name not in (ENROLMENT, *CONDITIONS, LIMITS) or not isinstance(table, dict):
            raise LearningError(
                f"{file} has {shown(name)}; it may have the tables {ENROLMENT}, "
                f"{', '.join(CONDITIONS)} and {LIMITS}."
            )
    parts = {
        name: _part(file, name, tables[name]) for name in (ENROLMENT, *CONDITIONS) if name in tables
    }
    enrolment = parts.pop(ENROLMENT, None)
    return RecordingConditions(
        parts, enrolment, _limits(file, tables.get(LIMITS, {}), known_limits)
    )


def _part(file: Path, name: str, table: dict[str, Any]) -> ConditionSigns:
    for key, value in table.items():
        if key not in _KEYS or not (
            isinstance(value, list) and all(isinstance(one, str) and one for one in value)
        ):
            raise LearningError(
                f"{file}: {name}.{shown(key)} is {shown(value)}; write sessions or marks, each a "
                "list of texts."
            )
    marks = frozenset(table.get("marks", ()))
    if wrong := sorted(mark for mark in marks if not _MARK.fullmatch(mark)):
        raise LearningError(f"{file}: the mark {shown(wrong[0])} in {name} must be letters only.")
    found = ConditionSigns(frozenset(table.get("sessions", ())), marks)
    if not found.sessions and not found.marks:
        raise LearningError(f"{file}: {name} names no sessions and no marks; add some.")
    return found


def _limits(file: Path, table: dict[str, Any], known: tuple[str, ...]) -> dict[str, float]:
    for key, value in table.items():
        if key not in known:
            raise LearningError(
                f"{file}: there is no limit {shown(key)} to enter; use one of {', '.join(known)}."
            )
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
            raise LearningError(
                f"{file}: {LIMITS}.{key} is {shown(value)}; write a share between 0 and 1, such as "
                "0.0001."
            )
    return {key: float(value) for key, value in table.items()}
