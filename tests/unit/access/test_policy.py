"""Who may enter when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.access.policy import may_enter
from kiosk.core.decisions import Factor, Reason
from kiosk.core.people import CredentialMode, Person

SEOUL = timezone(timedelta(hours=9))
PERSON = Person("2026-0001", "홍길동", valid_from=date(2026, 3, 2), valid_until=date(2026, 8, 31))

_DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
_MOMENTS = st.builds(
    datetime.combine,
    _DAYS,
    st.times(),
    st.sampled_from([UTC, SEOUL, timezone(timedelta(hours=-11))]),
)
_PEOPLE = st.builds(
    Person,
    st.just("1"),
    st.just("이산"),
    enabled=st.booleans(),
    valid_from=st.none() | _DAYS,
    valid_until=st.none() | _DAYS,
)


@given(_MOMENTS)
def test_unknown_person_never_enters(now: datetime) -> None:
    assert may_enter(None, now) is Reason.UNKNOWN


@given(_PEOPLE, _MOMENTS)
def test_only_who_is_enabled_and_within_their_dates_enters(person: Person, now: datetime) -> None:
    allowed = person.enabled and (person.valid_from or date.min) <= now.date() <= (
        person.valid_until or date.max
    )
    assert (may_enter(person, now) is None) == allowed


@given(_PEOPLE, _MOMENTS)
def test_a_disabled_person_never_enters(person: Person, now: datetime) -> None:
    assert may_enter(replace(person, enabled=False), now) is Reason.DISABLED


@given(_PEOPLE, _DAYS, st.times(), st.integers(1, 4000))
def test_an_expired_person_never_enters(person: Person, last: date, at: time, days: int) -> None:
    person = replace(person, enabled=True, valid_from=None, valid_until=last)
    assert (
        may_enter(person, datetime.combine(last + timedelta(days=days), at, SEOUL))
        is Reason.EXPIRED
    )


@given(_PEOPLE, _DAYS, st.times(), st.integers(1, 4000))
def test_person_not_yet_valid_never_enters(
    person: Person, first: date, at: time, days: int
) -> None:
    person = replace(person, enabled=True, valid_from=first)
    assert (
        may_enter(person, datetime.combine(first - timedelta(days=days), at, SEOUL))
        is Reason.NOT_YET_VALID
    )


@given(_DAYS, st.times())
def test_the_first_and_the_last_day_count_whole(day: date, at: time) -> None:
    assert (
        may_enter(
            replace(PERSON, valid_from=day, valid_until=day), datetime.combine(day, at, SEOUL)
        )
        is None
    )


@given(_DAYS, _MOMENTS)
def test_dates_in_the_wrong_order_let_nobody_in(day: date, now: datetime) -> None:
    assert (
        may_enter(replace(PERSON, valid_from=day, valid_until=day - timedelta(days=1)), now)
        is not None
    )


@pytest.mark.parametrize(
    ("now", "answer"),
    [
        ("2026-03-01T23:59:59.999999+09:00", Reason.NOT_YET_VALID),
        ("2026-03-02T00:00:00+09:00", None),
        ("2026-08-31T23:59:59.999999+09:00", None),
        ("2026-09-01T00:00:00+09:00", Reason.EXPIRED),
    ],
)
def test_midnight(now: str, answer: Reason | None) -> None:
    assert may_enter(PERSON, datetime.fromisoformat(now)) is answer


def test_without_dates_there_is_no_end() -> None:
    always = replace(PERSON, valid_from=None, valid_until=None)
    assert (
        may_enter(always, datetime.min.replace(tzinfo=SEOUL))
        is may_enter(always, datetime.max.replace(tzinfo=SEOUL))
        is None
    )


@given(_PEOPLE, _MOMENTS, st.booleans())
def test_a_look_alike_enters_only_with_number_and_pin_and_never_where_others_may_not(
    person: Person, now: datetime, everybody: bool
) -> None:
    usual = may_enter(person, now)
    for pin in (True, False):
        twin = replace(person, look_alike=not everybody, has_pin=pin)
        assert (
            may_enter(
                twin,
                now,
                frozenset({Factor.FACE, Factor.NUMBER, Factor.PIN}),
                pin_for_everybody=everybody,
            )
            is usual
        ), "the PIN opens no other door"
        asked = Reason.PIN_NEEDED if pin else Reason.NO_PIN
        assert may_enter(twin, now, frozenset({Factor.FACE}), pin_for_everybody=everybody) is (
            usual or asked
        )


@given(
    _PEOPLE,
    _MOMENTS,
    st.frozensets(st.sampled_from(Factor)),
    st.sampled_from(CredentialMode),
    st.booleans(),
)
def test_entry_needs_a_face_or_the_pin(
    person: Person, now: datetime, given_: frozenset[Factor], entry: CredentialMode, everybody: bool
) -> None:
    person = replace(person, entry=entry, has_pin=True)
    if may_enter(person, now, given_, pin_for_everybody=everybody) is None:
        assert Factor.FACE in given_ or (
            Factor.PIN in given_ and person.entry is not CredentialMode.FACE
        )
        assert Factor.FACE in given_ or Factor.CARD in given_ or person.entry is CredentialMode.PIN
        assert (
            may_enter(person, now, given_ | {Factor.FACE}, pin_for_everybody=everybody) is None
        ), "a face takes nothing away"
