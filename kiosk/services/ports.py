"""What the services need of vision, storage and access, as protocols; the composition roots plug them in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from kiosk.types import (
    Decision,
    Derived,
    EmbedderInfo,
    Factor,
    Frame,
    LogEntry,
    LookAlike,
    Match,
    Observation,
    Person,
    Reason,
    Template,
    Vector,
    Verdict,
)
from kiosk.views import ChallengeView

Clock = Callable[[], datetime]
"""Zone-aware local time."""

Policy = Callable[[Person | None, datetime, frozenset[Factor]], Reason | None]
"""Why somebody may not enter now with what they gave as proof; ``None``, or an accepting reason, when they may."""


Calibrate = Callable[[Sequence[Template]], Derived]
"""The thresholds that the target asks for with these templates enrolled, and who of these people look alike."""


class PipelinePort(Protocol):
    """Detection, quality and embedding of one frame."""

    @property
    def info(self) -> EmbedderInfo: ...
    def observe(self, frame: Frame, embed: bool = True) -> Observation: ...


class GalleryPort(Protocol):
    """Enrolled templates that a probe is compared with."""

    @property
    def people(self) -> int: ...
    def has(self, person_id: int) -> bool: ...
    def replace(self, templates: Sequence[Template]) -> None: ...
    def search(self, probe: Vector) -> Match | None: ...
    def verify(self, probe: Vector, person_id: int) -> Match | None: ...
    def distance(self, probe: Vector, templates: Sequence[Vector]) -> float: ...
    def fused(self, templates: Sequence[Vector]) -> Vector: ...


class ConsensusPort(Protocol):
    """The vote over the frames of one track."""

    @property
    def votes(self) -> int: ...
    def set_threshold(self, threshold: float) -> None: ...
    def reset(self) -> None: ...
    def supports(self, match: Match) -> bool: ...
    def add(self, now: float, match: Match) -> None: ...
    def verdict(self, now: float) -> Verdict | None: ...


class TrackerPort(Protocol):
    """Says whether an observation begins a new track."""

    def reset(self) -> None: ...
    def update(self, seen: Observation) -> bool: ...
    @property
    def jumped(self) -> bool: ...


class LivenessPort(Protocol):
    """Whether somebody real stands there: collects what frames show, and asks for turns of the head."""

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


class PeoplePort(Protocol):
    """Enrolled people and their templates."""

    def get(self, person_id: int) -> Person | None: ...
    def by_number(self, number: str) -> Person | None: ...
    def by_typed_number(self, number: str) -> Person | None: ...
    def templates(self, embedder_id: str) -> list[Template]: ...
    def add_with_templates(self, person: Person, templates: Sequence[Template], by: str = "") -> Person: ...
    def enrol_again(self, person: Person, templates: Sequence[Template], by: str = "") -> Person: ...


class LogPort(Protocol):
    """The access log; ``append`` returns only after the row is committed."""

    def append(self, decision: Decision) -> LogEntry: ...


class LockPort(Protocol):
    """What opens the door."""

    def open(self, seconds: float, reason: str) -> None: ...
    def close(self) -> None: ...


class LookAlikePort(Protocol):
    """Where pairs of people who look alike are kept; ``replace`` returns whether that changed who they are."""

    def replace(self, embedder_id: str, pairs: Sequence[LookAlike]) -> bool: ...


class PinsPort(Protocol):
    """PINs of people for the door."""

    def matches(self, person_id: int, pin: str) -> bool: ...


class TriesPort(Protocol):
    """How often student numbers and PINs were guessed; ``wait`` gives the seconds that a number must wait."""

    def wait(self, number: str) -> int: ...
    def failed(self, number: str) -> None: ...
    def took_back(self, number: str) -> None: ...
    def succeeded(self, number: str) -> None: ...


class BadgePort(Protocol):
    """Reads badges: ``read`` gives the serial of a genuine one, or why it is none."""

    def is_badge(self, text: str) -> bool: ...
    def read(self, text: str, now: datetime) -> bytes | Reason: ...


class CardsPort(Protocol):
    """Whose card or badge it is, by the person's id."""

    def owner_of_card(self, code: str) -> int | None: ...
    def owner_of_badge(self, serial: bytes) -> int | None: ...


class CodesPort(Protocol):
    """Codes that stand in a picture."""

    def read(self, frame: Frame) -> SeenCodes: ...


class SeenCodes(Protocol):
    """Texts of QR codes, digits of bar codes."""

    @property
    def qr(self) -> tuple[str, ...]: ...
    @property
    def bar(self) -> tuple[str, ...]: ...


class AuditPort(Protocol):
    """What happened that is no decision of the door: ``event`` by name, who or what did it, and its details.

    Returns after it is recorded, or raises ``KioskError``.
    """

    def record(self, event: str, actor: str, detail: Mapping[str, object]) -> None: ...
