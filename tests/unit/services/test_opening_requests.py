"""What a command asks of the running kiosk: once, in time, and answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kiosk.core.errors import SignInError
from kiosk.core.people import Account, AccountRole
from kiosk.core.rights import Operator
from kiosk.services.opening_requests import HOLDS, REQUEST, OpeningRequests
from kiosk.services.single_opening import OpeningReason
from tests.helpers.door import NOW

ROOT = Operator("command:root")


class Settings(dict[str, Any]):
    """Settings in memory."""

    def set(self, key: str, value: Any) -> None:
        self[key] = value

    def certain(self, key: str, default: Any, uncertain: Any) -> Any:
        return self.get(key, default)

    def delete(self, key: str) -> None:
        self.pop(key, None)


class Site:
    def __init__(self) -> None:
        self.settings = Settings()
        self.now = NOW
        self.requests = OpeningRequests(self.settings, lambda: self.now)


def test_a_request_is_taken_once_and_answered_to_the_one_who_asked():
    site = Site()
    asked = site.requests.ask(ROOT, OpeningReason.DELIVERY, "택배")
    assert site.requests.answered(asked) is None
    taken = site.requests.take()
    assert taken is not None and site.requests.take() is None
    assert (taken.id, taken.by, taken.reason, taken.words) == (
        asked,
        "command:root",
        OpeningReason.DELIVERY,
        "택배",
    )
    site.requests.answer(taken, "the lock does not answer")
    assert site.requests.answered("another") is None
    assert site.requests.answered(asked) == "the lock does not answer"
    assert site.settings == {}


@pytest.mark.parametrize("age", [HOLDS + timedelta(seconds=1), timedelta(seconds=-1)])
def test_an_old_request_opens_nothing(age: timedelta):
    site = Site()
    site.requests.ask(ROOT, OpeningReason.VISITOR)
    site.now = NOW + age
    assert site.requests.take() is None and site.settings == {}


@pytest.mark.parametrize("value", [1, [], {}, {"id": "x", "at": "now", "by": "", "reason": "x"}])
def test_what_is_no_request_opens_nothing(value: object):
    site = Site()
    site.settings[REQUEST] = value
    assert site.requests.take() is None and site.settings == {}


def test_who_gives_up_takes_the_request_back():
    site = Site()
    site.requests.ask(ROOT, OpeningReason.VISITOR)
    site.requests.take_back()
    assert site.requests.take() is None


def test_without_the_right_nothing_is_asked():
    site = Site()
    with pytest.raises(SignInError):
        site.requests.ask(Account("", AccountRole.STAFF, enabled=False), OpeningReason.VISITOR)
    assert site.settings == {}
