"""Build the bulk import: reader of tables and photographs, database, and networks."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from kiosk.app.bootstrap.pipeline_factory import build_photograph_pipeline
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.frames import Frame
from kiosk.core.import_plan import ParsedSheet
from kiosk.services.import_people import BulkImport
from kiosk.services.picture_enrolment import PictureExaminer
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.sticks.stick_mounting import KIOSK_PLACE
from kiosk.storage.store import Store
from kiosk.storage.tabular.people_sheet import read_people
from kiosk.storage.tabular.table_reader import TABLE_SUFFIXES
from kiosk.vision.camera.picture_files import is_picture, load_picture
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.recognition.consensus import VotingRule
from kiosk.vision.recognition.gallery import Gallery


def build_import(config: Config, storage: Store) -> BulkImport:
    """Return the import of tables of people into ``storage``."""
    embedder_id = Manifest.load(paths.MANIFEST).choose(config.recognition.embedder).identity
    source = ImportSource(config, storage)
    return BulkImport(storage.bulk_people, source, local_now, embedder_id)


class ImportSource:
    """Tables and photographs on this machine, and the networks of the settings."""

    def __init__(self, config: Config, storage: Store) -> None:
        self._config = config
        self._storage = storage

    def tables(self, folder: Path) -> list[Path]:
        """Return the tables in ``folder`` and on plugged-in drives, newest first."""
        return found_tables(folder)

    def read(self, file: Path, today: date) -> ParsedSheet:
        """Parse a table; raises ``StorageError`` if it cannot be used."""
        return read_people(file, today)

    def is_picture(self, file: Path) -> bool:
        """Return whether a file is called a picture or begins like one."""
        return is_picture(file)

    def load(self, file: Path) -> Frame:
        """Return a photograph as a frame; raises ``KioskError`` if it cannot be read."""
        return Frame(load_picture(file), 0.0, 0)

    def examiner(self) -> PictureExaminer:
        """Load the networks; return what examines photographs against everybody enrolled."""
        pipeline = build_photograph_pipeline(self._config)
        gallery = Gallery(pipeline.info.id, pipeline.info.dimension)
        gallery.replace(self._storage.people.templates(pipeline.info.id))
        return PictureExaminer(
            pipeline,
            gallery,
            self._storage.people,
            VotingRule.of(self._config.recognition, pipeline.info.threshold).threshold,
        )


def found_tables(
    folder: Path, sticks: tuple[Path, ...] = (Path("/media"), Path("/run/media"), KIOSK_PLACE)
) -> list[Path]:
    """Return tables in ``folder``, and up to three folders deep on USB sticks, newest first."""
    files = [
        file
        for root, depth in ((folder, 1), *((stick, 4) for stick in sticks))
        for file in _tables_in(root, depth)
    ]
    return sorted(files, key=lambda file: (-_modified_at(file), str(file)))


def _tables_in(folder: Path, depth: int) -> list[Path]:
    try:
        entries = [entry for entry in folder.iterdir() if not entry.name.startswith((".", "~$"))]
    except OSError:  # missing, or no permission
        return []
    files = [
        entry for entry in entries if entry.suffix.lower() in TABLE_SUFFIXES and entry.is_file()
    ]
    return files + [
        file
        for entry in entries
        if depth > 1 and entry.is_dir() and not entry.is_symlink()
        for file in _tables_in(entry, depth - 1)
    ]


def _modified_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def photographs_beside(file: Path) -> Path | None:
    """Return the default folder of photographs: the table's name, photos, photographs or 사진."""
    for name in (file.stem, "photos", "photographs", "사진"):
        if (folder := paths.existing(file.with_name(name))).is_dir():
            return folder
    return None
