"""Equal error rates of pictures taken under one condition, against an even enrolment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kiosk.learning.evaluation.conformance_figures import TEMPLATES, Measured
from kiosk.learning.evaluation.recording_conditions import CONDITIONS, ENROLMENT
from kiosk.learning.evaluation.session_faces import SessionFaces
from kiosk.learning.evaluation.verification_metrics import Bools, Scores
from kiosk.vision.recognition.template_fusion import fused
from kiosk.vision.recognition.threshold_calibration import Floats, Ints, distances

Marked = Sequence[frozenset[str]]
"""The conditions of each picture, or ``enrolment``."""


def condition_errors(faces: SessionFaces, marked: Marked) -> dict[str, Measured]:
    """Return the EER by condition (``eer-light`` and so on) for those that can be measured.

    A picture is compared with its own person's enrolment, of other sessions where there are any,
    and with everybody else's. The independent trials are the people with genuine comparisons.
    """
    enrolled = _marked_by(marked, ENROLMENT)
    found = {}
    for condition in CONDITIONS:
        measured = _error(faces, enrolled, _marked_by(marked, condition))
        if measured is not None:
            found[f"eer-{condition}"] = measured
    return found


def _marked_by(marked: Marked, name: str) -> Bools:
    return np.array([name in one for one in marked], np.bool_)


def _error(faces: SessionFaces, enrolled: Bools, probes: Bools) -> Measured | None:
    values: list[Floats] = []
    same: list[Bools] = []
    people: set[str] = set()
    for person in faces.names:
        mine = faces.people == person
        own = np.flatnonzero(mine & enrolled)
        if not len(own):
            continue
        for session in np.unique(faces.sessions[probes]):
            coming = probes & (faces.sessions == session)
            if not coming.any():
                continue
            apart = own[faces.sessions[own] != session]
            template = _template(faces, apart if len(apart) else own)
            values.append(distances(faces.vectors[coming], template)[:, 0])
            same.append(mine[coming])
            people |= {person} if mine[coming].any() else set()
    if not values:
        return None
    distance, genuine = np.concatenate(values), np.concatenate(same)
    if genuine.all() or not genuine.any():
        return None
    rate = Scores.of(distance, genuine).curve().eer()
    count = int(genuine.sum())
    return None if rate is None else Measured(rate * count, count, len(people), "people")


def _template(faces: SessionFaces, rows: Ints) -> Floats:
    chosen = rows[np.linspace(0, len(rows) - 1, min(TEMPLATES, len(rows))).round().astype(int)]
    return np.asarray(fused(faces.vectors[chosen], np.zeros(1, np.int64)), np.float64)
