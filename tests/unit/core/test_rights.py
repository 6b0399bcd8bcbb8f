"""Rights by role, and the errors of a refusal."""

from __future__ import annotations

import pytest

from kiosk.core.errors import SignInError
from kiosk.core.people import Account, AccountRole
from kiosk.core.rights import RIGHTS, Operator, Right, may, require

STAFF = Account("조교", AccountRole.STAFF)
NOBODY = Account("", AccountRole.STAFF, enabled=False)


def test_every_role_has_its_rights_and_administrators_have_all():
    assert RIGHTS.keys() == set(AccountRole)
    assert RIGHTS[AccountRole.ADMIN] == set(Right)
    assert RIGHTS[AccountRole.STAFF] == {
        Right.VIEW_PEOPLE,
        Right.ENROL,
        Right.SET_DOOR_PIN,
        Right.VIEW_TODAY,
        Right.TUNE_THRESHOLD,
        Right.OPEN_DOOR,
    }


@pytest.mark.parametrize("right", Right)
def test_without_the_right_an_actor_is_told_whom_to_ask(right):
    assert may(Operator("command:root"), right)
    require(Operator("command:root"), right)
    with pytest.raises(SignInError) as refused:
        require(NOBODY, right)
    assert refused.value.key == "error.sign_in_first" and not may(NOBODY, right)
    if right in RIGHTS[AccountRole.STAFF]:
        require(STAFF, right)
        return
    with pytest.raises(SignInError, match="Only an administrator") as refused:
        require(STAFF, right)
    expected = "error.lower_admin_only" if right is Right.LOWER_THRESHOLD else "error.admin_only"
    assert refused.value.key == expected and not may(STAFF, right)


def test_a_disabled_administrator_has_no_rights():
    assert not may(Account("관리자", AccountRole.ADMIN, enabled=False), Right.ENROL)
