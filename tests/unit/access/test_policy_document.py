"""The screen's edits in the policy file: what they change, and that all else stays."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.access.policy.policy_change import changed_text
from kiosk.access.policy.policy_document import plan_users, policy_in, rules_in
from kiosk.access.policy.rules import AccessPolicy
from kiosk.access.policy.weekly_schedule import Span
from kiosk.core.access_rules import (
    WEEK,
    AccessRules,
    ClosedDays,
    GroupRule,
    WeekPlan,
    erased,
    joined,
    painted,
)
from kiosk.core.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/policy.md").read_text(encoding="utf-8")
[EXAMPLE] = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
COMMENTED = """\
# The laboratory's rules, 2026.
zone = "Asia/Seoul"

[schedules.office]
weekdays = ["08:00-20:00"]  # the building closes at 20:30

[groups.students]  # 학부생
schedule = "office"
[groups.staff]
opens = true
[door]
first_person = "office"  # somebody with a key to the fume hoods
"""


def comments(text: str) -> list[str]:
    return re.findall("#.*", text)


def test_the_example_of_the_documentation_is_read():
    rules = rules_in(EXAMPLE)
    assert [group.name for group in rules.groups] == ["students", "professors", "cleaners"]
    office, night = rules.plan("office"), rules.plan("night")
    assert office is not None and night is not None
    assert office.blocks("mon") == ((480, 1200),) and office.blocks("fri") == ((480, 1080),)
    assert office.blocks("sat") == () and office.blocks("holiday") == ()
    assert night.blocks("sun") == ((1200, 1440 + 480),)
    assert (rules.country, rules.default_group) == ("KR", "students")
    assert rules.closed == (ClosedDays(date(2026, 12, 28), date(2026, 12, 31), "겨울 휴무"),)
    assert plan_users(EXAMPLE)["night"] == ("door.two_person", "door.ways")


def test_an_empty_file_has_one_group_that_may_always_enter():
    rules = rules_in("")
    assert rules == AccessRules() and policy_in("") == AccessPolicy()
    more = replace(rules, groups=(*rules.groups, GroupRule("staff", "never")), default_group="")
    made = changed_text("", more)
    assert rules_in(made) == more and set(policy_in(made).groups) == {"everybody", "staff"}


def test_comments_order_and_all_else_stay():
    rules = rules_in(COMMENTED)
    office = rules.plan("office")
    assert office is not None
    edited = replace(
        rules,
        groups=(replace(rules.groups[0], schedule="always", alone=True), *rules.groups[1:]),
        plans=(office.with_day("fri", [(480, 1080)]),),
        country="KR",
        closed=(ClosedDays(date(2026, 12, 28), date(2026, 12, 28), "정전"),),
        default_group="students",
    )
    made = changed_text(COMMENTED, edited)
    assert comments(made) == comments(COMMENTED) and rules_in(made) == edited
    assert 'weekdays = ["08:00-20:00"]  # the building' in made and 'fri = ["08:00-18:00"]' in made
    policy = policy_in(made)
    assert policy.first_person.spans["fri"] == (Span(480, 1080),)
    assert policy.first_person.spans["mon"] == (Span(480, 1200),)
    assert changed_text(made, rules_in(made)) == made


def test_a_short_form_that_still_fits_is_kept():
    rules = rules_in(COMMENTED)
    plan = rules.plans[0]
    for day in WEEK[:5]:
        plan = plan.with_day(day, [(540, 1080)])
    made = changed_text(COMMENTED, replace(rules, plans=(plan,)))
    assert 'weekdays = ["09:00-18:00"]' in made and "mon" not in made


def test_ranges_that_stay_keep_their_comments():
    text = """\
[[holidays.closed]]
first = 2026-12-24  # the week before
[[holidays.closed]]
first = 2026-12-28
last = 2026-12-31
"""
    rules = rules_in(text)
    after = (rules.closed[0], ClosedDays(date(2027, 2, 1), date(2027, 2, 3), "이사"))
    made = changed_text(text, replace(rules, closed=after))
    assert rules_in(made).closed == after and "# the week before" in made
    assert "2026-12-28" not in made
    assert rules_in(changed_text(made, replace(rules, closed=()))).closed == ()


def test_tables_out_of_order_and_in_one_line_are_changed_too():
    text = '[groups.a]\n[schedules.x]\n[groups.b]\nschedule = "x"\n[holidays]\n'
    text += "closed = [{ first = 2026-12-24 }]\n[schedules.y]\ndaily = []\n[door]\nway='face'\n"
    rules = rules_in(text)
    edited = replace(
        rules,
        groups=(replace(rules.groups[0], opens=True), rules.groups[1], GroupRule("c", "y")),
        plans=(*rules.plans, WeekPlan("z", {"mon": ((0, 60),)})),
        closed=(*rules.closed, ClosedDays(date(2027, 1, 1), date(2027, 1, 1))),
    )
    made = rules_in(changed_text(text, edited))
    assert set(made.groups) == set(edited.groups) and made.closed == edited.closed
    assert {plan.name: plan for plan in made.plans} == {plan.name: plan for plan in edited.plans}


def test_a_group_of_decomposed_letters_is_found_in_the_file():
    text = '[groups."\u1112\u1161\u11a8\u1107\u116e"]\nschedule = "never"\n'
    rules = rules_in(text)
    assert rules.groups[0].name == "학부"
    edited = replace(rules, groups=(replace(rules.groups[0], schedule="always"),))
    made = changed_text(text, edited)
    assert rules_in(made) == edited and made.count("[groups.") == 1


def test_removing_the_default_group_leaves_none():
    text = '[groups.a]\n[groups.b]\n[groups.c]\n[door]\ndefault_group = "a"\n'
    rules = rules_in(text)
    edited = replace(rules, groups=rules.groups[1:], default_group="")
    assert rules_in(changed_text(text, edited)) == edited


def test_a_result_that_is_no_policy_is_refused():
    rules = rules_in(COMMENTED)
    with pytest.raises(ConfigError, match="no schedule 'night'"):
        changed_text(
            COMMENTED, replace(rules, groups=(*rules.groups, GroupRule("cleaners", "night")))
        )


blocks = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(
    lambda b: (b[0], min(b[0] + b[1], b[0] + 1440))
)
plans = st.dictionaries(st.sampled_from(WEEK), st.lists(blocks, max_size=3).map(joined)).map(
    lambda days: WeekPlan("office", {day: own for day, own in days.items() if own})
)


@settings(max_examples=20, deadline=None)
@given(plans, plans)
def test_whatever_is_painted_is_what_the_file_says(first: WeekPlan, second: WeekPlan):
    rules = rules_in(COMMENTED)
    one = changed_text(COMMENTED, replace(rules, plans=(first,)))
    two = changed_text(one, replace(rules, plans=(second,)))
    assert rules_in(one).plans == (first,) and rules_in(two).plans == (second,)
    assert comments(two) == comments(COMMENTED)


@given(st.lists(blocks, max_size=4).map(joined), st.integers(0, 1410), st.integers(1, 1440))
def test_painting_and_erasing_are_minutes_more_and_less(own, begin, length):
    end = min(begin + length, 1440)

    def minutes(all_blocks):
        return {minute for first, last in all_blocks for minute in range(first, min(last, 1440))}

    asked = set(range(begin, end))
    assert minutes(painted(own, begin, end)) == minutes(own) | asked
    assert minutes(erased(own, begin, end)) == minutes(own) - asked


DATED = """\
[schedules.office]
weekdays = ["09:00-18:00"]
[schedules.office.dates]
2026-12-24 = ["09:00-13:00"]  # before Christmas
2026-12-31 = []
[groups.students]
schedule = "office"
"""


def test_days_with_hours_of_their_own_replace_weekday_and_holiday():
    rules = rules_in(DATED)
    office = rules.plan("office")
    assert office is not None
    assert office.dates == {date(2026, 12, 24): ((540, 780),), date(2026, 12, 31): ()}
    week = policy_in(DATED).groups["students"].schedule
    for day, hour, opens in ((23, 17, True), (24, 12, True), (24, 13, False), (31, 10, False)):
        assert week.contains(datetime(2026, 12, day, hour), False, False) is opens
    assert week.contains(datetime(2026, 12, 24, 12), True, False), "on a holiday, too"
    assert not week.contains(datetime(2026, 12, 25, 12), True, False)


@pytest.mark.parametrize(
    "text", [DATED, '[schedules]\noffice = { mon = ["09:00-18:00"] }\n', "[schedules.office]\n"]
)
def test_days_with_hours_of_their_own_are_written_and_taken_back(text: str):
    rules = rules_in(text)
    office = rules.plan("office")
    assert office is not None
    night = office.with_date(date(2027, 2, 5), ((1320, 1440 + 120),))
    made = changed_text(text, replace(rules, plans=(night,)))
    assert rules_in(made).plan("office") == night and comments(made) == comments(text)
    assert '"22:00-02:00"' in made
    for day in night.dates:
        night = night.with_date(day, None)
    bare = changed_text(made, replace(rules, plans=(night,)))
    assert "dates" not in bare and rules_in(bare).plan("office") == replace(office, dates={})


def test_a_day_that_is_no_date_is_refused():
    with pytest.raises(ConfigError, match=r"dates: .* is not a date; write 2026-12-24"):
        policy_in('[schedules.office.dates]\n"24.12.2026" = []\n')
    with pytest.raises(ConfigError, match="is not a span of time"):
        policy_in('[schedules.office.dates]\n2026-12-24 = ["9"]\n')
