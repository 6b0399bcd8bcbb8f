"""Hours of presence on a real database: only of those who consented, since they did."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.app.bootstrap.attendance_factory import build_attendance
from kiosk.cli import main
from kiosk.core import paths
from kiosk.core.attendance import AttendanceRule, PresenceDay
from kiosk.core.config import AttendanceConfig, Config
from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.decisions import Decision, LogFilter, Mode, Outcome, Reason
from kiosk.core.errors import ConfigError, SignInError
from kiosk.core.people import AccountRole, Person
from kiosk.core.rights import Operator
from kiosk.services.attendance_service import AttendanceService
from kiosk.storage.store import Store

ADMIN = Operator("관리자")
DAY = date(2026, 3, 2)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").astimezone()


@dataclass
class Lab:
    """Three people: one consented long ago, one at noon, one to nothing."""

    store: Store
    data: Path

    def __post_init__(self) -> None:
        for number, name, consent in (
            ("2026-0001", "=하나", at("01 09:00")),
            ("2026-0002", "둘", at("02 12:00")),
            ("2026-0003", "셋", None),
        ):
            consents = [Consent(ConsentKind.PERSONAL, at("01 09:00"), "ko")]
            if consent:
                consents.append(Consent(ConsentKind.ATTENDANCE, consent, "ko"))
            person = self.store.people.add(Person(number, name, consents=tuple(consents)))
            for time in ("02 09:00", "02 13:00", "02 18:00", "02 19:00"):
                self.let_in(person, at(time))

    def let_in(self, person: Person, when: datetime, outcome: Outcome = Outcome.ACCEPT) -> None:
        made = Decision(
            when,
            outcome,
            Reason.MATCH if outcome is Outcome.ACCEPT else Reason.DISABLED,
            Mode.IDENTIFY,
            0.5,
            "net",
            person.id,
            person.name,
            person.number,
        )
        self.store.access_log.append(made)

    def service(self, *, enabled: bool = True, leaving: bool = True) -> AttendanceService:
        config = Config(attendance=AttendanceConfig(leaving=leaving))
        privacy = replace(config.privacy, attendance=enabled)
        return build_attendance(replace(config, privacy=privacy), self.store)

    def events(self) -> list[str]:
        return [row.event for row in self.store.audit_log.query(LogFilter(), 50, 0)[0]]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    data = tmp_path / "data"
    with Store.open(paths.database_file(data)) as store:
        yield Lab(store, data)


def test_only_those_who_consented_are_shown_from_then_on(lab: Lab):
    rows = lab.service().rows(ADMIN, DAY, DAY)
    assert [(row.number, row.presence.hours, row.presence.entries) for row in rows] == [
        ("2026-0001", 5.0, 2),
        ("2026-0002", None, 2),
    ], "the second's morning was before the consent; an odd number of times is no hours"
    assert lab.events()[0] == "attendance_viewed"
    [row] = lab.service(leaving=False).rows(ADMIN, DAY, DAY, "하나")
    assert (row.presence.hours, row.presence.last_out) == (None, None)


def test_who_agreed_again_keeps_the_days_from_before(lab: Lab):
    person = lab.store.people.by_number("2026-0001")
    assert person is not None and person.id is not None
    lab.store.people.give_consents(
        person.id, [Consent(ConsentKind.ATTENDANCE, at("20 09:00"), "en")]
    )
    [row] = lab.service().rows(ADMIN, DAY, DAY, "하나")
    assert row.presence.hours == 5.0


class Log:
    """Stands in for the access log and for everybody's consent."""

    def __init__(self, times: list[datetime]) -> None:
        self.times = sorted(times)
        self.reads = 0

    def consented_since(self, _kind: ConsentKind) -> dict[int, datetime]:
        return {1: datetime(2025, 1, 1).astimezone()}

    def get(self, person_id: int) -> Person:
        given = Consent(ConsentKind.ATTENDANCE, datetime(2025, 1, 1).astimezone(), "ko")
        return Person("1", "이산", id=person_id, consents=(given,))

    def accepted(self, _people: object, since: date, until: date) -> dict[int, list[datetime]]:
        self.reads += 1
        return {1: [at for at in self.times if since <= at.date() <= until]}

    def record(self, *_args: object) -> None:
        """Forget it."""

    def days(self, since: date, until: date, rule: AttendanceRule) -> dict[date, PresenceDay]:
        service = AttendanceService(
            self, self, self.accepted, lambda *_: None, self, rule, enabled=True
        )
        return {row.presence.day: row.presence for row in service.rows(ADMIN, since, until)}


def test_work_at_night_reads_the_same_from_any_day():
    nights = [at(f"{day:02} {hour}:00") for day in range(2, 12) for hour in ("08", "20")][1:]
    log = Log(nights)
    [seen] = log.days(date(2026, 3, 5), date(2026, 3, 5), AttendanceRule(leaving=True)).values()
    assert (seen.hours, seen.entries) == (12.0, 1), "20:00 to 04:00, and 04:00 to 08:00 before"
    assert seen.first_in is None, "there since the day before"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(3, 16), min_size=40, max_size=60),
    st.integers(8, 20),
    st.integers(0, 12),
    st.integers(2, 15),
    st.integers(0, 2),
)
def test_hours_of_a_day_do_not_depend_on_the_days_asked_for(
    gaps: list[int], longest: int, begins: int, first: int, more: int
):
    start = datetime(2026, 3, 1).astimezone()
    log = Log([start + timedelta(hours=hours) for hours in itertools.accumulate(gaps)])
    rule = AttendanceRule(leaving=True, day_begins=begins, longest_h=longest)
    whole = log.days(date(2026, 2, 20), date(2026, 4, 20), rule)
    since = date(2026, 3, 1) + timedelta(days=first)
    until = since + timedelta(days=more)
    expected = {day: seen for day, seen in whole.items() if since <= day <= until}
    assert log.days(since, until, rule) == expected


def test_reading_back_ends_where_nobody_ever_stays_away():
    begin = datetime(2026, 3, 1).astimezone()
    log = Log([begin - timedelta(hours=8 * n) for n in range(4000)])
    log.days(date(2026, 3, 1), date(2026, 3, 1), AttendanceRule(leaving=True))
    assert log.reads <= 6


def test_a_consent_that_is_withdrawn_ends_it(lab: Lab):
    person = lab.store.people.by_number("2026-0001")
    assert person is not None and person.id is not None
    lab.store.people.withdraw_other(person.id, ConsentKind.ATTENDANCE, "관리자")
    assert {row.number for row in lab.service().rows(ADMIN, DAY, DAY)} == {"2026-0002"}


def test_nothing_is_worked_out_unless_the_site_says_so(lab: Lab):
    with pytest.raises(ConfigError, match=r"privacy\.attendance"):
        lab.service(enabled=False).rows(ADMIN, DAY, DAY)
    staff = Operator("조교", AccountRole.STAFF)
    for act in (
        lambda: lab.service().rows(staff, DAY, DAY),
        lambda: lab.service().export(staff, DAY, DAY, lab.data / "x.csv"),
    ):
        with pytest.raises(SignInError):
            act()
    for since, until in ((DAY, DAY - timedelta(days=1)), (DAY, DAY + timedelta(days=366))):
        with pytest.raises(ConfigError, match="two days"):
            lab.service().rows(ADMIN, since, until)
    assert not {"attendance_viewed", "attendance_exported"} & set(lab.events())


def test_it_is_exported_and_printed(lab: Lab, capsys: pytest.CaptureFixture[str]):
    lab.service().export(ADMIN, DAY, DAY, lab.data / "exports" / "hours.xlsx")
    sheet = openpyxl.load_workbook(lab.data / "exports" / "hours.xlsx").active
    assert sheet is not None
    header, first, second = sheet.iter_rows(values_only=True)
    assert header[0] == "day"
    assert first == ("2026-03-02", "2026-0001", "=하나", "09:00", "19:00", 5, 2)
    assert second[3:6] == ("13:00", "–", None)
    lab.store.close()
    (lab.data / "config.toml").write_text(
        "[privacy]\nattendance = true\n[attendance]\nleaving = true\n"
    )
    days = ["--since", "2026-03-02", "--until", "2026-03-02", "--data-dir", str(lab.data)]
    assert main(["log", "attendance", str(lab.data.parent / "hours.csv"), *days]) == 0
    assert (lab.data.parent / "hours.csv").stat().st_mode & 0o777 == 0o600
    with (lab.data.parent / "hours.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["person"] for row in csv.DictReader(file)] == ["'=하나", "둘"]
    capsys.readouterr()
    assert main(["log", "attendance", *days, "--person", "0001"]) == 0
    line = capsys.readouterr().out
    assert line == "2026-03-02\t2026-0001\t=하나\t09:00\t19:00\t5.00 h\t2\n"
    assert main(["log", "attendance", str(lab.data.parent / "hours.pdf"), *days]) == 2
    assert "must end in .csv or .xlsx" in capsys.readouterr().err
