"""Derive the thresholds from the enrolled people, the network's reference and what was chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from kiosk.core import paths
from kiosk.core.config import RecognitionConfig
from kiosk.core.decisions import Mode
from kiosk.core.ports import Calibrate
from kiosk.core.templates import Template
from kiosk.core.thresholds import Choice, Derived, LookAlike
from kiosk.vision.recognition.look_alike_finder import LookAlikeFinder, no_strangers
from kiosk.vision.recognition.reference_distances import reference_of
from kiosk.vision.recognition.threshold_calibration import ATTEMPTS, Impostors, Site, calibrate

Chosen = Callable[[], Choice | None]
"""Returns what was chosen on the screen, or ``None``; raises ``StorageError``."""


LOOK_ALIKE_TARGET = 1.0
"""False matches in 10,000 at which two people count as look-alikes in verification.

A less strict target for strangers does not make more people look alike."""


def configured(config: RecognitionConfig) -> Choice:
    """Return the choice of the settings file."""
    return (
        Choice(distance=config.threshold)
        if config.threshold
        else Choice(target=config.max_false_accepts)
    )


def calibrator(
    config: RecognitionConfig,
    embedder_id: str,
    own_threshold: float,
    chosen: Chosen = lambda: None,
    reference: Path = paths.REFERENCE,
) -> Calibrate:
    """Return what derives the thresholds from the templates of ``embedder_id``.

    A choice made on the screen takes precedence over the settings.
    """
    known = reference_of(reference, embedder_id)
    finder = LookAlikeFinder()
    return lambda templates: derive(
        chosen() or configured(config),
        config.max_false_accepts,
        templates,
        known,
        own_threshold,
        finder,
    )


def derive(
    choice: Choice,
    usual_target: float,
    templates: Sequence[Template],
    reference: Impostors | None,
    own_threshold: float,
    finder: LookAlikeFinder | None = None,
) -> Derived:
    """Return both thresholds and the look-alikes.

    With a fixed distance, ``usual_target`` is the target that it is judged by. ``finder`` remembers
    who was compared the last time.
    """
    target = usual_target if choice.target is None else min(choice.target, ATTEMPTS)
    near = _look_alike_distance(
        min(target, LOOK_ALIKE_TARGET), reference, own_threshold, choice.distance
    )
    pairs: tuple[LookAlike, ...] = ()
    site = Site(0, 0)
    if templates:
        vectors = np.stack([t.vector for t in templates])
        who = np.array([t.person_id for t in templates], np.int64)
        pairs = (finder or LookAlikeFinder()).find(vectors, who, near)
        site = Site.of(vectors, who, no_strangers(pairs, vectors, who))
    identify, verify = (
        calibrate(target, site, reference, cap=own_threshold, mode=mode, fixed=choice.distance)
        for mode in (Mode.IDENTIFY, Mode.VERIFY)
    )
    return Derived(identify, verify, near, pairs)


def _look_alike_distance(
    target: float, reference: Impostors | None, own_threshold: float, fixed: float | None
) -> float:
    """Return the distance below which two people look alike.

    From the reference alone, so that twins among the enrolled people do not shift it.
    """
    found = calibrate(target, Site(0, 0), reference, cap=own_threshold, mode=Mode.VERIFY).threshold
    return found if fixed is None else min(fixed, found)
