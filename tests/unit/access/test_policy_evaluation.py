"""Policy evaluation: people who may not enter never do, whatever happened before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.access.policy.evaluate import (
    AccessRequest,
    AccessResult,
    PolicyMemory,
    entered,
    evaluate,
    is_free,
    is_inside,
)
from kiosk.access.policy.policy_file import policy_from
from kiosk.access.policy.rules import (
    AccessGroup,
    AccessPolicy,
    AntiPassback,
    AuthRequirement,
    DoorOverride,
)
from kiosk.access.policy.validity import may_enter
from kiosk.access.policy.weekly_schedule import ALWAYS, DAYS, NEVER, Span, Week
from kiosk.core.decisions import ACCEPTING, Factor, Reason
from kiosk.core.people import CredentialMode, Person

SEOUL = ZoneInfo("Asia/Seoul")
BERLIN = ZoneInfo("Europe/Berlin")
FACE = frozenset({Factor.FACE})
OFFICE = Week({day: (Span.parse("09:00-18:00"),) for day in DAYS[:5]})
NIGHT = Week({day: (Span.parse("18:00-09:00"),) for day in DAYS})
MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=SEOUL)


def member(number: int = 1, *groups: str, **facts: object) -> Person:
    return Person(
        f"2026-{number}", f"사람{number}", id=number, groups=groups, **({"has_pin": True} | facts)
    )


def ask(
    rules: AccessPolicy,
    person: Person | None,
    at: datetime = MONDAY,
    memory: PolicyMemory = PolicyMemory(),
    given: frozenset[Factor] = FACE,
    override: DoorOverride = DoorOverride.NORMAL,
    **facts: bool,
) -> AccessResult:
    return evaluate(rules, override, memory, AccessRequest(person, given, at, **facts))


class Door:
    """Rules with a memory, as the door uses them."""

    def __init__(self, rules: AccessPolicy) -> None:
        self.rules = rules
        self.memory = PolicyMemory()
        self.override = DoorOverride.NORMAL
        self.notes: list[str] = []

    def come(
        self, person: Person, at: datetime, given: frozenset[Factor] = FACE, **facts: bool
    ) -> Reason | None:
        ruling = evaluate(
            self.rules, self.override, self.memory, AccessRequest(person, given, at, **facts)
        )
        self.memory = ruling.memory
        self.notes += ruling.notes
        if ruling.reason is None or ruling.reason in ACCEPTING:
            self.memory = entered(self.rules, self.memory, person, at)
        return ruling.reason


# who and when


def test_without_a_policy_everybody_enrolled_and_valid_enters():
    assert ask(AccessPolicy(), member()).reason is None
    assert ask(AccessPolicy(), None).reason is Reason.UNKNOWN
    assert ask(AccessPolicy(), member(enabled=False)).reason is Reason.DISABLED


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        ("2026-03-02T08:59:59.999999", Reason.OUT_OF_SCHEDULE),
        ("2026-03-02T09:00:00", None),
        ("2026-03-02T17:59:59.999999", None),
        ("2026-03-02T18:00:00", Reason.OUT_OF_SCHEDULE),
        ("2026-03-07T12:00:00", Reason.OUT_OF_SCHEDULE),
    ],
)
def test_a_span_begins_and_ends_to_the_minute(at: str, answer: Reason | None):
    rules = AccessPolicy(groups={"everybody": AccessGroup(OFFICE)})
    assert ask(rules, member(), datetime.fromisoformat(at).replace(tzinfo=SEOUL)).reason is answer


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        ("2026-03-06T21:59", False),
        ("2026-03-06T22:00", True),
        ("2026-03-06T23:59", True),
        ("2026-03-07T00:00", True),
        ("2026-03-07T01:59", True),
        ("2026-03-07T02:00", False),
        ("2026-03-06T01:00", False),
        ("2026-03-08T01:00", False),
    ],
)
def test_fridays_night_goes_on_after_midnight_and_belongs_to_friday(at: str, inside: bool):
    rules = AccessPolicy(
        groups={"everybody": AccessGroup(Week({"fri": (Span.parse("22:00-02:00"),)}))}
    )
    assert (
        ask(rules, member(), datetime.fromisoformat(at).replace(tzinfo=SEOUL)).reason is None
    ) is inside


def test_a_whole_day_ends_at_its_midnight():
    rules = AccessPolicy(
        groups={"everybody": AccessGroup(Week({"mon": (Span.parse("00:00-24:00"),)}))}
    )
    midnight = datetime(2026, 3, 3, 0, 0, tzinfo=SEOUL)
    assert ask(rules, member(), midnight - timedelta(microseconds=1)).reason is None
    assert ask(rules, member(), midnight).reason is Reason.OUT_OF_SCHEDULE


def test_the_doors_clock_counts_wherever_the_moment_was_told():
    rules = AccessPolicy(groups={"everybody": AccessGroup(OFFICE)}, zone=SEOUL)
    assert (
        ask(rules, member(), datetime(2026, 3, 2, 1, 0, tzinfo=UTC)).reason is None
    )  # 10:00 in Seoul
    assert (
        ask(rules, member(), datetime(2026, 3, 2, 10, 0, tzinfo=UTC)).reason
        is Reason.OUT_OF_SCHEDULE
    )  # 19:00


def test_summer_time_moves_the_door_with_the_clock_on_the_wall():
    rules = AccessPolicy(
        groups={
            "everybody": AccessGroup(Week({day: (Span.parse("09:00-18:00"),) for day in DAYS}))
        },
        zone=BERLIN,
    )
    winter = datetime(2026, 3, 28, 8, 30, tzinfo=UTC)
    summer = datetime(2026, 3, 29, 7, 30, tzinfo=UTC)
    assert (
        ask(rules, member(), winter).reason is ask(rules, member(), summer).reason is None
    )  # both 09:30 in Berlin
    assert (
        ask(rules, member(), datetime(2026, 3, 28, 7, 30, tzinfo=UTC)).reason
        is Reason.OUT_OF_SCHEDULE
    )


def test_the_hour_that_comes_twice_is_open_twice_and_the_one_that_never_comes_never():
    at_two = AccessPolicy(
        groups={"everybody": AccessGroup(Week({"sun": (Span.parse("02:00-03:00"),)}))}, zone=BERLIN
    )
    autumn = [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)]
    assert [ask(at_two, member(), at).reason for at in autumn] == [None, None]
    spring = [
        datetime(2026, 3, 29, 0, 0, tzinfo=UTC) + timedelta(minutes=m) for m in range(0, 180, 5)
    ]
    assert {ask(at_two, member(), at).reason for at in spring} == {Reason.OUT_OF_SCHEDULE}


def test_any_group_will_do_and_unknown_ones_do_nothing():
    rules = AccessPolicy(
        groups={"day": AccessGroup(OFFICE), "night": AccessGroup(NIGHT)}, default_group=""
    )
    evening = MONDAY.replace(hour=20)
    assert ask(rules, member(1, "day"), evening).reason is Reason.OUT_OF_SCHEDULE
    assert ask(rules, member(1, "day", "night"), evening).reason is None
    assert ask(rules, member(1, "gone")).reason is Reason.NO_GROUP
    assert ask(rules, member(1)).reason is Reason.NO_GROUP


# proofs


@pytest.mark.parametrize(
    ("way", "given", "answer"),
    [
        (AuthRequirement.FACE, {"face"}, None),
        (AuthRequirement.FACE, {"pin", "card"}, Reason.UNKNOWN),
        (AuthRequirement.FACE_PIN, {"face"}, Reason.PIN_NEEDED),
        (AuthRequirement.FACE_PIN, {"face", "number", "pin"}, None),
        (AuthRequirement.FACE_PIN, {"face", "card"}, Reason.PIN_NEEDED),
        (AuthRequirement.NUMBER_FACE, {"face"}, Reason.NUMBER_NEEDED),
        (AuthRequirement.NUMBER_FACE, {"face", "number"}, None),
        (AuthRequirement.NUMBER_FACE, {"face", "card"}, None),
        (AuthRequirement.CARD_FACE, {"face", "number"}, Reason.CARD_NEEDED),
        (AuthRequirement.CARD_FACE, {"face", "card"}, None),
        (AuthRequirement.CARD_FACE, {"card"}, Reason.UNKNOWN),
    ],
)
def test_required_factors_must_be_given(
    way: AuthRequirement, given: set[str], answer: Reason | None
):
    assert (
        ask(AccessPolicy(way=way), member(), given=frozenset(map(Factor, given))).reason is answer
    )


def test_missing_pin_is_reported():
    assert (
        ask(AccessPolicy(way=AuthRequirement.FACE_PIN), member(has_pin=False)).reason
        is Reason.NO_PIN
    )
    assert ask(AccessPolicy(), member(look_alike=True)).reason is Reason.PIN_NEEDED
    assert ask(AccessPolicy(pin_for_everybody=True), member(has_pin=False)).reason is Reason.NO_PIN
    assert (
        ask(
            AccessPolicy(pin_for_everybody=True),
            member(look_alike=True),
            given=FACE | {Factor.NUMBER, Factor.PIN},
        ).reason
        is None
    )


def test_the_way_changes_with_the_hour():
    rules = AccessPolicy(ways=((NIGHT, AuthRequirement.FACE_PIN),))
    assert ask(rules, member()).reason is None
    assert ask(rules, member(), MONDAY.replace(hour=22)).reason is Reason.PIN_NEEDED


# several people


def test_first_person_rule_applies_again_each_day():
    door = Door(
        AccessPolicy(
            groups={"everybody": AccessGroup(), "professors": AccessGroup(opens=True)},
            first_person=OFFICE,
        )
    )
    assert door.come(member(1), MONDAY) is Reason.FIRST_PERSON_NEEDED
    assert door.come(member(2, "professors"), MONDAY) is None
    assert door.come(member(1), MONDAY) is None
    assert door.come(member(1), MONDAY + timedelta(days=1)) is Reason.FIRST_PERSON_NEEDED
    assert door.come(member(1), MONDAY.replace(hour=20)) is None, "outside those hours nobody waits"


def test_a_first_person_who_was_refused_opens_nothing():
    door = Door(
        AccessPolicy(
            groups={"everybody": AccessGroup(), "professors": AccessGroup(opens=True)},
            first_person=OFFICE,
            way=AuthRequirement.CARD_FACE,
        )
    )
    assert door.come(member(2, "professors"), MONDAY) is Reason.CARD_NEEDED
    assert door.come(member(1), MONDAY, FACE | {Factor.CARD}) is Reason.FIRST_PERSON_NEEDED


def test_two_people_one_after_the_other():
    door = Door(AccessPolicy(two_person=ALWAYS, two_person_s=20))
    assert door.come(member(1), MONDAY) is Reason.SECOND_PERSON_NEEDED
    assert door.come(member(1), MONDAY + timedelta(seconds=5)) is Reason.SECOND_PERSON_NEEDED, (
        "twice the same is one"
    )
    assert door.come(member(2), MONDAY + timedelta(seconds=10)) is None
    assert door.come(member(3), MONDAY + timedelta(seconds=12)) is Reason.SECOND_PERSON_NEEDED, (
        "each opening needs two"
    )
    assert door.come(member(4), MONDAY + timedelta(seconds=33)) is Reason.SECOND_PERSON_NEEDED, (
        "too late"
    )


def test_both_of_two_are_inside_and_either_may_be_the_first_of_the_day():
    rules = AccessPolicy(
        groups={"everybody": AccessGroup(), "professors": AccessGroup(opens=True)},
        two_person=ALWAYS,
        first_person=ALWAYS,
        passback=AntiPassback.HARD,
    )
    door = Door(rules)
    assert door.come(member(1), MONDAY) is Reason.FIRST_PERSON_NEEDED
    assert door.come(member(2, "professors"), MONDAY) is Reason.SECOND_PERSON_NEEDED
    assert door.come(member(1), MONDAY + timedelta(seconds=5)) is None
    for person in (member(1), member(2, "professors")):
        assert door.come(person, MONDAY + timedelta(minutes=1)) is Reason.ALREADY_INSIDE
    assert door.come(member(3), MONDAY + timedelta(minutes=2)) is Reason.SECOND_PERSON_NEEDED, (
        "the day has begun"
    )


def test_a_second_person_who_must_not_enter_is_none():
    door = Door(AccessPolicy(two_person=ALWAYS))
    door.come(member(1), MONDAY)
    assert door.come(member(2, enabled=False), MONDAY) is Reason.DISABLED
    assert door.come(member(3, valid_until=date(2026, 3, 1)), MONDAY) is Reason.EXPIRED
    assert door.come(member(4), MONDAY) is None


def test_person_allowed_alone_enters_alone():
    door = Door(
        AccessPolicy(
            groups={"everybody": AccessGroup(), "guards": AccessGroup(alone=True)},
            two_person=ALWAYS,
        )
    )
    assert door.come(member(1, "guards"), MONDAY) is None


def test_a_clock_set_back_makes_nobody_the_second():
    door = Door(AccessPolicy(two_person=ALWAYS))
    door.come(member(1), MONDAY)
    assert door.come(member(2), MONDAY - timedelta(seconds=1)) is Reason.SECOND_PERSON_NEEDED


def test_inside_is_inside_until_the_day_changes_or_the_time_is_over():
    hard = Door(AccessPolicy(passback=AntiPassback.HARD, day_begins=240))
    assert hard.come(member(1), MONDAY) is None
    assert hard.come(member(1), MONDAY + timedelta(hours=8)) is Reason.ALREADY_INSIDE
    assert (
        hard.come(member(1), MONDAY.replace(hour=3) + timedelta(days=1)) is Reason.ALREADY_INSIDE
    ), "the new day begins at four"
    assert hard.come(member(1), MONDAY.replace(hour=4) + timedelta(days=1)) is None
    timed = Door(AccessPolicy(passback=AntiPassback.HARD, passback_min=10))
    timed.come(member(1), MONDAY)
    assert timed.come(member(1), MONDAY + timedelta(minutes=9, seconds=59)) is Reason.ALREADY_INSIDE
    assert timed.come(member(1), MONDAY + timedelta(minutes=10)) is None


def test_soft_only_takes_a_note():
    door = Door(AccessPolicy(passback=AntiPassback.SOFT))
    assert [door.come(member(1), MONDAY), door.come(member(1), MONDAY)] == [
        None,
        None,
    ] and door.notes == ["passback"]
    assert is_inside(door.rules, door.memory, member(1), MONDAY) and not is_inside(
        door.rules, door.memory, member(2), MONDAY
    )


def test_two_doors_never_stand_open_together():
    assert (
        ask(AccessPolicy(interlock=True), member(), other_door_open=True).reason
        is Reason.OTHER_DOOR_OPEN
    )
    assert ask(AccessPolicy(interlock=True), member()).reason is None
    assert ask(AccessPolicy(), member(), other_door_open=True).reason is None


def test_a_call_for_help_opens_but_never_for_somebody_who_must_not_enter():
    given = FACE | {Factor.PIN, Factor.DURESS_PIN}
    rules = AccessPolicy(duress=True)
    assert ask(rules, member(), given=given).reason is Reason.DURESS
    assert ask(rules, member(enabled=False), given=given).reason is Reason.DISABLED


# by hand


def test_a_lockdown_stands_over_everything_but_its_own_group():
    rules = AccessPolicy(
        groups={"everybody": AccessGroup(), "guards": AccessGroup(lockdown=True)}, free=ALWAYS
    )
    assert ask(rules, member(), override=DoorOverride.LOCKDOWN).reason is Reason.LOCKDOWN
    assert ask(rules, member(1, "guards"), override=DoorOverride.LOCKDOWN).reason is None
    assert (
        ask(rules, member(1, "guards", enabled=False), override=DoorOverride.LOCKDOWN).reason
        is Reason.DISABLED
    )
    assert not is_free(rules, DoorOverride.LOCKDOWN, PolicyMemory(), MONDAY)


def test_the_door_stands_open_by_schedule_once_somebody_has_come():
    door = Door(
        AccessPolicy(
            groups={"everybody": AccessGroup(), "professors": AccessGroup(opens=True)},
            free=OFFICE,
            first_person=OFFICE,
        )
    )
    assert not is_free(door.rules, DoorOverride.NORMAL, door.memory, MONDAY)
    door.come(member(1, "professors"), MONDAY)
    assert is_free(door.rules, DoorOverride.NORMAL, door.memory, MONDAY)
    assert not is_free(door.rules, DoorOverride.NORMAL, door.memory, MONDAY.replace(hour=18))
    assert is_free(door.rules, DoorOverride.FREE, PolicyMemory(), MONDAY.replace(hour=23))


# whatever the order of events

WEEKS = st.sampled_from([ALWAYS, NEVER, OFFICE, NIGHT])
RULES = st.builds(
    AccessPolicy,
    groups=st.fixed_dictionaries(
        {
            name: st.builds(AccessGroup, WEEKS, st.booleans(), st.booleans(), st.booleans())
            for name in ("a", "b")
        }
    ),
    default_group=st.sampled_from(["", "a"]),
    zone=st.sampled_from([None, SEOUL, BERLIN]),
    way=st.sampled_from(AuthRequirement),
    ways=st.lists(st.tuples(WEEKS, st.sampled_from(AuthRequirement)), max_size=2).map(tuple),
    first_person=WEEKS,
    two_person=WEEKS,
    passback=st.sampled_from(AntiPassback),
    passback_min=st.sampled_from([0, 10]),
    interlock=st.booleans(),
    duress=st.booleans(),
)
PEOPLE = st.builds(
    Person,
    st.just("1"),
    st.just("이산"),
    enabled=st.booleans(),
    id=st.integers(1, 4),
    look_alike=st.booleans(),
    has_pin=st.booleans(),
    valid_from=st.none() | st.dates(date(2026, 3, 1), date(2026, 3, 6)),
    valid_until=st.none() | st.dates(date(2026, 3, 1), date(2026, 3, 6)),
    groups=st.lists(st.sampled_from(["a", "b", "gone"]), max_size=2).map(tuple),
)
VISITS = st.tuples(
    st.none() | PEOPLE,
    st.frozensets(st.sampled_from(Factor)),
    st.integers(0, 7 * 24 * 3600),
    st.booleans(),
    st.booleans(),
    st.sampled_from(DoorOverride),
)


@pytest.mark.slow
@settings(max_examples=150)
@given(RULES, st.lists(VISITS, max_size=25), st.booleans())
def test_forbidden_person_never_enters_after_any_history(
    rules: AccessPolicy, visits: Sequence[tuple], in_order: bool
):
    """Expired, disabled, deleted, out of schedule, in no group, without the proofs, in a lock-down:
    never, in any order of events.
    """
    memory = PolicyMemory()
    for person, proofs, second, other_open, duress, override in (
        sorted(visits, key=lambda v: v[2]) if in_order else visits
    ):
        at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=second)
        ruling = evaluate(
            rules,
            override,
            memory,
            AccessRequest(
                person, proofs | {Factor.DURESS_PIN} if duress else proofs, at, other_open
            ),
        )
        memory = ruling.memory
        if ruling.reason is not None and ruling.reason not in ACCEPTING:
            continue
        assert person is not None and person.enabled and Factor.FACE in proofs
        today = at.astimezone(rules.zone).date() if rules.zone else at.date()
        assert (person.valid_from or date.min) <= today <= (person.valid_until or date.max)
        groups = [
            rules.groups[name]
            for name in person.groups or (rules.default_group,)
            if name in rules.groups
        ]
        assert any(rules.within(group.schedule, at) for group in groups)
        assert rules.asked_way(at).lacks(proofs) is None and (
            Factor.PIN in proofs or not person.look_alike
        )
        assert override is not DoorOverride.LOCKDOWN or any(
            group.lockdown and rules.within(group.schedule, at) for group in groups
        )
        assert not (rules.interlock and other_open)
        memory = entered(rules, memory, person, at)


@pytest.mark.slow
@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 60)), max_size=30))
def test_under_the_two_person_rule_every_opening_has_two_different_people(
    visits: list[tuple[int, int]],
):
    door = Door(AccessPolicy(two_person=ALWAYS, two_person_s=20))
    at = MONDAY
    shown = []
    for who, wait in visits:
        at += timedelta(seconds=wait)
        opened = door.come(member(who), at) is None
        if opened:
            assert any(other != who and (at - when).total_seconds() <= 20 for other, when in shown)
            shown = []
        else:
            shown.append((who, at))


GROUP_RULES = st.builds(
    AccessPolicy,
    groups=st.fixed_dictionaries(
        {
            "a": st.just(AccessGroup()),
            "b": st.builds(AccessGroup, WEEKS, st.booleans(), st.booleans(), st.booleans()),
        }
    ),
    first_person=st.sampled_from([ALWAYS, NEVER, OFFICE]),
    two_person=st.sampled_from([ALWAYS, NEVER, NIGHT]),
)
MEMBERS = st.builds(
    lambda number, groups: member(number, *groups),
    st.integers(1, 3),
    st.sampled_from([("a",), ("b",), ("a", "b")]),
)
OVERRIDES = st.sampled_from([DoorOverride.NORMAL, DoorOverride.LOCKDOWN])


@pytest.mark.slow
@settings(max_examples=150)
@given(GROUP_RULES, st.lists(st.tuples(MEMBERS, st.integers(0, 7200), OVERRIDES), max_size=25))
def test_group_out_of_schedule_changes_nothing(rules: AccessPolicy, visits: Sequence[tuple]):
    """Whatever such a group may do: the answers and the memory are those of its plain members."""
    memory = PolicyMemory()
    at = MONDAY
    for person, seconds, override in visits:
        at += timedelta(seconds=seconds)
        plain = replace(
            rules,
            groups={
                name: group if rules.within(group.schedule, at) else AccessGroup(group.schedule)
                for name, group in rules.groups.items()
            },
        )
        request = AccessRequest(person, FACE, at)
        result = evaluate(rules, override, memory, request)
        assert result == evaluate(plain, override, memory, request)
        memory = result.memory
        if result.reason is None:
            after = entered(rules, memory, person, at)
            assert after == entered(plain, memory, person, at)
            memory = after


NIGHT_GUARDS = AccessGroup(NIGHT, opens=True, alone=True, lockdown=True)


@pytest.mark.parametrize(
    ("hour", "alone", "first", "locked_down"),
    [
        (10, Reason.SECOND_PERSON_NEEDED, Reason.FIRST_PERSON_NEEDED, Reason.LOCKDOWN),
        (20, None, None, None),
    ],
)
def test_privileges_of_a_group_hold_only_in_its_hours(
    hour: int, alone: Reason | None, first: Reason | None, locked_down: Reason | None
):
    groups = {"everybody": AccessGroup(), "guards": NIGHT_GUARDS}
    rules = AccessPolicy(groups=groups)
    guard = member(1, "everybody", "guards")
    at = MONDAY.replace(hour=hour)
    assert ask(replace(rules, two_person=ALWAYS), guard, at).reason is alone
    assert ask(replace(rules, first_person=ALWAYS), guard, at).reason is first
    assert ask(rules, guard, at, override=DoorOverride.LOCKDOWN).reason is locked_down
    opened = entered(rules, PolicyMemory(), guard, at).opened_day
    assert opened == (None if first else rules.day(at)), "the day is begun in those hours only"


def test_first_of_two_does_not_count_after_their_hours():
    groups = {"day": AccessGroup(OFFICE, opens=True), "everybody": AccessGroup()}
    rules = AccessPolicy(groups=groups, two_person=ALWAYS, first_person=ALWAYS)
    closing = MONDAY.replace(hour=18)
    for late, reason in ((1, None), (-1, Reason.FIRST_PERSON_NEEDED)):
        door = Door(rules)
        second_comes = closing - timedelta(seconds=late)
        first = door.come(member(1, "day"), closing - timedelta(seconds=5))
        assert first is Reason.SECOND_PERSON_NEEDED
        assert door.come(member(2), second_comes) is reason
        assert (door.memory.opened_day is not None) is (reason is None)


@given(st.integers(0, 6 * 24 * 60), st.integers(0, 1439), st.integers(1, 1439))
def test_a_span_holds_exactly_its_minutes(minute: int, begin: int, length: int):
    """Compared with the plain arithmetic of minutes since Monday."""
    week = Week({"wed": (Span(begin, begin + length),)})
    at = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=minute)
    first = 2 * 1440 + begin
    assert week.contains(at, False, False) is (first <= minute < first + length)


# holidays


KOREA = policy_from(
    {
        "holidays": {
            "country": "KR",
            "worked": [date(2026, 5, 5)],
            "closed": [{"first": date(2026, 12, 28), "last": date(2026, 12, 30)}],
        },
        "schedules": {
            "office": {"weekdays": ["09:00-18:00"], "holiday": ["10:00-12:00"]},
            "strict": {"daily": ["00:00-24:00"]},
        },
        "groups": {"members": {"schedule": "office"}, "strict": {"schedule": "strict"}},
    }
)


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        ("2026-02-16", True),
        ("2026-02-17", True),
        ("2026-02-18", True),
        ("2026-02-19", False),  # Seollal
        ("2026-09-24", True),
        ("2026-09-25", True),  # Chuseok
        ("2026-03-01", True),
        ("2026-03-02", True),
        ("2026-03-03", False),  # Independence day on a Sunday, and its substitute
        ("2026-08-17", True),  # substitute for Liberation day on a Saturday
        ("2026-05-24", True),
        ("2026-05-25", True),  # the Buddha's birthday on a Sunday, and its substitute
        ("2026-10-09", True),
        ("2026-12-25", True),
        ("2026-05-05", False),  # worked on all the same
        ("2026-12-28", True),
        ("2026-12-30", True),
        ("2026-12-31", False),  # closed by the site
    ],
)
def test_korean_holidays(day: str, holiday: bool):
    at = datetime.fromisoformat(f"{day}T14:00").replace(tzinfo=SEOUL)
    assert KOREA.calendar.is_holiday(at.date()) is holiday
    weekend = at.weekday() > 4
    assert (ask(KOREA, member(1, "members"), at).reason is None) is (not holiday and not weekend)
    assert (ask(KOREA, member(1, "strict"), at).reason is None) is not holiday, (
        "a holiday without hours is closed"
    )


def test_a_holiday_has_hours_of_its_own_in_place_of_the_weekdays():
    assert (
        ask(KOREA, member(1, "members"), datetime(2026, 3, 2, 11, 0, tzinfo=SEOUL)).reason is None
    )
    assert (
        ask(KOREA, member(1, "members"), datetime(2026, 3, 2, 15, 0, tzinfo=SEOUL)).reason
        is Reason.OUT_OF_SCHEDULE
    )


def test_the_eve_of_a_holiday_keeps_its_night():
    rules = replace(
        KOREA,
        groups={
            "m": AccessGroup(
                Week({"sun": (Span.parse("22:00-02:00"),), "mon": (Span.parse("22:00-02:00"),)})
            )
        },
        default_group="m",
    )
    assert (
        ask(rules, member(), datetime(2026, 5, 25, 1, 0, tzinfo=SEOUL)).reason
        is Reason.OUT_OF_SCHEDULE
    )  # Sunday was a holiday itself
    assert (
        ask(rules, member(), datetime(2026, 5, 26, 1, 0, tzinfo=SEOUL)).reason
        is Reason.OUT_OF_SCHEDULE
    )  # so was Monday
    assert (
        ask(rules, member(), datetime(2026, 6, 1, 1, 0, tzinfo=SEOUL)).reason is None
    )  # the night of an ordinary Sunday


@pytest.mark.parametrize("way", AuthRequirement)
def test_entry_without_face_needs_all_other_factors(way: AuthRequirement):
    by_pin = member(entry=CredentialMode.PIN)
    by_card = member(entry=CredentialMode.CARD)
    number = frozenset({Factor.NUMBER, Factor.PIN})
    card = frozenset({Factor.CARD, Factor.PIN})
    assert ask(AccessPolicy(way=way), by_pin, given=number).reason is (
        Reason.CARD_NEEDED if way is AuthRequirement.CARD_FACE else None
    )
    assert ask(AccessPolicy(way=way), by_card, given=card).reason is None
    assert ask(AccessPolicy(way=way), member(), given=card | number).reason is Reason.UNKNOWN, (
        "who is enrolled by face shows it"
    )
    assert (
        ask(AccessPolicy(way=way), by_pin, given=number, override=DoorOverride.LOCKDOWN).reason
        is Reason.LOCKDOWN
    )
    assert (
        ask(AccessPolicy(way=way, duress=True), by_pin, given=card | {Factor.DURESS_PIN}).reason
        is Reason.DURESS
    )


@pytest.mark.parametrize(
    ("minute", "reason"), [("17:59", None), ("18:00", Reason.EXPIRED), ("23:59", Reason.EXPIRED)]
)
def test_a_pass_ends_at_its_time_on_the_last_day(minute, reason):
    hour, minutes = map(int, minute.split(":"))
    at = MONDAY.replace(hour=hour, minute=minutes)
    visitor = replace(member(1, valid_until=MONDAY.date()), until_time=time(18))
    assert may_enter(visitor, at) is reason
    assert may_enter(visitor, at - timedelta(days=1)) is None
    assert may_enter(visitor, at.replace(hour=0) + timedelta(days=1)) is Reason.EXPIRED
