"""Build the access rules from the settings and the policy file."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from kiosk.access.policy import may_enter
from kiosk.access.policy.policy_file import load_policy
from kiosk.access.policy.rules import AccessPolicy
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.ports import Clock, Policy
from kiosk.storage.db.timestamps import local_now


def policy_of(config: Config) -> Policy:
    """Return the default policy, with a PIN for everybody if the settings say so."""
    return partial(may_enter, pin_for_everybody=config.door.pin_for == "everybody")


def build_rules(config: Config, data_dir: Path) -> AccessPolicy:
    """Return the access rules of the policy file, or the default rules if there is none.

    Raises ``ConfigError`` if the file is unusable.
    """
    default_file = paths.policy_file(data_dir)
    if config.door.policy:
        rules = load_policy(paths.existing(config.door.policy))
    else:
        rules = load_policy(default_file) if default_file.exists() else AccessPolicy()
    return with_settings(rules, config)


def door_clock(config: Config, data_dir: Path) -> Clock:
    """Return the clock beside the door, in the time zone of the policy file.

    It raises ``ConfigError`` if the file is unusable.
    """
    return lambda: build_rules(config, data_dir).local(local_now())


def with_settings(rules: AccessPolicy, config: Config) -> AccessPolicy:
    """Return the rules of a policy file with what the settings add."""
    return replace(
        rules,
        pin_for_everybody=config.door.pin_for == "everybody",
        two_person_s=rules.two_person_s * config.ui.time_factor,
    )
