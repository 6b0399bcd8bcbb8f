"""An opening ordered at another node happens once, if the settings and the door allow it."""

from __future__ import annotations

from typing import Any

from kiosk.core.errors import LockError
from kiosk.core.people import AccountRole
from kiosk.core.rights import Actor
from kiosk.services.remote_opening import RemoteOpening
from kiosk.services.single_opening import OpeningReason


class Settings(dict[str, Any]):
    """The settings in the database."""

    def certain(self, key: str, default: Any, uncertain: Any) -> Any:
        return self.get(key, default)

    def set(self, key: str, value: Any) -> None:
        self[key] = value

    def delete(self, key: str) -> None:
        self.pop(key, None)


class Opening:
    """Remembers who opened; refuses while ``locked_down``."""

    def __init__(self) -> None:
        self.by: list[str] = []
        self.locked_down = False

    def open(self, actor: Actor, reason: OpeningReason, words: str = "") -> float:
        assert words and reason is OpeningReason.OTHER and actor.role is AccountRole.ADMIN
        if self.locked_down:
            raise LockError("The door is locked down.")
        self.by.append(actor.name)
        return 5.0


def test_an_order_opens_once_and_never_again() -> None:
    opening, settings = Opening(), Settings()
    remote = RemoteOpening(opening, settings, lambda: True)
    remote.order(7, "kim", "desk")
    remote.order(7, "kim", "desk")
    RemoteOpening(opening, settings, lambda: True).order(6, "kim", "desk")  # after a restart
    assert opening.by == ["kim (desk)"]
    remote.order(8, "lee", "desk")
    assert opening.by == ["kim (desk)", "lee (desk)"]


def test_nothing_opens_where_it_is_not_allowed_or_the_door_refuses_nor_later() -> None:
    opening, settings = Opening(), Settings()
    allowed = False
    remote = RemoteOpening(opening, settings, lambda: allowed)
    remote.order(7, "kim", "desk")
    allowed = True
    remote.order(7, "kim", "desk")
    opening.locked_down = True
    remote.order(8, "kim", "desk")
    opening.locked_down = False
    remote.order(8, "kim", "desk")
    assert opening.by == []
