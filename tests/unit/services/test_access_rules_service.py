"""The access rules are changed, recorded, undone, and loosened by two administrators only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from kiosk.access.policy.policy_document import policy_in
from kiosk.app.site_policy_file import SitePolicyFile
from kiosk.core.access_rules import (
    STORED,
    AccessRules,
    ClosedDays,
    GroupRule,
    RuleKind,
    WeekPlan,
    digest,
)
from kiosk.core.config import Config
from kiosk.core.errors import ConfigError, KioskError, SignInError, StorageError
from kiosk.core.people import Account
from kiosk.services.access_rules_service import AccessRulesService
from kiosk.services.rules_difference import differences
from kiosk.services.two_admins import TwoAdmins
from tests.helpers.administrators import admin
from tests.helpers.door import NOW

ADMIN = admin(1, "관리자")
OTHER = admin(2, "교수")
OFFICE = WeekPlan("office", {"mon": ((480, 1200),), "fri": ((480, 1080),)})
TEXT = """\
# ours
[schedules.office]
mon = ["08:00-20:00"]
fri = ["08:00-18:00"]
[groups.students]
schedule = "office"
[groups.staff]
opens = true
[door]
first_person = "office"
"""


class Site:
    """A policy file, with settings and an audit log in memory; ``two``: the rule is on."""

    def __init__(self, folder: Path, text: str = TEXT) -> None:
        self.path = folder / "policy.toml"
        if text:
            self.path.write_text(text, encoding="utf-8")
        self.in_use = policy_in(text)
        self.two = False
        self.kept: dict[str, object] = {}
        self.recorded: list[tuple[str, str, dict[str, object]]] = []
        self.file = SitePolicyFile(Config(), folder, lambda: self.in_use, self._use)
        self.service = AccessRulesService(
            self.file,
            self,
            self,
            TwoAdmins(lambda: self.two, self._verify, lambda: NOW),
            lambda: {"students": 2, "cleaners": 1},
            lambda: NOW,
            self._rename_people,
        )
        self.followed: list[tuple[str, str, str]] = []
        self.broken = False

    def get(self, key: str, default: object = None) -> object:
        return self.kept.get(key, default)

    def set(self, key: str, value: object) -> None:
        self.kept[key] = value

    def record(self, event: str, actor: str, detail: dict[str, object]) -> None:
        self.recorded.append((event, actor, detail))

    def _rename_people(self, old: str, new: str, by: str, finish: Callable[[], None]) -> int:
        finish()
        if self.broken:
            raise StorageError("The database is full.")
        self.followed.append((old, new, by))
        return 2

    def rename(
        self, kind: RuleKind, old: str, new: str, name: str = "", pin: str = ""
    ) -> AccessRules:
        view = self.service.view(ADMIN)
        return self.service.rename(ADMIN, kind, old, new, view.seen, name, pin).rules

    def _use(self, policy: object) -> None:
        self.in_use = policy

    def _verify(self, name: str, pin: str) -> Account:
        if (name, pin) != ("교수", "482915"):
            raise SignInError("wrong")
        return OTHER

    def change(self, name: str = "", pin: str = "", **changes: object) -> AccessRules:
        view = self.service.view(ADMIN)
        rules = replace(view.rules, **changes)
        return self.service.change(ADMIN, rules, view.seen, name, pin).rules


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def group(site: Site, name: str, **changes: object) -> tuple[GroupRule, ...]:
    groups = site.service.view(ADMIN).rules.groups
    return tuple(replace(one, **changes) if one.name == name else one for one in groups)


def test_a_view_has_what_the_screen_shows(site: Site):
    view = site.service.view(ADMIN)
    assert view.rules.plans == (OFFICE,) and view.members["students"] == 2
    assert view.unknown_groups == ("cleaners",)
    assert view.plan_users == {"office": ("door.first_person",)}
    assert not view.changed_outside and view.history == ()


def test_a_change_is_recorded_written_and_in_force(site: Site):
    site.change(groups=group(site, "students", schedule="always"))
    assert site.in_use.groups["students"].schedule == site.in_use.groups["staff"].schedule
    assert site.path.read_text(encoding="utf-8").startswith("# ours")
    [(event, by, detail)] = site.recorded
    assert (event, by) == ("rules_changed", "관리자")
    assert detail == {"changes": "groups.students: office → always"}
    assert site.kept[STORED] == digest(site.path.read_text(encoding="utf-8"))


def test_undoing_brings_back_the_very_file(site: Site):
    site.change(groups=group(site, "students", lockdown=True))
    site.change(closed=(ClosedDays(date(2026, 12, 24), date(2026, 12, 26), "휴무"),))
    history = site.service.view(ADMIN).history
    assert [(kept.number, kept.by) for kept in history] == [(2, "관리자"), (1, "관리자")]
    view = site.service.restore(ADMIN, 1)
    assert site.path.read_text(encoding="utf-8") == TEXT and len(view.history) == 3
    assert site.recorded[-1][2] == {"version": 1}
    with pytest.raises(StorageError, match="no longer kept"):
        site.service.restore(ADMIN, 99)


def test_letting_more_in_takes_two_administrators_and_less_takes_one(site: Site):
    site.two = True
    before = site.path.read_text(encoding="utf-8")
    with pytest.raises(SignInError, match="second administrator"):
        site.change(groups=group(site, "students", schedule="always"))
    assert site.path.read_text(encoding="utf-8") == before and site.recorded == []
    site.change(groups=group(site, "students", schedule="never"))
    site.change("교수", "482915", groups=group(site, "students", schedule="always"))
    assert [by for _, by, _ in site.recorded] == ["관리자", "관리자 + 교수"]
    with pytest.raises(SignInError):
        site.change(groups=group(site, "students", alone=True))


def test_what_counts_is_what_the_door_goes_by_not_the_file(site: Site):
    """Somebody loosened the file by hand: keeping that on screen takes two all the same."""
    site.two = True
    site.path.write_text(TEXT.replace('schedule = "office"', ""), encoding="utf-8")
    view = site.service.view(ADMIN)
    assert view.changed_outside
    with pytest.raises(SignInError):
        site.service.change(ADMIN, view.rules, view.seen)
    site.service.change(ADMIN, view.rules, view.seen, "교수", "482915")
    assert not site.service.view(ADMIN).changed_outside
    assert site.recorded[-1][2] == {"changes": "edits of the file"}


def test_an_edit_of_rules_that_changed_meanwhile_is_refused(site: Site):
    seen = site.service.view(ADMIN)
    site.change(groups=group(site, "students", lockdown=True))
    with pytest.raises(StorageError, match="meanwhile"):
        site.service.change(ADMIN, seen.rules, seen.seen)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"groups": ()}, "error.rules_no_group"),
        ({"groups": (GroupRule("a,b", opens=True),)}, "error.group_refused"),
        ({"groups": (GroupRule(" "),)}, "error.group_refused"),
        ({"groups": (GroupRule("a", opens=True), GroupRule("a "))}, "error.rules_name"),
        ({"groups": (GroupRule("a"),)}, "error.rules_first_person"),
        ({"groups": (GroupRule("a", "night", opens=True),)}, "error.rules_plan_used"),
        ({"plans": ()}, "error.rules_plan_used"),
        ({"plans": (OFFICE, WeekPlan("always"))}, "error.rules_name"),
        ({"closed": (ClosedDays(date(2027, 1, 2), date(2027, 1, 1)),)}, "error.rules_days_order"),
        (
            {"closed": tuple(ClosedDays(date(2027, 1, d), date(2027, 1, 4)) for d in (1, 3))},
            "error.rules_days_overlap",
        ),
    ],
)
def test_a_mistake_is_one_sentence_and_changes_nothing(
    site: Site, changes: dict[str, object], key: str
):
    with pytest.raises(KioskError) as caught:
        site.change(**changes)
    assert caught.value.key == key
    assert site.path.read_text(encoding="utf-8") == TEXT and site.recorded == []


def test_a_file_that_cannot_be_written_is_recorded_and_nothing_is_in_force(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    before = site.in_use

    def full(_text: str) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(site.file, "write", full)
    with pytest.raises(StorageError):
        site.change(groups=group(site, "students", lockdown=True))
    assert [event for event, _, _ in site.recorded] == ["rules_changed", "rules_not_written"]
    assert site.in_use == before and STORED not in site.kept


def test_a_broken_file_is_named_and_left_alone(tmp_path: Path):
    site = Site(tmp_path)
    site.path.write_text("[groups.a]\nschedul = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="schedul is not known") as caught:
        site.service.view(ADMIN)
    assert caught.value.key == "error.rules_unreadable"


def test_without_a_file_the_first_change_makes_one(tmp_path: Path):
    site = Site(tmp_path, "")
    assert site.service.view(ADMIN).rules == AccessRules()
    site.change(country="KR")
    assert site.in_use.calendar.country == "KR" and site.path.stat().st_mode & 0o777 == 0o600
    assert set(site.in_use.groups) == {"everybody"}


def test_differences_are_told_in_words_of_the_file():
    after = replace(AccessRules(), plans=(OFFICE,), country="KR")
    assert "holidays.country: – → KR" in differences(AccessRules(), after)
    assert "schedules.office.mon: – → 08:00-20:00" in differences(AccessRules(), after)


def test_a_group_gets_another_name_and_people_follow(site: Site):
    rules = site.rename(RuleKind.GROUP, "students", "  대학원생 ")
    assert [one.name for one in rules.groups] == ["staff", "대학원생"]
    assert site.followed == [("students", "대학원생", "관리자")]
    assert site.in_use.groups["대학원생"] and "students" not in site.in_use.groups
    assert site.recorded == [("rules_changed", "관리자", {"changes": "group: students → 대학원생"})]
    text = site.path.read_text(encoding="utf-8")
    assert text.startswith("# ours") and site.kept[STORED] == digest(text)


def test_a_schedule_keeps_its_users_under_another_name(site: Site):
    site.two = True  # nobody gains, so nobody else is asked
    before = site.in_use
    rules = site.rename(RuleKind.PLAN, "office", "근무 시간")
    assert rules.plans == (replace(OFFICE, name="근무 시간"),)
    assert rules.group("students").schedule == "근무 시간" and site.in_use == before
    assert site.service.view(ADMIN).plan_users == {"근무 시간": ("door.first_person",)}
    assert site.followed == []


def test_a_name_that_lets_people_gain_needs_two_administrators(site: Site):
    site.two = True
    with pytest.raises(SignInError):
        site.rename(RuleKind.GROUP, "students", "cleaners")  # somebody is in that group already
    assert site.followed == [] and site.path.read_text(encoding="utf-8") == TEXT
    site.rename(RuleKind.GROUP, "students", "learners")
    site.rename(RuleKind.GROUP, "learners", "cleaners", "교수", "482915")
    assert site.followed[-1] == ("learners", "cleaners", "관리자 + 교수")


@pytest.mark.parametrize(
    ("kind", "old", "new", "error"),
    [
        (RuleKind.GROUP, "students", "staff", "is taken"),
        (RuleKind.GROUP, "students", "a,b", "without commas"),
        (RuleKind.GROUP, "gone", "x", "There is no group gone"),
        (RuleKind.PLAN, "office", "always", "is taken"),
        (RuleKind.PLAN, "gone", "x", "There is no plan gone"),
    ],
)
def test_a_name_that_cannot_be_given_changes_nothing(site: Site, kind, old, new, error):
    with pytest.raises(ConfigError, match=error):
        site.rename(kind, old, new)
    assert site.path.read_text(encoding="utf-8") == TEXT and site.recorded == []


def test_people_who_cannot_follow_keep_the_old_name_in_the_file_too(site: Site):
    site.broken = True
    with pytest.raises(StorageError, match="full"):
        site.rename(RuleKind.GROUP, "students", "learners")
    assert site.path.read_text(encoding="utf-8") == TEXT and "students" in site.in_use.groups
    assert [event for event, _, _ in site.recorded] == ["rules_changed", "rules_not_written"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        '[groups]\neverybody = { schedule = "always" }\n',
        'groups.everybody.schedule = "always"\n',
        "[door]\ndefault_group = 'everybody'\n[groups.everybody]\n[groups.others]\n",
    ],
)
def test_every_layout_of_the_file_can_be_renamed_in(tmp_path: Path, text: str):
    site = Site(tmp_path, text)
    rules = site.rename(RuleKind.GROUP, "everybody", "모두")
    assert rules.group("모두") is not None and rules.group("everybody") is None
    assert rules.default_group == "모두"
