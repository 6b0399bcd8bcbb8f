"""The policy file: what it says, and one clear sentence for each mistake."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.access.policy.policy_file import load_policy, policy_from
from kiosk.access.policy.rules import AccessPolicy, AntiPassback, AuthRequirement
from kiosk.access.policy.weekly_schedule import Span
from kiosk.core.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]


def test_the_example_of_the_documentation_is_a_policy():
    page = (ROOT / "docs/policy.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", page, re.S)
    rules = policy_from(tomllib.loads(example))
    assert (
        rules.way is AuthRequirement.FACE
        and rules.passback is AntiPassback.SOFT
        and rules.calendar.country == "KR"
    )
    assert (
        set(rules.groups) == {"students", "professors", "cleaners"}
        and rules.groups["professors"].opens
    )
    assert [way for _, way in rules.ways] == [AuthRequirement.FACE_PIN]


def test_every_key_that_may_be_written_is_documented():
    page = (ROOT / "docs/policy.md").read_text(encoding="utf-8")
    for table in ("holidays", "schedules.x", "groups.x", "door"):
        with pytest.raises(ConfigError) as caught:
            policy_from({table.split(".")[0]: {"x": {"?": 1}} if "." in table else {"?": 1}})
        for key in str(caught.value).partition("use one of ")[2].rstrip(".").split(", "):
            assert f"`{key}`" in page, (table, key)


def test_an_empty_file_is_the_default():
    assert policy_from({}) == AccessPolicy()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[dor]\n", "dor is not known; use one of"),
        ("[door]\nfre = 'x'\n", "door.fre is not known"),
        ("zone = 'Asia/Soul'\n", "no time zone 'Asia/Soul'"),
        ("zone = '../../etc/passwd'\n", "no time zone"),
        (
            "[schedules.office]\nmon = ['9-18']\n",
            "schedules.office.mon: '9-18' is not a span of time",
        ),
        ("[schedules.office]\nmon = ['09:00-24:30']\n", "is not a span of time"),
        ("[schedules.office]\nmon = ['09:60-18:00']\n", "is not a span of time"),
        ("[schedules.office]\nmon = ['09:00-09:00']\n", "is not a span of time"),
        ("[schedules.office]\nmon = [9]\n", "9 is not a span of time"),
        ("[schedules.office]\nmon = '09:00-18:00'\n", "schedules.office.mon must be a list"),
        (
            "[schedules.office]\nmon = ['09:00-12:00', '11:00-18:00']\n",
            "schedules.office.mon: two spans overlap",
        ),
        ("[schedules.office]\nmonday = []\n", "schedules.office.monday is not known"),
        ("[schedules.never]\nmon = ['09:00-12:00']\n", "schedules.never is a built-in schedule"),
        ("[schedules.always]\n", "schedules.always is a built-in schedule"),
        ("[schedules]\noffice = 3\n", "schedules.office must be a table"),
        ("[groups.members]\nschedule = 'ofice'\n", "there is no schedule 'ofice'"),
        ("[groups.members]\nopens = 'yes'\n", "groups.members.opens must be true or false"),
        ("[holidays]\ncountry = 'XX'\n", "the holidays of 'XX' are not known"),
        ("[holidays]\nworked = ['2026-05-05']\n", "holidays.worked must be dates"),
        ("[holidays]\nworked = [2026-05-05T09:00:00]\n", "holidays.worked must be dates"),
        ("[[holidays.closed]]\nlast = 2026-05-05\n", "holidays.closed[1] has no first day"),
        ("[[holidays.closed]]\nfirst = 2026-05-05\nlast = 2026-05-04\n", "comes before the first"),
        (
            "[[holidays.closed]]\nfirst = 2026-05-01\nlast = 2026-05-05\nname = "
            "'a'\n[[holidays.closed]]\nfirst = 2026-05-05\n",
            "a (2026-05-01 to 2026-05-05) and the days (2026-05-05 to 2026-05-05) overlap",
        ),
        ("[holidays]\nclosed = [2026-05-05]\n", "must be tables, written [[holidays.closed]]"),
        ("[door]\nway = 'pin'\n", "door.way must be one of face, face_pin"),
        ("[door]\nways = ['face']\n", "door.ways must be tables"),
        (
            "[door]\nways = [{ schedule = 'night', way = 'face' }]\n",
            "door.ways[1].schedule: there is no schedule 'night'",
        ),
        ("[door]\nways = [{ way = 'face', when = 'night' }]\n", "door.ways[1].when is not known"),
        ("[door]\npassback = 'medium'\n", "door.passback must be one of off, soft, hard"),
        ("[door]\ntwo_person_s = 1\n", "door.two_person_s must be between 2 and 300"),
        ("[door]\ntwo_person_s = nan\n", "door.two_person_s must be between"),
        ("[door]\nday_begins = '4'\n", "door.day_begins: '4' is not a time of day"),
        ("[door]\nday_begins = '24:00'\n", "is not a time of day"),
        ("[door]\ndefault_group = 'all'\n", "there is no group 'all'"),
        ("[door]\nfirst_person = 'always'\n", "no group may be the first"),
        ("[door\n", "is not valid TOML"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_its_key(tmp_path: Path, text: str, says: str):
    file = tmp_path / "policy.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_policy(file)
    assert (
        says in str(caught.value)
        and str(file) in str(caught.value)
        and "\n" not in str(caught.value)
    )


def test_files_that_cannot_be_read(tmp_path: Path):
    with pytest.raises(ConfigError, match="no policy file"):
        load_policy(tmp_path / "nothing.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_policy(tmp_path)


def test_a_single_day_stands_over_the_short_form():
    rules = policy_from(
        {
            "schedules": {"s": {"weekdays": ["09:00-18:00"], "fri": ["09:00-12:00"]}},
            "groups": {"g": {"schedule": "s"}},
        }
    )
    spans = rules.groups["g"].schedule.spans
    assert (
        spans["thu"] == (Span(540, 1080),)
        and spans["fri"] == (Span(540, 720),)
        and "sat" not in spans
    )


def test_person_without_group_joins_a_single_group_but_none_of_several():
    assert policy_from({"groups": {"a": {}}}).default_group == "a"
    assert policy_from({"groups": {"a": {}, "b": {}}}).default_group == ""
    assert (
        policy_from({"groups": {"a": {}, "b": {}}, "door": {"default_group": "b"}}).default_group
        == "b"
    )


@given(
    st.text(st.characters(codec="utf-8"), max_size=14)
    | st.from_regex(r"[0-9:\- ]{5,13}", fullmatch=True)
)
def test_time_span_is_within_two_days_or_refused(text: str):
    try:
        span = Span.parse(text)
    except ValueError:
        return
    assert 0 <= span.begin < 1440 and span.begin < span.end <= span.begin + 1440


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.dates(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "zone",
                        "holidays",
                        "schedules",
                        "groups",
                        "door",
                        "mon",
                        "daily",
                        "schedule",
                        "ways",
                        "way",
                        "closed",
                        "first",
                        "country",
                        "x",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ).filter(lambda v: isinstance(v, dict))
)
def test_policy_file_is_valid_or_refused_once(tables: dict[str, object]):
    try:
        assert isinstance(policy_from(tables), AccessPolicy)
    except ConfigError as error:
        assert "\n" not in str(error)


def test_a_policy_written_on_a_mac_knows_the_groups_of_its_people(tmp_path: Path):
    group = '[groups."대학원생"]\n'
    text = f'[schedules."낮"]\ndaily = ["09:00-18:00"]\n{group}schedule = "낮"\n'
    file = tmp_path / "policy.toml"
    file.write_text(unicodedata.normalize("NFD", text), encoding="utf-8")
    assert len(load_policy(file).groups_of(("대학원생",))) == 1
    file.write_text(text + unicodedata.normalize("NFD", group), encoding="utf-8")
    with pytest.raises(ConfigError, match="the same key twice"):
        load_policy(file)
