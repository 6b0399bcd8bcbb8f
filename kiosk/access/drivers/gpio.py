"""A relay and inputs on the pins of a Raspberry Pi, through gpiozero."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from kiosk.access.lock_driver import LockDriver, needed, wrong_setting
from kiosk.access.locks import Input, LockState, check_seconds
from kiosk.core.config import lock_setting
from kiosk.core.errors import LockError

_PINS = {
    Input.CONTACT: "contact_pin",
    Input.EXIT: "exit_pin",
    Input.TAMPER: "tamper_pin",
    Input.FIRE: "fire_pin",
    Input.OTHER_DOOR: "other_door_pin",
}


_pin_setting = partial(lock_setting, unit="BCM", high=27, weakens_security="any")


@dataclass(frozen=True, slots=True)
class GpioConfig:
    """A relay and inputs on the pins of a Raspberry Pi (door.lock = "gpio").

    Pins are BCM numbers; an input closes to ground.
    """

    pin: int = _pin_setting(17, "Pin of the relay", "릴레이 핀", low=0)
    active_high: bool = lock_setting(
        True,
        "The relay switches on with a high pin; false for boards that switch on with a low one",
        "핀이 높을 때 릴레이가 켜집니다. 낮을 때 켜지는 보드라면 끕니다",
        weakens_security="any",
    )
    contact_pin: int = _pin_setting(
        -1, "Pin of the door contact; -1: none", "문 접점 핀. -1: 없음", low=-1
    )
    exit_pin: int = _pin_setting(
        -1, "Pin of the exit button; -1: none", "나가기 버튼 핀. -1: 없음", low=-1
    )
    tamper_pin: int = _pin_setting(
        -1, "Pin of the tamper contact; -1: none", "훼손 감지 핀. -1: 없음", low=-1
    )
    fire_pin: int = _pin_setting(
        -1, "Pin of the fire alarm's contact; -1: none", "화재 경보 접점 핀. -1: 없음", low=-1
    )
    other_door_pin: int = _pin_setting(
        -1,
        "Pin that reports that the other door of an interlock is open; -1: none",
        "이중문의 다른 문이 열려 있음을 알리는 핀. -1: 없음",
        low=-1,
    )
    active_open: tuple[str, ...] = lock_setting(
        ("contact", "tamper"),
        "Inputs that are active while their contact is open: contact, exit, tamper, fire, "
        "other_door",
        "접점이 열려 있을 때 켜진 것으로 보는 입력: contact, exit, tamper, fire, other_door",
        weakens_security="any",
        file_only=False,
    )


def make(config: GpioConfig, clock: Callable[[], float]) -> GpioLock:
    """Return the driver; the pins are claimed at the first ``check``."""
    return GpioLock(config, needed("gpiozero", "gpio", "gpiozero", "munjigi[gpio]"))


DRIVER = LockDriver("gpio", "GPIO lock", "GPIO 잠금", GpioConfig, make, order=1)


class GpioLock:
    """A normally open relay: without power, program or command the door is locked.

    An input named in ``active_open`` (a door contact, a normally closed alarm loop) is active while
    its contact is open, every other one while it is closed. ``factory``: gpiozero's pin factory,
    for tests.
    """

    def __init__(self, config: GpioConfig, gpiozero: Any, factory: Any = None) -> None:
        self._config = config
        self._gpiozero = gpiozero
        self._factory = factory
        self._relay: Any = None
        self._inputs: dict[Input, Any] = {}
        self._active_open = _named(config)
        _check_distinct(config)

    def open(self, seconds: float, reason: str) -> None:
        """Switch the relay on; the caller switches it off after ``seconds``."""
        check_seconds(seconds)
        self.check()
        self._relay.on()
        if not self._relay.value:
            raise LockError(
                f"The relay on GPIO {self._config.pin} did not switch; check its wiring."
            )

    def close(self) -> None:
        """Switch the relay off."""
        self.check()
        self._relay.off()
        if self._relay.value:
            raise LockError(
                f"The relay on GPIO {self._config.pin} did not switch off; check its wiring."
            )

    def state(self) -> LockState:
        """Return the state of the relay's pin."""
        return LockState.OPEN if self._relay is not None and self._relay.value else LockState.LOCKED

    def check(self) -> None:
        """Claim the pins once; ``LockError`` if there are none or another program uses them."""
        if self._relay is not None:
            return
        try:
            relay = self._gpiozero.OutputDevice(
                self._config.pin,
                active_high=self._config.active_high,
                initial_value=False,
                pin_factory=self._factory,
            )
        except Exception as error:  # gpiozero and each pin library raise their own errors
            raise LockError(
                f"GPIO {self._config.pin} cannot be used ({error}); is this a Raspberry Pi, with "
                "the package lgpio, "
                "and the user in the group gpio?"
            ) from error
        try:
            self._inputs = {
                kind: self._input(getattr(self._config, key))
                for kind, key in _PINS.items()
                if getattr(self._config, key) >= 0
            }
        except Exception as error:
            relay.close()
            raise LockError(
                f"An input pin of [gpio] cannot be used ({error}); correct its number."
            ) from error
        self._relay = relay

    def inputs(self) -> Mapping[Input, bool]:
        """Read each configured pin; pulled up, so a closed contact to ground reads 0."""
        self.check()
        return {
            kind: bool(device.value) is not (kind in self._active_open)
            for kind, device in self._inputs.items()
        }

    def stop(self) -> None:
        """Switch the relay off and release the pins."""
        if self._relay is not None:
            self._relay.off()
            for device in (self._relay, *self._inputs.values()):
                device.close()
        self._relay = None
        self._inputs = {}

    def _input(self, pin: int) -> Any:
        """Return a device whose value is 1 while its contact is closed."""
        return self._gpiozero.DigitalInputDevice(pin, pull_up=True, pin_factory=self._factory)


def _named(config: GpioConfig) -> frozenset[Input]:
    known = {kind.value: kind for kind in Input}
    for name in config.active_open:
        if name not in known:
            raise wrong_setting(
                "gpio.active_open", f"has the unknown input {name!r}; use {', '.join(known)}"
            )
    return frozenset(known[name] for name in config.active_open)


def _check_distinct(config: GpioConfig) -> None:
    pins = [
        config.pin,
        *(getattr(config, key) for key in _PINS.values() if getattr(config, key) >= 0),
    ]
    if len(set(pins)) < len(pins):
        raise wrong_setting("gpio", "uses one pin twice; give each input a pin of its own")
