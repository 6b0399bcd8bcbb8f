"""Build the analysis of thresholds for the network in use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from kiosk.app.bootstrap.administer_factory import build_two_admins
from kiosk.app.bootstrap.calibrator import configured, derive
from kiosk.app.group_report_file import read_groups
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.ports import AuditPort
from kiosk.core.templates import EmbedderInfo, Template
from kiosk.core.threshold_analysis import Distances, Source
from kiosk.services.analysis import AnalysisService
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from kiosk.vision.recognition.distance_samples import of_decisions, of_reference, of_site
from kiosk.vision.recognition.look_alike_finder import LookAlikeFinder
from kiosk.vision.recognition.reference_distances import reference_of
from kiosk.vision.recognition.vote_replay import replay


def build_analysis(
    config: Config,
    storage: Store,
    data_dir: Path,
    info: EmbedderInfo,
    audit: AuditPort,
    changed: Callable[[], None],
) -> AnalysisService:
    """Return the service for the network ``info``; ``changed`` is called after a new choice."""
    known = reference_of(paths.REFERENCE, info.id)
    usual_target = config.recognition.max_false_accepts
    finder = LookAlikeFinder()

    def measure(source: Source, templates: Sequence[Template]) -> Distances:
        if source is Source.REFERENCE:
            return of_reference(paths.REFERENCE, info.id, info.far)
        if not templates:
            return Distances(Source.SITE)
        return of_site(
            np.stack([t.vector for t in templates]),
            np.array([t.person_id for t in templates], np.int64),
            info.far,
        )

    return AnalysisService(
        storage.people,
        storage.traces,
        storage.choice,
        audit,
        local_now,
        info=info,
        configured=configured(config.recognition),
        derive=lambda choice, templates: derive(
            choice, usual_target, templates, known, info.threshold, finder
        ),
        measure=measure,
        of_decisions=of_decisions,
        replay=replay,
        groups=lambda: read_groups(paths.groups_file(data_dir), info.id),
        changed=changed,
        two=build_two_admins(storage),
    )
