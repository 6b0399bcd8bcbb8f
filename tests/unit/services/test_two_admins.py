"""The two-administrator rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core.errors import SignInError
from kiosk.core.people import Account, AccountRole
from kiosk.core.rights import Actor, Operator
from kiosk.services.two_admins import TwoAdmins
from tests.helpers.administrators import PIN, admin
from tests.helpers.door import NOW

FIRST = admin(1, "하나")
SECOND = admin(2, "둘")
STAFF = Account("조교", AccountRole.STAFF, id=3)
HOUR = timedelta(hours=1)


class Desk:
    """A rule that can be switched, and the PINs that were tried."""

    def __init__(self, on: bool = True, *accounts: Account) -> None:
        self.on = on
        self.accounts = accounts or (FIRST, SECOND, STAFF)
        self.tried: list[str] = []
        self.rule = TwoAdmins(lambda: self.on, self.verify, lambda: NOW)

    def verify(self, name: str, pin: str) -> Account:
        self.tried.append(name)
        for account in self.accounts:
            if account.name == name and pin == PIN:
                return account
        raise SignInError("The name or the PIN is wrong; enter the PIN again.")


def refused(desk: Desk, actor: Actor, name: str = "둘", pin: str = PIN) -> str:
    with pytest.raises(SignInError) as caught:
        desk.rule.agreed(actor, name, pin)
    return caught.value.key


def test_one_administrator_is_enough_if_the_rule_is_off() -> None:
    desk = Desk(on=False)
    assert desk.rule.agreed(FIRST, "", "") == "하나" and desk.tried == []
    assert refused(desk, STAFF) == "error.admin_only"


def test_both_administrators_are_named() -> None:
    assert Desk().rule.agreed(FIRST, "둘", PIN) == "하나 + 둘"


def test_the_rule_is_asked_each_time() -> None:
    desk = Desk(on=False)
    desk.on = True
    assert desk.rule.required and refused(desk, FIRST, "", "") == "error.second_admin"


@pytest.mark.parametrize(
    ("name", "pin", "key"),
    [
        ("하나", PIN, "error.second_admin"),
        ("조교", PIN, "error.second_admin"),
        ("둘", "000000", "error.sign_in"),
        ("", "", "error.second_admin"),
    ],
)
def test_second_must_be_another_administrator_with_the_right_pin(
    name: str, pin: str, key: str
) -> None:
    assert refused(Desk(), FIRST, name, pin) == key
    with pytest.raises(SignInError, match="second administrator"):
        Desk().rule.names(FIRST, None)


def test_a_command_is_no_administrator() -> None:
    desk = Desk()
    assert refused(desk, Operator("command:root")) == "error.second_admin" and desk.tried == []


@pytest.mark.parametrize("field", ["created_at", "pin_given_at"])
@pytest.mark.parametrize("age", [timedelta(0), 23 * HOUR, -HOUR])
def test_a_new_account_or_pin_approves_nothing_on_either_side(field: str, age: timedelta) -> None:
    new = replace(SECOND, **{field: NOW - age})
    desk = Desk(True, FIRST, new)
    assert refused(desk, FIRST) == "error.approver_new"
    assert refused(desk, new, "하나") == "error.approver_new"
    old = replace(SECOND, **{field: NOW - 24 * HOUR})
    assert Desk(True, FIRST, old).rule.agreed(FIRST, "둘", PIN) == "하나 + 둘"


def test_a_pin_that_somebody_else_chose_approves_nothing_on_either_side() -> None:
    given = replace(SECOND, pin_is_own=False)
    desk = Desk(True, FIRST, given)
    assert refused(desk, FIRST) == "error.approver_pin"
    assert refused(desk, given, "하나") == "error.approver_pin"


def test_an_account_without_a_date_or_an_id_approves_nothing() -> None:
    nowhen = replace(SECOND, created_at=None, pin_given_at=None)
    assert refused(Desk(True, FIRST, nowhen), FIRST) == "error.approver_new"
    assert refused(Desk(True, FIRST, SECOND), replace(FIRST, id=None)) == "error.second_admin"


def test_an_empty_form_is_no_wrong_pin() -> None:
    desk = Desk()
    assert refused(desk, FIRST, " ", "") == "error.second_admin" and desk.tried == []


def test_an_actor_who_may_not_agree_costs_the_second_no_try() -> None:
    desk = Desk()
    assert refused(desk, replace(FIRST, pin_is_own=False), "둘", "0") == "error.approver_pin"
    assert desk.tried == []
