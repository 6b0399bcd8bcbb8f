"""A PIN that opens and calls for help."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kiosk.door.duress_pins import DuressPins, called_from


class Pins:
    def __init__(self, pins: dict[int, str]) -> None:
        self.pins = pins
        self.asked = 0

    def matches(self, person_id: int, pin: str) -> bool:
        self.asked += 1
        return self.pins.get(person_id) == pin


def test_the_last_digit_one_higher_opens_and_calls():
    pins = Pins({1: "482915", 2: "730129"})
    called = []
    door = DuressPins(pins, called.append, lambda: True)
    assert door.matches(1, "482915") and called == []
    assert door.matches(1, "482916") and called == [1]
    assert door.matches(2, "730120") and called == [1, 2]
    assert (
        not door.matches(1, "482917") and not door.matches(3, "482916") and not door.matches(1, "")
    )
    assert called == [1, 2] and pins.asked == 12, "each try takes as long"


def test_where_it_is_not_wanted_only_the_pin_itself_is_right():
    called: list[int] = []
    door = DuressPins(Pins({1: "482915"}), called.append, lambda: False)
    assert door.matches(1, "482915") and not door.matches(1, "482916") and called == []


@given(st.text(st.sampled_from("0123456789"), min_size=6, max_size=12))
def test_no_pin_calls_for_itself_and_every_call_is_one_of_exactly_one_pin(pin: str):
    assert called_from(pin) != pin and len(called_from(pin)) == len(pin)
    assert called_from(pin[:-1] + str((int(pin[-1]) + 1) % 10)) == pin
