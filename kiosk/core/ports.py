"""Protocols of what door and services need of vision, storage and access."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from kiosk.core.decisions import Decision, Factor, LogEntry, Reason, Verdict
from kiosk.core.frames import Frame, Observation
from kiosk.core.people import Person
from kiosk.core.templates import (
    EmbedderInfo,
    EnrolledVersions,
    Match,
    Template,
    TemplateTable,
    Vector,
)
from kiosk.core.thresholds import Derived, LookAlike
from kiosk.core.view_models import ChallengeView

Clock = Callable[[], datetime]
"""Zone-aware local time."""

Policy = Callable[[Person | None, datetime, frozenset[Factor]], Reason | None]
"""Returns why a person may not enter now with the given factors.

``None`` or an accepting reason if they may.
"""


class CalibrationPort(Protocol):
    """Derives the thresholds and who looks alike from the gallery, partly in the background.

    ``read``: the gallery was read as a whole from ``table``. ``changed``: these people were
    enrolled, changed or deleted. Both return what holds from now on, which is never less strict
    than what the background work, if any, will find. ``finished``: its result, once.
    ``stop``: the gallery is not used any more; end the background work.
    """

    def read(self, table: TemplateTable) -> Derived: ...
    def changed(self, person_ids: Sequence[int]) -> Derived: ...
    def finished(self) -> Derived | None: ...
    def stop(self) -> None: ...


class PipelinePort(Protocol):
    """Detection, quality and embedding of one frame.

    ``scene_changed``: cheap check of whether an empty scene has changed.
    """

    @property
    def info(self) -> EmbedderInfo: ...
    def observe(self, frame: Frame, embed: bool = True) -> Observation: ...
    def scene_changed(self, frame: Frame) -> bool: ...


class GalleryPort(Protocol):
    """Enrolled templates that a probe is compared with."""

    @property
    def people(self) -> int: ...
    def has(self, person_id: int) -> bool: ...
    @property
    def templates(self) -> int: ...
    @property
    def newest(self) -> int: ...
    def replace(self, templates: Sequence[Template]) -> None: ...
    def load(self, table: TemplateTable) -> None: ...
    def update(self, person_id: int, table: TemplateTable) -> None: ...
    def outdated(self, stored: EnrolledVersions, *, partly: bool = False) -> list[int]: ...
    def templates_with(self, stored: EnrolledVersions) -> int: ...
    def near(self, person_id: int, distance: float) -> list[tuple[int, float]]: ...
    def search(self, probe: Vector) -> Match | None: ...
    def verify(self, probe: Vector, person_id: int) -> Match | None: ...
    def distance(self, probe: Vector, templates: Sequence[Vector]) -> float: ...
    def fused(self, templates: Sequence[Vector]) -> Vector: ...


class ConsensusPort(Protocol):
    """The vote over the frames of one track."""

    @property
    def votes(self) -> int: ...
    def reset(self, threshold: float) -> None: ...
    def supports(self, match: Match) -> bool: ...
    def add(self, now: float, match: Match) -> None: ...
    def verdict(self, now: float) -> Verdict | None: ...


class TrackerPort(Protocol):
    """Tracks the main face; ``update`` returns whether an observation starts a new track."""

    def reset(self) -> None: ...
    def update(self, seen: Observation) -> bool: ...
    @property
    def jumped(self) -> bool: ...


class LivenessPort(Protocol):
    """Presentation attack detection: collects evidence over frames and runs challenges."""

    @property
    def asks(self) -> bool: ...
    @property
    def wait_s(self) -> float: ...
    @property
    def challenge_s(self) -> float: ...
    @property
    def score(self) -> float: ...
    def reset(self, *, elsewhere: bool = True) -> None: ...
    def learn(self, seen: Observation, now: float) -> None: ...
    def observe(self, seen: Observation, person: int | None, now: float) -> bool: ...
    def refusal(self, now: float) -> Reason | None: ...
    def passed(self, person: int, now: float) -> bool: ...
    def challenge(self, person: int, now: float) -> None: ...
    def challenge_view(self, now: float) -> ChallengeView | None: ...
    def challenge_failed(self, now: float) -> Reason | None: ...
    def challenge_passed(self, person: int | None) -> bool: ...


class PersonLookup(Protocol):
    """Finds enrolled people.

    ``basis``: a digest of all that is stored and lets a person in: it differs once their row, face,
    PIN or cards changed, or the door was locked down. Empty for nobody.
    """

    def basis(self, person_id: int) -> str: ...
    def get(self, person_id: int) -> Person | None: ...
    def by_typed_number(self, number: str) -> Person | None: ...


class PeoplePort(PersonLookup, Protocol):
    """Enrolled people and their templates."""

    def by_number(self, number: str) -> Person | None: ...
    def templates(self, embedder_id: str) -> list[Template]: ...
    def template_table(
        self, embedder_id: str, person_ids: Sequence[int] | None = None
    ) -> TemplateTable: ...
    def template_versions(self, embedder_id: str, after: int = 0) -> EnrolledVersions: ...
    def template_count(self, embedder_id: str) -> int: ...
    def add_with_templates(
        self, person: Person, templates: Sequence[Template], by: str = ""
    ) -> Person: ...
    def enrol_again(
        self, person: Person, templates: Sequence[Template], by: str = ""
    ) -> Person: ...


class LogPort(Protocol):
    """The access log; ``append`` returns only after the row is committed.

    An accept is stored, and returned, as a reject if the person's ``basis`` is another by then.
    """

    def append(self, decision: Decision, basis: str | None = None) -> LogEntry: ...


class LockPort(Protocol):
    """The lock of the door."""

    def open(self, seconds: float, reason: str) -> None: ...
    def close(self) -> None: ...


class LookAlikePort(Protocol):
    """Stored pairs of people who look alike; ``replace`` returns whether they changed."""

    def replace(self, embedder_id: str, pairs: Sequence[LookAlike]) -> bool: ...


class PinsPort(Protocol):
    """PINs of people for the door."""

    def matches(self, person_id: int, pin: str) -> bool: ...


class TriesPort(Protocol):
    """Failed tries by student number.

    ``wait`` returns how many seconds a number must wait. ``face_follows``: its owner's face must
    match as well, so that guessing alone opens nothing and the wait is short.
    """

    def wait(self, number: str, *, face_follows: bool = False) -> int: ...
    def failed(self, number: str) -> None: ...
    def took_back(self, number: str) -> None: ...
    def succeeded(self, number: str) -> None: ...


class BadgePort(Protocol):
    """Reads badges; ``read`` returns the serial of a genuine one, or the reason to refuse it."""

    def is_badge(self, text: str) -> bool: ...
    def read(self, text: str, now: datetime) -> bytes | Reason: ...


class CardsPort(Protocol):
    """Returns the id of the owner of a card or badge."""

    def owner_of_card(self, code: str) -> int | None: ...
    def owner_of_badge(self, serial: bytes) -> int | None: ...


class CodesPort(Protocol):
    """Finds codes in frames, in the background.

    ``read`` takes in a frame and returns what was found in an earlier one; it never waits.
    ``close``: end the background work.
    """

    def read(self, frame: Frame) -> SeenCodes: ...
    def close(self) -> None: ...


class SeenCodes(Protocol):
    """Texts of QR codes, digits of bar codes."""

    @property
    def qr(self) -> tuple[str, ...]: ...
    @property
    def bar(self) -> tuple[str, ...]: ...


class AuditPort(Protocol):
    """The audit log.

    ``record`` returns once the event is stored, and raises ``KioskError`` if it cannot be.
    """

    def record(self, event: str, actor: str, detail: Mapping[str, object]) -> None: ...
