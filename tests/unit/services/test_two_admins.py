"""The two-administrator rule."""

from __future__ import annotations

import pytest

from kiosk.core.errors import SignInError
from kiosk.core.people import Account, AccountRole
from kiosk.services.two_admins import TwoAdmins

FIRST = Account("하나", AccountRole.ADMIN, id=1)
SECOND = Account("둘", AccountRole.ADMIN, id=2)
STAFF = Account("조교", AccountRole.STAFF, id=3)


def verify(name: str, pin: str) -> Account:
    for account in (FIRST, SECOND, STAFF):
        if account.name == name and pin == "482915":
            return account
    raise SignInError("The name or the PIN is wrong; enter the PIN again.")


def test_one_administrator_is_enough_if_the_rule_is_off() -> None:
    rule = TwoAdmins(False, verify)
    assert rule.names(FIRST, None) == "하나"
    with pytest.raises(SignInError, match="Only an administrator"):
        rule.names(STAFF, None)


def test_both_administrators_are_named() -> None:
    rule = TwoAdmins(True, verify)
    assert rule.names(FIRST, rule.approve(FIRST, "둘", "482915")) == "하나 + 둘"


@pytest.mark.parametrize(
    ("name", "pin"), [("하나", "482915"), ("조교", "482915"), ("둘", "000000"), ("", "")]
)
def test_second_must_be_another_administrator_with_the_right_pin(name: str, pin: str) -> None:
    rule = TwoAdmins(True, verify)
    with pytest.raises(SignInError):
        rule.approve(FIRST, name, pin)
    with pytest.raises(SignInError, match="second administrator"):
        rule.names(FIRST, None)
