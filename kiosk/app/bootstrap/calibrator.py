"""What the door decides by: the people enrolled, the network's reference, and what was chosen in the settings or on the screen."""

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
"""What was chosen on the screen, if anything; raises ``StorageError`` where it cannot be read."""


LOOK_ALIKE_TARGET = 1.0
"""Two people are look-alikes where one would pass for the other by number and face more often than so many in 10,000: a laxer
target for strangers makes no more people look alike."""


def configured(config: RecognitionConfig) -> Choice:
    """What the settings file says."""
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
    """What derives the thresholds from the templates of ``embedder_id``; what was chosen on the screen goes before the settings."""
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
    """Both thresholds and the look-alikes; with a fixed distance ``usual_target`` is what it is held against.

    ``finder``: one that remembers who was compared the last time.
    """
    target = usual_target if choice.target is None else min(choice.target, ATTEMPTS)
    near = _near(min(target, LOOK_ALIKE_TARGET), reference, own_threshold, choice.distance)
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


def _near(
    target: float, reference: Impostors | None, own_threshold: float, fixed: float | None
) -> float:
    """How near two people must be to look alike: by the reference alone, so that the twins of this site do not decide it."""
    found = calibrate(target, Site(0, 0), reference, cap=own_threshold, mode=Mode.VERIFY).threshold
    return found if fixed is None else min(fixed, found)
