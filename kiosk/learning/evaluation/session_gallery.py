"""One trial's gallery: a member, the people who fill it, and everybody who comes to the door."""

from __future__ import annotations

import numpy as np

from kiosk.learning.evaluation.door_visits import answer_to_stills, matches_of
from kiosk.learning.evaluation.session_faces import Crowd, SessionFaces, Trial, templates_of
from kiosk.vision.recognition.consensus import VotingRule
from kiosk.vision.recognition.template_fusion import fused
from kiosk.vision.recognition.threshold_calibration import Floats, Ints, Site, distances

VISIT_PICTURES = 12
"""Pictures of a visit, as far as they can be shared out evenly: 8 to 15."""
MEMBER = 0
"""Person id of the member in a trial's gallery; the others follow from 1."""


class ComingPerson:
    """Somebody who comes to the door with pictures of one session."""

    def __init__(
        self, name: str, vectors: Floats, gallery: Floats, people: Ints, alike: float
    ) -> None:
        """``vectors`` (n, dimension) in their order; ``gallery`` (p, dimension) of ``people``
        (p,); ``alike``: the network's own threshold.
        """
        self.name = name
        found = distances(vectors, gallery)
        self.nearest = people[found.argmin(axis=1)]
        self.distance = found.min(axis=1)
        parts = np.array_split(np.arange(len(found)), max(1, round(len(found) / VISIT_PICTURES)))
        self.visits = [
            matches_of(vectors[rows], gallery, people, alike)
            for rows in parts
            if len(rows) >= VotingRule(0.0).votes
        ]

    def answers(self, threshold: float) -> list[int | None]:
        """Return whom the door takes each visit for."""
        rule = VotingRule(threshold)
        return [
            answer_to_stills(visit, rule)
            if min(match.distance for match in visit) <= threshold
            else None
            for visit in self.visits
        ]

    def let_in(self, threshold: float) -> int:
        """Return how many pictures alone match anybody."""
        return int((self.distance <= threshold).sum())

    def refused(self, threshold: float) -> int:
        """Return how many pictures alone do not match the member, as whom this person comes."""
        return int(((self.distance > threshold) | (self.nearest != MEMBER)).sum())


class TrialGallery:
    """One trial with a gallery of one size."""

    def __init__(
        self,
        faces: SessionFaces,
        trial: Trial,
        crowd: Crowd,
        size: int,
        templates: int,
        alike: float,
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
            trial.person, faces.of(trial.person, trial.comes), gallery, people, alike
        )
        self.strangers = [
            ComingPerson(f"{kind} {name}", group.of(name, session), gallery, people, alike)
            for kind, group in (("first", faces), ("second", crowd.strangers))
            for name in group.names
            for session in group.sessions_of(name)
            if not (group is faces and name == trial.person)
        ]
