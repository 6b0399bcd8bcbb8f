"""A relay and inputs on pins, with gpiozero's own mock pins."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

gpiozero = pytest.importorskip("gpiozero")
from gpiozero.pins.mock import MockFactory

from kiosk.access.drivers.gpio import GpioConfig, GpioLock
from kiosk.access.locks import Input, LockState
from kiosk.core.errors import LockError


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    factory = MockFactory()
    yield factory
    factory.reset()


def test_the_relay_follows_and_begins_off(pins: MockFactory):
    lock = GpioLock(GpioConfig(), gpiozero, pins)
    lock.check()
    assert pins.pin(17).state == 0 and lock.state() is LockState.LOCKED
    lock.open(4.0, "match")
    assert pins.pin(17).state == 1 and lock.state() is LockState.OPEN
    lock.close()
    assert pins.pin(17).state == 0 and lock.state() is LockState.LOCKED


def test_a_board_that_switches_on_with_a_low_pin_is_off_while_it_is_high(pins: MockFactory):
    lock = GpioLock(GpioConfig(active_high=False), gpiozero, pins)
    lock.check()
    assert pins.pin(17).state == 1 and lock.state() is LockState.LOCKED
    lock.open(4.0, "match")
    assert pins.pin(17).state == 0 and lock.state() is LockState.OPEN


def test_stopping_locks_and_releases_the_pins(pins: MockFactory):
    lock = GpioLock(GpioConfig(contact_pin=5), gpiozero, pins)
    lock.open(4.0, "match")
    lock.stop()
    assert pins.pin(17).state == 0 and lock.state() is LockState.LOCKED
    GpioLock(GpioConfig(contact_pin=5), gpiozero, pins).check()  # nobody holds the pins any more


def test_inputs_are_active_as_the_settings_say(pins: MockFactory):
    lock = GpioLock(
        GpioConfig(contact_pin=5, exit_pin=6, fire_pin=13, active_open=("contact",)), gpiozero, pins
    )
    assert lock.inputs() == {Input.CONTACT: True, Input.EXIT: False, Input.FIRE: False}, (
        "all contacts are open"
    )
    for number in (5, 6, 13):
        pins.pin(number).drive_low()  # all are closed to ground
    assert lock.inputs() == {Input.CONTACT: False, Input.EXIT: True, Input.FIRE: True}


def test_without_pins_it_says_what_to_look_at():
    class Nothing:
        @staticmethod
        def OutputDevice(*_: object, **__: object) -> None:
            raise gpiozero.BadPinFactory("Unable to load any default pin factory!")

    lock = GpioLock(GpioConfig(), Nothing)
    with pytest.raises(LockError, match="Raspberry Pi"):
        lock.open(4.0, "match")
    assert lock.state() is LockState.LOCKED


def test_a_pin_that_another_device_holds_is_refused(pins: MockFactory):
    with gpiozero.OutputDevice(5, pin_factory=pins), pytest.raises(LockError, match="input pin"):
        GpioLock(GpioConfig(contact_pin=5), gpiozero, pins).check()
    GpioLock(GpioConfig(contact_pin=5), gpiozero, pins).check()  # the relay's pin was let go again


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (GpioConfig(pin=5, contact_pin=5), "one pin twice"),
        (GpioConfig(active_open=("window",)), "unknown input 'window'"),
    ],
)
def test_settings_that_cannot_work(pins: MockFactory, table: GpioConfig, says: str):
    with pytest.raises(LockError, match=says):
        GpioLock(table, gpiozero, pins)


def test_a_relay_that_does_not_switch_off_is_not_locked(pins: MockFactory):
    lock = GpioLock(GpioConfig(), gpiozero, pins)
    lock.open(4.0, "match")
    lock._relay.off = lambda: None
    with pytest.raises(LockError, match="did not switch off"):
        lock.close()
