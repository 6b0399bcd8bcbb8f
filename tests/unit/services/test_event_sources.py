"""What becomes an event: rows of the logs, and the state of camera, disk and people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.core.config import NotifyConfig
from kiosk.core.decisions import Decision, LogEntry, Mode, Outcome, Reason
from kiosk.core.door_state import DoorState
from kiosk.core.masking import masked_number
from kiosk.core.reports import Action
from kiosk.core.site_events import EventKind, SiteEvent
from kiosk.services.events.condition_events import ConditionEvents
from kiosk.services.events.log_events import LogEvents
from kiosk.services.events.names_told import person_told

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MASKED = f"김*수 ({masked_number('2026-1234')})"


class Notes(dict[str, str]):
    """Notes in memory."""

    def note(self, name: str) -> str:
        return self.get(name, "")

    def remember(self, name: str, value: str) -> None:
        self[name] = value


class Log:
    """Both logs in memory."""

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self.entries: list[LogEntry] = []

    def newest(self) -> tuple[int, int]:
        return len(self.actions), len(self.entries)

    def actions_after(self, action_id: int) -> Sequence[Action]:
        return self.actions[action_id:]

    def entries_after(self, entry_id: int) -> Sequence[LogEntry]:
        return self.entries[entry_id:]

    def did(self, event: str, at: datetime = AT, **detail: int) -> None:
        self.actions.append(Action(len(self.actions) + 1, at, event, "door", detail))

    def decided(
        self,
        reason: Reason,
        at: datetime = AT,
        name: str = "",
        number: str = "",
        outcome: Outcome = Outcome.REJECT,
    ) -> None:
        outcome = Outcome.ACCEPT if reason is Reason.DURESS else outcome
        made = Decision(
            at,
            outcome,
            reason,
            Mode.IDENTIFY,
            0.5,
            "net",
            person_name=name,
            person_number=number,
        )
        self.entries.append(LogEntry(len(self.entries) + 1, made))


def kinds(events: Sequence[SiteEvent]) -> list[EventKind]:
    return [event.kind for event in events]


def test_pictures_taken_away_before_the_answer_count_as_unknown_attempts():
    log, notes = Log(), Notes({"log.cursor": "[0, 0]"})
    for _ in range(3):
        log.decided(Reason.UNKNOWN, outcome=Outcome.UNFINISHED)
    log.decided(Reason.TRACK_LOST, outcome=Outcome.UNFINISHED)
    source = LogEvents(log, notes, NotifyConfig(unknown_count=3), lambda: AT)
    assert kinds(source.gather()) == [EventKind.UNKNOWN_REFUSED]


def test_while_the_queue_cannot_be_written_nothing_is_counted_or_shown_twice():
    log, notes, shown = Log(), Notes({"log.cursor": "[0, 0]"}), []
    source = LogEvents(log, notes, NotifyConfig(unknown_count=3), lambda: AT, shown.append)
    log.decided(Reason.UNKNOWN)
    for _ in range(5):
        assert source.gather() == [], "one is not five"
    log.decided(Reason.UNKNOWN)
    log.decided(Reason.UNKNOWN)
    first = source.gather()
    assert kinds(first) == [EventKind.UNKNOWN_REFUSED]
    assert source.gather() == first, "what could not be queued is told again"
    assert len(shown) == 3
    source.gathered()
    del log.entries[1:]
    source.gather()
    source.gathered()
    log.decided(Reason.OUT_OF_SCHEDULE)
    source.gather()
    assert len(shown) == 4, "a restored database has the ids again"


def test_new_rows_are_told_once_and_again_after_a_kill():
    log, notes = Log(), Notes()
    log.did("door_forced")
    source = LogEvents(log, notes, NotifyConfig(), lambda: AT)
    assert source.gather() == [], "the past is not told"
    source.gathered()
    log.did("door_forced")
    log.did("signed_in")
    log.did("tamper")
    first = source.gather()
    assert kinds(first) == [EventKind.DOOR_FORCED, EventKind.TAMPER]
    again = LogEvents(log, notes, NotifyConfig(), lambda: AT).gather()
    assert again == first, "killed before they were queued: the same events with the same ids"
    source.gathered()
    assert source.gather() == []
    assert len({event.id for event in first}) == 2


def test_a_restored_database_with_fewer_rows_is_followed():
    log, notes = Log(), Notes({"log.cursor": "[50, 50]"})
    source = LogEvents(log, notes, NotifyConfig(), lambda: AT)
    source.gather()
    source.gathered()
    log.did("door_forced")
    assert kinds(source.gather()) == [EventKind.DOOR_FORCED]


def test_rows_that_are_too_old_are_not_told():
    log, notes = Log(), Notes({"log.cursor": "[0, 0]"})
    log.did("door_forced", AT - timedelta(hours=73))
    log.did("tamper", AT - timedelta(hours=71))
    source = LogEvents(log, notes, NotifyConfig(keep_hours=72), lambda: AT)
    assert kinds(source.gather()) == [EventKind.TAMPER]


def test_so_many_unknown_ones_in_the_time_make_one_event():
    log, notes = Log(), Notes({"log.cursor": "[0, 0]"})
    config = NotifyConfig(unknown_count=3, unknown_minutes=10)
    source = LogEvents(log, notes, config, lambda: AT)
    for minute in (0, 9, 11):
        log.decided(Reason.UNKNOWN, AT + timedelta(minutes=minute))
    log.decided(Reason.OUT_OF_SCHEDULE, AT + timedelta(minutes=12))
    assert source.gather() == []
    source.gathered()
    log.decided(Reason.UNKNOWN_CARD, AT + timedelta(minutes=13))
    [event] = source.gather()
    source.gathered()
    assert (event.kind, event.values) == (EventKind.UNKNOWN_REFUSED, {"n": 3, "minutes": 10})
    log.decided(Reason.UNKNOWN, AT + timedelta(minutes=14))
    assert source.gather() == [], "counting begins again"


@pytest.mark.parametrize(
    ("style", "told"),
    [
        ("none", ""),
        ("masked", MASKED),
        ("number", "2026-1234"),
        ("full", "김민수 (2026-1234)"),
    ],
)
def test_duress_names_its_person_as_the_site_says(style: str, told: str):
    log, notes = Log(), Notes({"log.cursor": "[0, 0]"})
    log.decided(Reason.DURESS, name="김민수", number="2026-1234")
    [event] = LogEvents(log, notes, NotifyConfig(names=style), lambda: AT).gather()
    assert (event.kind, event.values["person"]) == (EventKind.DURESS, told)


@pytest.mark.parametrize("style", ["none", "masked", "number", "full"])
def test_a_typed_number_of_nobody_is_never_told(style: str):
    assert "123456" not in person_told(style, "", "123456")


class Site:
    """What conditions are read from."""

    def __init__(self, **settings: float) -> None:
        config = NotifyConfig(**settings)  # type: ignore[arg-type]
        self.now = 0.0
        self.today = AT
        self.free = 50_000_000_000
        self.source = ConditionEvents(
            config,
            lambda: self.free,
            lambda: self.today,
            lambda: self.now,
        )

    def gather(self) -> list[EventKind]:
        events = self.source.gather()
        self.source.gathered()
        return kinds(events)


def test_a_camera_that_flickers_is_not_told_one_that_is_lost_is():
    site = Site()
    site.source.see(DoorState.CAMERA_LOST)
    site.now = 5
    assert site.gather() == []
    site.source.see(DoorState.VERIFYING)
    site.now = 30
    assert site.gather() == []
    site.source.see(DoorState.CAMERA_LOST)
    site.now = 41
    assert site.gather() == [EventKind.CAMERA_LOST]
    assert site.gather() == []
    site.source.see(DoorState.OUT_OF_SERVICE)
    site.now = 52
    assert site.gather() == [EventKind.CAMERA_RESTORED, EventKind.OUT_OF_SERVICE]
    site.source.see(DoorState.IDLE)
    site.source.see(DoorState.REJECTED)
    site.now = 63
    assert site.gather() == [EventKind.IN_SERVICE]


def test_a_failed_backup_is_told_once_until_it_worked_again():
    site = Site()
    for failed, told in (
        (["the retention rule"], []),
        (["the backup"], [EventKind.BACKUP_FAILED]),
        (["the backup", "the retention rule"], []),
        ([], []),
        (["the backup"], [EventKind.BACKUP_FAILED]),
    ):
        site.source.maintained(failed)
        assert site.gather() == told


def test_little_disk_space_is_told_once_until_there_was_enough():
    site = Site(low_disk_gb=2)
    told = []
    for free in (3, 1, 1, 3, 1):
        site.free = free * 1_000_000_000
        site.now += 601
        told.append(site.gather())
    assert told == [[], [EventKind.LOW_DISK], [], [], [EventKind.LOW_DISK]]


def test_conditions_that_could_not_be_queued_are_told_until_they_are():
    site = Site(low_disk_gb=2)
    site.source.see(DoorState.CAMERA_LOST)
    site.source.maintained(["the backup"])
    site.free = 0
    site.now = 11
    first = site.source.gather()
    assert kinds(first) == [EventKind.CAMERA_LOST, EventKind.BACKUP_FAILED, EventKind.LOW_DISK]
    site.free = 50_000_000_000
    site.now = 700
    assert site.source.gather() == first, "the same events, though the disk has space again"
    assert site.gather() == kinds(first)
    assert site.gather() == []


def test_how_many_leave_soon_is_told_as_it_is_recorded():
    log, notes = Log(), Notes({"log.cursor": "[0, 0]"})
    log.did("people_expiring", people=2, days=14)
    [event] = LogEvents(log, notes, NotifyConfig(), lambda: AT).gather()
    assert (event.kind, event.values) == (EventKind.EXPIRING, {"n": 2, "days": 14})
