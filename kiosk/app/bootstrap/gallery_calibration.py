"""Keeps thresholds and look-alikes up to date while the gallery changes.

A small gallery is derived from as a whole at once. For a large one that would stop the door: the
thresholds are derived from a sample, at the start at once and after a change in the background, and
all pairs of people are compared in the background. Meanwhile the door is never less strict than it
should be: the thresholds in force are those before a change, or stricter where more people ask for
it, and ``LookAlikePeople`` looks for look-alikes of each person who comes to the door.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kiosk.app.bootstrap.calibrator import DerivationRule
from kiosk.core.errors import KioskError
from kiosk.core.ports import PeoplePort
from kiosk.core.templates import TemplateTable
from kiosk.core.thresholds import Calibration, Choice, Derived, LookAlike
from kiosk.vision.recognition.gallery import NOBODY, ROWS_CHECKED, Gallery, GalleryRows
from kiosk.vision.recognition.look_alike_finder import (
    LookAlikeFinder,
    measured_again,
    no_strangers,
    ordered,
    pairs_within,
)
from kiosk.vision.recognition.threshold_calibration import (
    MOST_TEMPLATES,
    SITE_PEOPLE,
    Impostors,
    Site,
    sound_rows,
)

SMALL = 1000
"""Templates from which everything is derived at once, in some hundredths of a second."""
READ_AT_ONCE = 50
"""People whose templates the background reads at a time, so that the door's rows need not wait."""
COMPARED_AT_ONCE = 16
"""Changed people who are compared with all others on the inference thread: each takes about 3 ms
with 50,000 people. More of them wait for the background."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Found:
    """What the background found in a gallery of ``generation``."""

    generation: int
    pairs: tuple[LookAlike, ...]
    compared_at: float
    site: Site


class GalleryCalibration:
    """A ``CalibrationPort``. Its methods run on the inference thread, the search on one of its own.

    ``choice``: what the door decides by, read at every change; it may raise ``StorageError``.
    ``stored_pairs``: the look-alikes found in an earlier run, to begin with.
    """

    def __init__(
        self,
        gallery: Gallery,
        people: PeoplePort,
        rule: DerivationRule,
        choice: Callable[[], Choice],
        stored_pairs: Callable[[], Sequence[LookAlike]] = lambda: (),
        small: int = SMALL,
    ) -> None:
        self._gallery = gallery
        self._people = people
        self._rule = rule
        self._read_choice = choice
        self._stored_pairs = stored_pairs
        self._small = small
        self._finder = LookAlikeFinder()
        self._choice: Choice | None = None
        self._near = 0.0
        self._derived: Derived | None = None
        self._site = Site(0, 0)
        self._pairs: tuple[LookAlike, ...] = ()
        self._compared_at = -1.0
        """The distance at which all pairs are known; below 0 if they are not."""
        self._generation = 0
        self._read_generation = 0
        self._changed_since: dict[int, int] = {}
        """Generation of each person's latest change since the last search of all pairs began."""
        self._found: _Found | None = None
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    def read(self, table: TemplateTable) -> Derived:
        """Derive from a gallery that was read as a whole; ``table`` has all its templates."""
        self._begin(self._read_choice())
        self._forget_comparisons()
        if len(table) <= self._small:
            return self._derive_at_once(table)
        self._pairs = measured_again(self._stored_pairs(), self._gallery.rows, self._near)
        rows = self._gallery.rows
        sample = np.isin(table.person_ids, _sampled(rows))
        part = TemplateTable(table.person_ids[sample], table.ids[sample], table.vectors[sample])
        self._site = _site_of(part, rows, self._pairs, _damaged(table.vectors))
        self._derived = self._derive()
        self._search()
        return self._derived

    def changed(self, person_ids: Sequence[int]) -> Derived:
        """Derive after the change of ``person_ids``, or of the choice."""
        before = self._derived if self._read_choice() == self._choice else None
        self._begin(self._read_choice())
        if self._gallery.templates <= self._small:
            self._forget_comparisons()
            table = self._people.template_table(self._gallery.embedder_id)
            return self._derive_at_once(table)
        for person_id in person_ids:
            self._changed_since[person_id] = self._generation
        self._pairs = self._with_changes(self._pairs, person_ids)
        self._site = replace(
            self._site, people=self._gallery.people, templates=self._gallery.templates
        )
        self._derived = _stricter(self._derive(), before)
        self._search()
        return self._derived

    def finished(self) -> Derived | None:
        """Take over what the background has found, and search again if people changed meanwhile."""
        found = self._found
        if found is None:
            return None
        self._found = None
        self._thread = None
        if self._gallery.templates <= self._small:
            return None  # everything has been derived at once since
        if found.compared_at == self._near and found.generation >= self._read_generation:
            self._compared_at = self._near
            later = [one for one, at in self._changed_since.items() if at > found.generation]
            self._pairs = self._with_changes(found.pairs, later)
            self._changed_since = {one: self._changed_since[one] for one in later}
        if found.generation == self._generation:
            self._site = found.site
            self._derived = self._derive()
        elif self._derived is not None:
            self._derived = replace(self._derived, look_alikes=self._pairs)
            self._search()
        return self._derived

    def stop(self) -> None:
        """End the search in the background without a result, and begin no other."""
        self._stopped.set()

    def wait(self, timeout_s: float) -> None:
        """Wait for the background; for tests and benchmarks."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def _begin(self, choice: Choice) -> None:
        self._generation += 1
        self._choice = choice
        self._near = self._rule.look_alike_distance(choice)

    def _forget_comparisons(self) -> None:
        """Use no pair that was or will be found in an earlier state of the gallery."""
        self._read_generation = self._generation
        self._changed_since = {}
        self._compared_at = -1.0

    def _derive_at_once(self, table: TemplateTable) -> Derived:
        assert self._choice is not None
        self._derived = self._rule.derive(self._choice, table, self._finder)
        self._pairs = self._derived.look_alikes
        return self._derived

    def _derive(self) -> Derived:
        assert self._choice is not None
        return Derived(*self._rule.calibrations(self._choice, self._site), self._near, self._pairs)

    def _with_changes(
        self, pairs: Sequence[LookAlike], person_ids: Sequence[int]
    ) -> tuple[LookAlike, ...]:
        """Return ``pairs`` with those of ``person_ids`` as they are in the gallery now.

        After too many changes only the known pairs that still hold; the background then compares
        everybody again, and meanwhile ``LookAlikePeople`` finds the others.
        """
        changed = set(person_ids)
        if len(changed) > COMPARED_AT_ONCE:
            self._compared_at = -1.0
            return measured_again({*self._pairs, *pairs}, self._gallery.rows, self._near)
        found = [p for p in pairs if p.first not in changed and p.second not in changed]
        for person_id in changed:
            for other, distance in self._gallery.near(person_id, self._near):
                low, high = sorted((person_id, other))
                found.append(LookAlike(low, high, distance))
        return ordered(found)

    # the background

    def _search(self) -> None:
        """Begin what takes long, unless it is running: ``finished`` begins it again then."""
        if self._thread is not None or self._stopped.is_set():
            return
        work = _Search(
            self._generation,
            self._gallery.rows,
            self._near,
            None if self._compared_at != self._near else self._pairs,
            self._site.damaged,
        )
        self._thread = threading.Thread(
            target=self._run, args=[work], name="calibration", daemon=True
        )
        self._thread.start()

    def _run(self, work: _Search) -> None:
        try:
            self._found = self._result(work)
        except KioskError as error:  # the former thresholds stay; the next change tries again
            log.warning("the thresholds could not be derived in the background: %s", error)
            self._thread = None
        except Exception:
            log.exception("the thresholds could not be derived in the background")
            self._thread = None

    def _result(self, work: _Search) -> _Found | None:
        """Return what ``work`` gives; ``None`` if it was stopped."""
        pairs = work.pairs
        if pairs is None:
            pairs = pairs_within(work.rows, work.distance, self._stopped.is_set)
        if pairs is None:
            return None
        table = self._read_sample(_sampled(work.rows))
        if table is None:
            return None
        site = _site_of(table, work.rows, pairs, work.damaged)
        return _Found(work.generation, pairs, work.distance, site)

    def _read_sample(self, person_ids: Sequence[int]) -> TemplateTable | None:
        """Read the templates of ``person_ids``; ``None`` if the search was stopped."""
        parts: list[TemplateTable] = []
        for part in _parts(person_ids):
            if self._stopped.is_set():
                return None
            parts.append(self._people.template_table(self._gallery.embedder_id, part))
        return TemplateTable(
            np.concatenate([part.person_ids for part in parts if len(part)]),
            np.concatenate([part.ids for part in parts if len(part)]),
            np.concatenate([part.vectors for part in parts if len(part)]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What the background starts from. ``pairs``: all of them, if they are known."""

    generation: int
    rows: GalleryRows
    distance: float
    pairs: tuple[LookAlike, ...] | None
    damaged: int


def _sampled(rows: GalleryRows) -> list[int]:
    """Return the people, rising, whose templates a calibration looks at; see ``thinned``."""
    people = np.sort(rows.person_ids[rows.person_ids != NOBODY])
    step = max(1, math.ceil(int(rows.counts.sum()) / MOST_TEMPLATES))
    if len(people) // step < SITE_PEOPLE:
        step = 1
    return [int(person_id) for person_id in people[::step]]


def _site_of(
    sample: TemplateTable, rows: GalleryRows, pairs: tuple[LookAlike, ...], damaged: int
) -> Site:
    """Return the site of ``rows`` by the distances within ``sample``."""
    sound = sound_rows(np.asarray(sample.vectors, np.float64))
    vectors = sample.vectors[sound]
    who = sample.person_ids[sound]
    apart = no_strangers(pairs, vectors, who, rows.people)
    impostors = Impostors.among(vectors, who, apart)
    return Site(rows.people, int(rows.counts.sum()), damaged, impostors)


def _damaged(vectors: np.ndarray) -> int:
    """Return how many of ``vectors`` (n, dimension) are no direction."""
    return sum(
        int((~sound_rows(vectors[begin : begin + ROWS_CHECKED])).sum())
        for begin in range(0, len(vectors), ROWS_CHECKED)
    )


def _parts(person_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    every = range(0, len(person_ids), READ_AT_ONCE)
    return (person_ids[begin : begin + READ_AT_ONCE] for begin in every)


def _stricter(derived: Derived, before: Derived | None) -> Derived:
    """Return ``derived`` with the thresholds of ``before`` where those are stricter."""
    if before is None:
        return derived
    return replace(
        derived,
        identify=_at_most(derived.identify, before.identify.threshold),
        verify=_at_most(derived.verify, before.verify.threshold),
    )


def _at_most(calibration: Calibration, threshold: float) -> Calibration:
    return replace(calibration, threshold=min(calibration.threshold, threshold))
