"""A bulk import with everything that it needs: the table's reader, the database, and the networks once there are photographs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2

from kiosk.app.bootstrap.pipeline_factory import build_pipeline
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.frames import BGRImage, Frame
from kiosk.core.import_plan import ImportPlan
from kiosk.services.import_people import BulkImport, Progress
from kiosk.services.picture_enrolment import PictureExaminer
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from kiosk.storage.tabular.people_sheet import read_people
from kiosk.vision.camera.recordings import PICTURE_SUFFIXES, load_picture
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.recognition.consensus import VotingRule
from kiosk.vision.recognition.gallery import Gallery

LONGEST_SIDE = 1600
"""Pixels. A face in a photograph is far larger than the networks need; what is larger only takes time."""

TABLES = (".csv", ".xlsx")


class Importer:
    """The steps of an import, for a command and the screen alike. Nothing is stored before ``carry_out``."""

    def __init__(self, config: Config, storage: Store) -> None:
        self._config = config
        self._storage = storage
        self._bulk = BulkImport(
            storage.bulk_people,
            local_now,
            Manifest.load(paths.MANIFEST).choose(config.recognition.embedder).identity,
            PICTURE_SUFFIXES,
        )
        self.carry_out = self._bulk.carry_out

    def plan(self, file: Path, photographs: Path | None) -> ImportPlan:
        """What ``file`` would do; raises ``KioskError`` where it cannot be used."""
        return self._bulk.plan(read_people(file, local_now().date()), photographs)

    def examine(
        self, plan: ImportPlan, progress: Progress, stopped: Callable[[], bool]
    ) -> ImportPlan:
        """``plan`` with its photographs looked at; the networks are loaded only where there are some."""
        return self._bulk.examine(
            plan, self._examiner() if plan.photographs else None, load_photograph, progress, stopped
        )

    def _examiner(self) -> PictureExaminer:
        pipeline = build_pipeline(self._config, stills=True)
        gallery = Gallery(pipeline.info.id, pipeline.info.dimension)
        gallery.replace(self._storage.people.templates(pipeline.info.id))
        return PictureExaminer(
            pipeline,
            gallery,
            self._storage.people,
            VotingRule.of(self._config.recognition, pipeline.info.threshold).threshold,
        )


def load_photograph(file: Path) -> Frame | None:
    """A photograph as a frame; ``None`` where it cannot be read."""
    image = load_picture(file)
    return None if image is None else Frame(_smaller(image), 0.0, 0)


def _smaller(image: BGRImage) -> BGRImage:
    factor = LONGEST_SIDE / max(image.shape[:2])
    if factor >= 1:
        return image
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA).astype(
        image.dtype, copy=False
    )


def found_tables(
    folder: Path, sticks: tuple[Path, ...] = (Path("/media"), Path("/run/media"))
) -> list[Path]:
    """Tables in ``folder`` and at most three folders deep on what is plugged in, newest first."""
    files = [
        file
        for root, deep in ((folder, 1), *((stick, 4) for stick in sticks))
        for file in _tables_in(root, deep)
    ]
    return sorted(files, key=lambda file: (-_changed(file), str(file)))


def _tables_in(folder: Path, deep: int) -> list[Path]:
    try:
        entries = [entry for entry in folder.iterdir() if not entry.name.startswith((".", "~$"))]
    except OSError:  # not there, or not ours to read
        return []
    files = [entry for entry in entries if entry.suffix.lower() in TABLES and entry.is_file()]
    return files + [
        file
        for entry in entries
        if deep > 1 and entry.is_dir() and not entry.is_symlink()
        for file in _tables_in(entry, deep - 1)
    ]


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def photographs_beside(file: Path) -> Path | None:
    """The folder that photographs are looked for in, where nobody says another: named as the table, or photos, photographs or 사진."""
    for name in (file.stem, "photos", "photographs", "사진"):
        if (folder := file.with_name(name)).is_dir():
            return folder
    return None
