"""Checks of the networks and the decision threshold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kiosk.app.bootstrap.calibrator import calibrator
from kiosk.app.bootstrap.pipeline_factory import uses_appearance
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.doctor.check_messages import check_failed, check_message, check_of_keys
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.program_name import program_name
from kiosk.core.templates import Template
from kiosk.core.thresholds import Calibration, Choice
from kiosk.core.view_models import Check, CheckLevel
from kiosk.vision.liveness.appearance_network import NETWORK
from kiosk.vision.models.manifest import Manifest


def weights_check(config: Config) -> Iterator[Check]:
    """Check that the networks in use exist, and every network's checksum."""
    try:
        manifest = Manifest.load(paths.MANIFEST)
        chosen = manifest.choose(config.recognition.embedder)
    except KioskError as error:
        yield check_failed("weights", "unusable", error)
        return
    used = {chosen.id, *([NETWORK] if uses_appearance(config) else [])}
    for entry in manifest.entries:
        if not entry.path.exists():
            if entry.kind == "detector" or entry.id in used:
                yield check_message(
                    f"weights {entry.id}",
                    CheckLevel.PROBLEM,
                    "not_here",
                    "prepare",
                    program=program_name(),
                )
            continue
        try:
            entry.verify()
        except KioskError as error:
            yield check_failed(f"weights {entry.id}", "wrong_checksum", error)
        else:
            yield check_message(
                f"weights {entry.id}",
                CheckLevel.OK,
                "in_use" if entry.id in used else "checksum",
                checksum=entry.sha256[:12],
            )


def threshold_check(config: Config, data_dir: Path) -> Check:
    """Report the decision threshold, what it is based on, and whether it meets its target."""
    try:
        entry = Manifest.load(paths.MANIFEST).choose(config.recognition.embedder)
        templates, choice = _enrolled(config, data_dir, entry.identity)
        found = calibrator(config.recognition, entry.identity, entry.threshold, lambda: choice)(
            templates
        ).identify
    except KioskError as error:
        return check_failed("threshold", "not_derived", error)
    meets_target = (
        found.fpir <= found.target
        if found.fixed
        else found.supported or (found.source and found.threshold > 0)
    )
    return check_of_keys(
        "threshold",
        CheckLevel.OK if meets_target else CheckLevel.WARNING,
        found.key,
        _threshold_advice(found),
        damaged=found.damaged,
        **found.values,
    )


def _threshold_advice(found: Calibration) -> str:
    if found.damaged:
        return "doctor.advice.damaged"
    if found.fixed:
        return "" if found.fpir <= found.target else "doctor.advice.fixed"
    if found.threshold <= 0:
        return "doctor.advice.target"
    return "" if found.source else "doctor.advice.reference"


def _enrolled(
    config: Config, data_dir: Path, embedder_id: str
) -> tuple[list[Template], Choice | None]:
    """Return all templates, and the threshold chosen on the screen."""
    if not paths.database_file(data_dir).exists():
        return [], None
    storage = open_store(data_dir, config)
    try:
        return storage.people.templates(embedder_id), storage.choice.get()
    finally:
        storage.close()
