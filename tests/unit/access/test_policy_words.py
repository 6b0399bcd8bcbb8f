"""What each key of the policy file is read as, and how mistakes are reported."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kiosk.access.policy.calendar import Calendar, Closed
from kiosk.access.policy.policy_file import policy_from
from kiosk.access.policy.rules import AccessGroup, AccessPolicy, AntiPassback, AuthRequirement
from kiosk.access.policy.weekly_schedule import ALWAYS, DAYS, NEVER, Span, Week
from kiosk.core.errors import ConfigError

OFFICE = (Span(540, 1080),)
NIGHT = (Span(1320, 1560),)


def mistake(tables: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        policy_from(tables)
    return str(caught.value)


def test_a_file_with_every_key_is_read_completely():
    rules = policy_from(
        {
            "zone": "Asia/Seoul",
            "holidays": {
                "country": "kr",
                "worked": [date(2026, 5, 5)],
                "closed": [
                    {"first": date(2026, 12, 28), "last": date(2026, 12, 30), "name": "winter"},
                    {"first": date(2026, 7, 1)},
                ],
            },
            "schedules": {"day": {"mon": ["09:00-18:00"]}, "night": {"sun": ["22:00-02:00"]}},
            "groups": {
                "members": {"schedule": "day"},
                "professors": {"opens": True},
                "guards": {"schedule": "night", "alone": True, "lockdown": True},
            },
            "door": {
                "default_group": "members",
                "way": "face_pin",
                "ways": [{"schedule": "day", "way": "card_face"}, {"way": "number_face"}],
                "free": "day",
                "first_person": "always",
                "two_person": "night",
                "two_person_s": 45,
                "passback": "hard",
                "passback_min": 90,
                "day_begins": "05:30",
                "interlock": True,
                "duress": True,
            },
        }
    )
    day = Week({"mon": OFFICE})
    night = Week({"sun": NIGHT})
    assert rules == AccessPolicy(
        groups={
            "members": AccessGroup(day),
            "professors": AccessGroup(ALWAYS, opens=True),
            "guards": AccessGroup(night, alone=True, lockdown=True),
        },
        default_group="members",
        calendar=Calendar(
            "KR",
            (
                Closed(date(2026, 7, 1), date(2026, 7, 1)),
                Closed(date(2026, 12, 28), date(2026, 12, 30), "winter"),
            ),
            frozenset({date(2026, 5, 5)}),
        ),
        zone=ZoneInfo("Asia/Seoul"),
        way=AuthRequirement.FACE_PIN,
        ways=((day, AuthRequirement.CARD_FACE), (ALWAYS, AuthRequirement.NUMBER_FACE)),
        free=day,
        first_person=ALWAYS,
        two_person=night,
        two_person_s=45.0,
        passback=AntiPassback.HARD,
        passback_min=90,
        day_begins=330,
        interlock=True,
        duress=True,
    )
    assert isinstance(rules.two_person_s, float)


def test_an_empty_group_may_always_enter_and_nothing_more():
    group = policy_from({"groups": {"members": {}}}).groups["members"]
    assert group == AccessGroup(ALWAYS, opens=False, alone=False, lockdown=False)


def test_an_empty_way_is_by_face_at_any_time():
    assert policy_from({"door": {"ways": [{}]}}).ways == ((ALWAYS, AuthRequirement.FACE),)


@pytest.mark.parametrize(
    ("word", "days"),
    [
        ("daily", DAYS),
        ("weekdays", ("mon", "tue", "wed", "thu", "fri")),
        ("weekend", ("sat", "sun")),
        *((day, (day,)) for day in DAYS),
        ("holiday", ("holiday",)),
    ],
)
def test_each_key_for_days_covers_these_days(word, days):
    rules = policy_from({"schedules": {"s": {word: ["09:00-18:00"]}}, "door": {"free": "s"}})
    assert rules.free == Week(dict.fromkeys(days, OFFICE))


def test_a_day_with_an_empty_list_is_closed_although_the_short_form_has_spans():
    rules = policy_from(
        {"schedules": {"s": {"daily": ["09:00-18:00"], "sun": []}}, "door": {"free": "s"}}
    )
    assert rules.free.spans["sun"] == () and rules.free.spans["sat"] == OFFICE


def test_always_and_never_need_no_definition():
    rules = policy_from({"door": {"free": "always", "two_person": "never"}})
    assert rules.free is ALWAYS and rules.two_person is NEVER


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("two_person_s", 2, 2.0),
        ("two_person_s", 300, 300.0),
        ("two_person_s", 2.5, 2.5),
        ("passback_min", 0, 0),
        ("passback_min", 1440, 1440),
        ("day_begins", "00:00", 0),
        ("day_begins", "23:59", 1439),
    ],
)
def test_bounds_are_inclusive(key, value, read):
    assert getattr(policy_from({"door": {key: value}}), key) == read


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("two_person_s", 1.99, "door.two_person_s must be between 2 and 300, not 1.99."),
        ("two_person_s", 300.5, "door.two_person_s must be between 2 and 300, not 300.5."),
        ("passback_min", -1, "door.passback_min must be between 0 and 1440, not -1."),
        ("passback_min", 1441, "door.passback_min must be between 0 and 1440, not 1441."),
        ("two_person_s", "ten", "door.two_person_s must be a number, not 'ten'."),
        ("two_person_s", True, "door.two_person_s must be a number, not True."),
        ("passback_min", 5.0, "door.passback_min must be a whole number, not 5.0."),
        ("passback_min", True, "door.passback_min must be a whole number, not True."),
    ],
)
def test_values_out_of_bounds_or_of_another_type_are_named(key, value, message):
    assert mistake({"door": {key: value}}) == message


def test_an_unknown_top_level_key_is_named_without_a_table():
    message = mistake({"dor": {}})
    assert message == "dor is not known; use one of door, groups, holidays, schedules, zone."


def test_an_unknown_day_is_named_with_all_known_ones():
    message = mistake({"schedules": {"s": {"monday": []}}})
    assert message == (
        "schedules.s.monday is not known; use one of daily, dates, fri, holiday, mon, sat, "
        "sun, thu, tue, wed, weekdays, weekend."
    )


def test_closed_days_have_no_other_keys():
    closed = {"first": date(2026, 5, 1), "until": date(2026, 5, 2)}
    message = mistake({"holidays": {"closed": [closed]}})
    assert message.startswith("holidays.closed[1].until is not known; use one of first, last, name")


def test_closed_days_may_be_adjacent_and_unordered_but_not_overlap():
    first = {"first": date(2026, 5, 1), "last": date(2026, 5, 2)}
    second = {"first": date(2026, 5, 3), "last": date(2026, 5, 3)}
    for closed in ([first, second], [second, first]):
        days = policy_from({"holidays": {"closed": closed}}).calendar.closed
        assert [day.first.day for day in days] == [1, 3]
    third = {"first": date(2026, 5, 2)}
    assert "overlap" in mistake({"holidays": {"closed": [third, first]}})


def test_a_group_that_opens_must_exist_where_the_first_person_is_waited_for():
    groups = {"members": {}, "professors": {"opens": True}}
    assert (
        policy_from({"groups": groups, "door": {"first_person": "always"}}).first_person is ALWAYS
    )
    message = mistake({"groups": {"members": {}}, "door": {"first_person": "always"}})
    assert message.startswith("door.first_person: no group may be the first")
