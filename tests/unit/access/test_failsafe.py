"""Locking until the lock confirms it."""

from __future__ import annotations

import pytest

from kiosk.access.failsafe import lock_for_sure
from kiosk.core.errors import LockError
from tests.helpers.access import FakeDriver


def test_a_lock_that_answers_later_is_locked_for_sure():
    class Busy(FakeDriver):
        left = 3

        def close(self) -> None:
            self.left -= 1
            if self.left:
                raise LockError("busy")
            super().close()

    driver = Busy()
    driver.on = True
    lock_for_sure(driver, 10.0, 0.01)
    assert not driver.on and driver.calls == ["close", "stop"]


@pytest.mark.parametrize(
    ("error", "says"),
    [(LockError("The relay is gone."), "relay is gone"), (RuntimeError(), "RuntimeError")],
)
def test_a_lock_that_never_confirms_is_a_failure_that_says_why(error: Exception, says: str):
    driver = FakeDriver()
    driver.broken = error
    with pytest.raises(LockError, match=f"did not confirm.*{says}.*door is shut"):
        lock_for_sure(driver, 0.05, 0.01)


def test_hardware_that_does_not_confirm_is_released_for_its_next_owner():
    class Stuck(FakeDriver):
        def close(self) -> None:
            raise LockError("stuck")

    driver = Stuck()
    with pytest.raises(LockError, match="stuck"):
        lock_for_sure(driver, 0.05, 0.01)
    assert driver.calls == ["stop"]


def test_a_lock_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("kiosk.access.failsafe.PATIENCE_S", 0.01)
    driver = FakeDriver()
    driver.hang()
    driver.close = lambda: driver.open(1.0, "")  # type: ignore[method-assign]
    with pytest.raises(LockError, match="no answer"):
        lock_for_sure(driver, 0.05)
    driver.free()
