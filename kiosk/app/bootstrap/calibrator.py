"""Derive the thresholds from the enrolled people, the network's reference and what was chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kiosk.core import paths
from kiosk.core.config import RecognitionConfig
from kiosk.core.decisions import Mode
from kiosk.core.templates import Template, TemplateTable
from kiosk.core.thresholds import Calibration, Choice, Derived
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
) -> Callable[[Sequence[Template]], Derived]:
    """Return what derives the thresholds from templates of ``embedder_id``.

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


@dataclass(frozen=True, slots=True)
class DerivationRule:
    """What thresholds are derived from besides the people enrolled.

    ``usual_target``: with a fixed distance, the target that it is compared with. ``own_threshold``:
    the network's. ``reference``: how near different people came when the network was measured.
    """

    usual_target: float
    own_threshold: float
    reference: Impostors | None

    def target(self, choice: Choice) -> float:
        """The target in force, in impostors in 10,000 attempts."""
        return self.usual_target if choice.target is None else min(choice.target, ATTEMPTS)

    def look_alike_distance(self, choice: Choice) -> float:
        """How near two people must be to look alike.

        By the reference alone, so that the twins of this site do not decide it.
        """
        found = calibrate(
            min(self.target(choice), LOOK_ALIKE_TARGET),
            Site(0, 0),
            self.reference,
            cap=self.own_threshold,
            mode=Mode.VERIFY,
        ).threshold
        return found if choice.distance is None else min(choice.distance, found)

    def calibrations(self, choice: Choice, site: Site) -> tuple[Calibration, Calibration]:
        """The thresholds of 1:N and 1:1."""
        identify, verify = (
            calibrate(
                self.target(choice),
                site,
                self.reference,
                cap=self.own_threshold,
                mode=mode,
                fixed=choice.distance,
            )
            for mode in (Mode.IDENTIFY, Mode.VERIFY)
        )
        return identify, verify

    def derive(
        self, choice: Choice, table: TemplateTable, finder: LookAlikeFinder | None = None
    ) -> Derived:
        """Both thresholds and the look-alikes of all the templates of ``table``.

        ``finder``: one that remembers what it compared the last time.
        """
        near = self.look_alike_distance(choice)
        if not len(table):
            return Derived(*self.calibrations(choice, Site(0, 0)), near)
        who = table.person_ids
        pairs = (finder or LookAlikeFinder()).find(table.vectors, who, near)
        site = Site.of(table.vectors, who, no_strangers(pairs, table.vectors, who))
        return Derived(*self.calibrations(choice, site), near, pairs)


def derive(
    choice: Choice,
    usual_target: float,
    templates: Sequence[Template],
    reference: Impostors | None,
    own_threshold: float,
    finder: LookAlikeFinder | None = None,
) -> Derived:
    """Both thresholds and the look-alikes of ``templates``; see ``DerivationRule``."""
    dimension = templates[0].vector.size if templates else 0
    table = TemplateTable.of(templates, dimension)
    return DerivationRule(usual_target, own_threshold, reference).derive(choice, table, finder)
