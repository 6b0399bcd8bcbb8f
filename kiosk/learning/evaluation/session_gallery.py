"""One trial's gallery: a member, the people who fill it, and everybody who comes to the door."""

from __future__ import annotations

import numpy as np

from kiosk.learning.evaluation.door_visits import answer_to_stills, nearest_two
from kiosk.learning.evaluation.session_faces import Crowd, SessionFaces, Trial, templates_of
from kiosk.vision.recognition.consensus import VotingRule
from kiosk.vision.recognition.template_fusion import fused
from kiosk.vision.recognition.threshold_calibration import Floats, Ints, Site, distances

VISIT_PICTURES = 12
"""Pictures of a visit, as far as they can be shared out evenly: 8 to 15."""
MEMBER = 0
"""Person id of the member in a trial's gallery; the others follow from 1."""


class ComingPerson:
    """Somebody who comes: the distances of their pictures (n, gallery) to ``people`` (gallery,)."""

    def __init__(self, name: str, found: Floats, people: Ints) -> None:
        self.name = name
        self.nearest = people[found.argmin(axis=1)]
        self.distance = found.min(axis=1)
        parts = np.array_split(np.arange(len(found)), max(1, round(len(found) / VISIT_PICTURES)))
        self.visits = [
            nearest_two(found[rows], people) for rows in parts if len(rows) >= VotingRule(0.0).votes
        ]

    def answers(self, threshold: float) -> list[int | None]:
        """Return whom the door takes each visit for."""
        if self.distance.min(initial=np.inf) > threshold:
            return [None] * len(self.visits)
        rule = VotingRule(threshold)
        return [answer_to_stills(visit, rule) for visit in self.visits]

    def let_in(self, threshold: float) -> int:
        """Return how many pictures alone match anybody."""
        return int((self.distance <= threshold).sum())

    def refused(self, threshold: float) -> int:
        """Return how many pictures alone do not match the member, as whom this person comes."""
        return int(((self.distance > threshold) | (self.nearest != MEMBER)).sum())


class TrialGallery:
    """One trial with a gallery of one size."""

    def __init__(
        self, faces: SessionFaces, trial: Trial, crowd: Crowd, size: int, templates: int
    ) -> None:
        self.size = size
        self.sessions = len(trial.enrolled)
        own = templates_of(faces, trial, templates)
        filled = crowd.who < size
        vectors = np.concatenate([own, crowd.vectors[filled]])
        who = np.concatenate([np.full(len(own), MEMBER), crowd.who[filled]])
        people, starts = np.unique(who, return_index=True)
        gallery = fused(vectors, starts.astype(np.int64))
        self.site = Site.of(vectors, who)
        self.member = ComingPerson(
            trial.person, distances(faces.of(trial.person, trial.comes), gallery), people
        )
        self.strangers = [
            ComingPerson(f"{kind} {name}", distances(group.of(name, session), gallery), people)
            for kind, group in (("first", faces), ("second", crowd.strangers))
            for name in group.names
            for session in group.sessions_of(name)
            if not (group is faces and name == trial.person)
        ]
