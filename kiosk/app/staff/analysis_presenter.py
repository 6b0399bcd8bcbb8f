"""The Evidence screen's other side: the service with everything it needs, and a desk that works it through off the main thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Slot

from kiosk.app.bootstrap.build import Storage
from kiosk.app.bootstrap.calibrator import configured, derive
from kiosk.app.group_report_file import read_groups
from kiosk.app.threads import Tasks
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.people import Account
from kiosk.core.ports import AuditPort
from kiosk.core.templates import EmbedderInfo, Template
from kiosk.core.threshold_analysis import Distances, Source
from kiosk.core.thresholds import Choice
from kiosk.services.analysis import AnalysisService
from kiosk.services.two_admins import TwoAdmins
from kiosk.storage.db.timestamps import local_now
from kiosk.ui.screens.analysis.analysis_screen import AnalysisScreen
from kiosk.vision.recognition.distance_samples import of_decisions, of_reference, of_site
from kiosk.vision.recognition.look_alike_finder import LookAlikeFinder
from kiosk.vision.recognition.reference_distances import reference_of
from kiosk.vision.recognition.vote_replay import replay


def build_analysis(
    config: Config,
    storage: Storage,
    data_dir: Path,
    info: EmbedderInfo,
    audit: AuditPort,
    changed: Callable[[], None],
) -> AnalysisService:
    """The service for the network in use."""
    known = reference_of(paths.REFERENCE, info.id)
    usual = config.recognition.max_false_accepts
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
            choice, usual, templates, known, info.threshold, finder
        ),
        measure=measure,
        of_decisions=of_decisions,
        replay=replay,
        groups=lambda: read_groups(paths.groups_file(data_dir), info.id),
        changed=changed,
        two=TwoAdmins(config.security.two_admins, storage.accounts.verify),
    )


class AnalysisPresenter(QObject):
    """Answers the screen in the order asked, on a thread of its own, since thousands of decisions take a moment.

    ``signed_in`` says who asks; ``service`` is ``None`` until the network is loaded.
    """

    def __init__(
        self, screen: AnalysisScreen, tasks: Tasks, signed_in: Callable[[], Account]
    ) -> None:
        super().__init__()
        self._screen = screen
        self._tasks = tasks
        self._signed_in = signed_in
        self.service: AnalysisService | None = None
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="evidence")
        self._asked = 0
        screen.viewRequested.connect(self._view)
        screen.previewRequested.connect(self._preview)
        screen.applied.connect(self._apply)

    def stop(self) -> None:
        """Let what is being worked through end."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    @Slot(str)
    def _view(self, source: str) -> None:
        self._asked += 1
        number = self._asked
        actor = self._signed_in()

        def show(view: Any) -> None:
            if number == self._asked:  # else another source was asked for meanwhile
                self._screen.show_view(view)

        self._run(lambda service: service.view(actor, Source(source)), show)

    @Slot(object)
    def _preview(self, choice: Choice | None) -> None:
        actor = self._signed_in()
        self._run(lambda service: service.preview(actor, choice), self._screen.show_preview)

    @Slot(object)
    def _apply(self, choice: Choice | None) -> None:
        actor = self._signed_in()
        name, pin = self._screen.bar.second.take()
        self._run(
            lambda service: service.apply(actor, choice, name, pin),
            lambda _: self._screen.show_applied(),
        )

    def _run(self, work: Callable[[AnalysisService], object], done: Callable[[Any], None]) -> None:
        service = self.service
        if service is None:
            self._screen.show_error("error.engine_loading")
            return
        self._tasks.watch(self._worker.submit(work, service), done, self._failed)

    def _failed(self, error: KioskError) -> None:
        self._screen.show_error(error.key, **error.values)
