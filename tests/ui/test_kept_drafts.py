"""Edits outlive an automatic sign-out, for the same account and a few minutes only."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kiosk.app.staff.kept_drafts import KEPT_S, KeptDrafts
from kiosk.core.access_rules import AccessRules, GroupRule, RulesView
from kiosk.core.people import Account, AccountRole, Person
from kiosk.ui.screens.access.access_rules_screen import AccessRulesScreen
from kiosk.ui.screens.people.people_screen import PeopleScreen
from kiosk.ui.screens.settings.settings_screen import SettingsScreen
from tests.helpers.staff_context import staff_context
from tests.ui.conftest import FakeClock

ADMIN = Account("관리자", AccountRole.ADMIN, id=1)
OTHER = Account("교수", AccountRole.ADMIN, id=2)
HONG = Person("2026-1", "홍길동", id=7)
EDITED = AccessRules(groups=(GroupRule("students"), GroupRule("staff")))


class Page:
    """A page whose draft is a word."""

    def __init__(self, word: str | None) -> None:
        self.word = word

    def draft(self) -> str | None:
        return self.word

    def take_draft(self, draft: str) -> None:
        self.word = draft


class Site:
    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.pages = {"rules": Page("edited"), "settings": Page(None)}
        self.context = staff_context(ADMIN)
        self.drafts = KeptDrafts(self.context, self.pages.get, clock)

    def sign_in(self, account: Account, after_s: float = 0.0) -> str | None:
        """Sign ``account`` in on pages that have started over; return what the rules say."""
        self.pages["rules"].word = None
        self.clock.advance(after_s)
        self.context.session.account = account
        self.context.session.signedIn.emit(account)
        return self.pages["rules"].word


@pytest.fixture
def site(clock: FakeClock) -> Site:
    return Site(clock)


def test_the_same_account_finds_its_edits_and_the_page_again(site: Site):
    site.drafts.keep("rules")
    assert site.sign_in(ADMIN, KEPT_S - 1) == "edited"
    assert site.context.navigation.opened == ["rules"]
    assert site.sign_in(ADMIN) is None, "once"


@pytest.mark.parametrize(("account", "seconds"), [(ADMIN, KEPT_S + 1), (OTHER, 1)])
def test_later_or_for_somebody_else_nothing_is_left(site: Site, account, seconds):
    site.drafts.keep("rules")
    assert site.sign_in(account, seconds) is None
    assert site.sign_in(ADMIN) is None, "another account's sign-in ends it"


def test_another_page_without_edits_is_not_opened(site: Site):
    site.drafts.keep("settings")
    assert site.sign_in(ADMIN) == "edited" and site.context.navigation.opened == []


def test_the_pages_give_and_take_their_edits(shown):
    people = shown(PeopleScreen(lambda: datetime(2026, 3, 2, tzinfo=UTC)), 1064, 800)
    assert people.draft() is None
    people.take_draft((HONG, Person("2026-1", "홍길순", id=7)))
    assert people.panel.is_open and people.details.has_edits and people.draft() is not None
    people.details.form.period.valid_until.set_text("2026-")
    assert people.draft() is None, "half a date"
    rules = shown(AccessRulesScreen(), 1064, 800)
    assert rules.draft() is None
    rules.take_draft((RulesView(AccessRules(), seen="before"), EDITED))
    assert rules.edited and rules.rules == EDITED and rules.draft() is not None
    settings = shown(SettingsScreen(), 1064, 800)
    assert settings.draft() is None
    settings.take_draft({"door.name": "실험실"})
    assert settings.draft() == {"door.name": "실험실"}
