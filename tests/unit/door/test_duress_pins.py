"""A PIN that opens the door and calls for help."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.decisions import Factor
from kiosk.door.duress_pins import own_pin_of, pin_factors

OWN = frozenset({Factor.PIN})
DURESS = frozenset({Factor.PIN, Factor.DURESS_PIN})


class Pins:
    def __init__(self, pins: dict[int, str]) -> None:
        self.pins = pins
        self.asked = 0

    def matches(self, person_id: int, pin: str) -> bool:
        self.asked += 1
        return self.pins.get(person_id) == pin


def test_the_last_digit_one_higher_is_right_and_calls_for_help():
    pins = Pins({1: "482915", 2: "739129"})

    def factors(person_id: int, pin: str) -> frozenset[Factor]:
        return pin_factors(pins, person_id, pin, duress_enabled=True)

    assert factors(1, "482915") == OWN
    assert factors(1, "482916") == DURESS and factors(2, "739120") == DURESS
    assert not factors(1, "482917") and not factors(3, "482916") and not factors(1, "")
    assert pins.asked == 12, "each try takes as long"


def test_while_disabled_only_the_pin_itself_is_right():
    pins = Pins({1: "482915"})
    assert pin_factors(pins, 1, "482915", duress_enabled=False) == OWN
    assert not pin_factors(pins, 1, "482916", duress_enabled=False) and pins.asked == 2


@given(st.text(st.sampled_from("0123456789"), min_size=6, max_size=12))
def test_every_duress_pin_belongs_to_exactly_one_other_pin(pin: str):
    assert own_pin_of(pin) != pin and len(own_pin_of(pin)) == len(pin)
    assert own_pin_of(pin[:-1] + str((int(pin[-1]) + 1) % 10)) == pin
