"""Durations derived from the settings: the accessibility factor and the door's time-outs."""

from __future__ import annotations

from dataclasses import replace

from kiosk.core.config import Config
from kiosk.core.door_state import Timing


def apply_time_factor(config: Config) -> Config:
    """Return ``config`` with the time limits for people multiplied by ``ui.time_factor``.

    WCAG 2.2, success criterion 2.2.1.
    """
    factor = config.ui.time_factor
    door = replace(
        config.door, reject_s=config.door.reject_s * factor, claim_s=config.door.claim_s * factor
    )
    enrolment = replace(config.enrolment, pose_timeout_s=config.enrolment.pose_timeout_s * factor)
    liveness = replace(config.liveness, turn_s=config.liveness.turn_s * factor)
    return replace(
        config,
        door=door,
        enrolment=enrolment,
        liveness=liveness,
        ui=replace(
            config.ui,
            sign_out_s=config.ui.sign_out_s * factor,
            keypad_s=config.ui.keypad_s * factor,
        ),
    )


def timing_of(config: Config) -> Timing:
    """Return the time-outs of the door's state machine."""
    door = config.door
    return Timing(
        open_s=door.open_s,
        reject_s=door.reject_s,
        cooldown_s=door.cooldown_s,
        max_failures=door.max_failures,
        lockout_s=door.lockout_s,
        # a member who stays to answer is not decided on again meanwhile
        linger_s=Timing().linger_s * config.ui.time_factor,
    )
