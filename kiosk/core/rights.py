"""Who may do what. Every use case of staff calls ``require`` before it does anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from kiosk.core.errors import SignInError
from kiosk.core.people import AccountRole


class Right(StrEnum):
    """What an actor may do."""

    VIEW_PEOPLE = "view_people"
    """List people, and see whom they resemble."""
    ENROL = "enrol"
    """Enrol a person by camera or pictures, or for PIN or card, and look up a student number."""
    CHANGE_PEOPLE = "change_people"
    """Change details, groups, badges and cards of a person."""
    DELETE_PEOPLE = "delete_people"
    """Delete a person, or the face of a person who withdrew consent."""
    IMPORT_PEOPLE = "import_people"
    """Import a table of people."""
    EXPORT_OWN_DATA = "export_own_data"
    """Export everything stored of one person, for that person."""
    SET_DOOR_PIN = "set_door_pin"
    """Set a person's first PIN for the door."""
    REPLACE_DOOR_PIN = "replace_door_pin"
    """Replace a person's PIN for the door."""
    VIEW_TODAY = "view_today"
    """See today's entries and statistics."""
    VIEW_HISTORY = "view_history"
    """See entries and statistics of any day."""
    VIEW_AUDIT_LOG = "view_audit_log"
    """See what staff and the kiosk did."""
    EXPORT_LOG = "export_log"
    """Export the access log or the audit log."""
    TAKE_FILES = "take_files"
    """Take exported files along, on a USB stick or through the network."""
    TUNE_THRESHOLD = "tune_threshold"
    """See the analysis of the threshold, and make the door stricter."""
    LOWER_THRESHOLD = "lower_threshold"
    """Make the door less strict."""
    OPEN_DOOR = "open_door"
    """Open the door once. Who may enrol somebody can let them in anyway."""
    CONTROL_DOOR = "control_door"
    """Open the door for everybody, or lock it down."""
    CHANGE_RULES = "change_rules"
    """See and change groups, schedules and holidays, and see who may enter when."""
    MANAGE_ACCOUNTS = "manage_accounts"
    """Add accounts, set their PINs, enable and disable them."""
    MANAGE_STORED_DATA = "manage_stored_data"
    """Make and restore backups, delete old rows, verify the log, see keys and receipts."""
    CHANGE_SETTINGS = "change_settings"
    """See and change the settings, and restart the kiosk."""
    CONTROL_MACHINE = "control_machine"
    """Restart the program or the machine, switch it off, and set the screen's brightness."""
    MANAGE_FLEET = "manage_fleet"
    """See the nodes of the fleet, admit and revoke them, leave it."""
    CHECK_SYSTEM = "check_system"
    """Check this machine."""


RIGHTS: Mapping[AccountRole, frozenset[Right]] = {
    AccountRole.STAFF: frozenset(
        {
            Right.VIEW_PEOPLE,
            Right.ENROL,
            Right.SET_DOOR_PIN,
            Right.VIEW_TODAY,
            Right.TUNE_THRESHOLD,
            Right.OPEN_DOOR,
        }
    ),
    AccountRole.ADMIN: frozenset(Right),
}
"""Rights by role."""


class Actor(Protocol):
    """Who asks for something: a signed-in ``Account``, or the ``Operator`` of a command."""

    @property
    def name(self) -> str: ...
    @property
    def role(self) -> AccountRole: ...
    @property
    def enabled(self) -> bool: ...
    @property
    def id(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Operator:
    """The user of this machine who runs a command, and could read the database anyway."""

    name: str
    role: AccountRole = AccountRole.ADMIN
    enabled: bool = True
    id: int | None = None


def may(actor: Actor, right: Right) -> bool:
    """Whether ``actor`` has ``right``; a disabled actor, or nobody signed in, has none."""
    return actor.enabled and right in RIGHTS[actor.role]


def require(actor: Actor, right: Right) -> None:
    """Raise ``SignInError`` unless ``actor`` has ``right``."""
    if not actor.enabled:
        raise SignInError("Sign in first; nobody is signed in.", key="error.sign_in_first")
    if may(actor, right):
        return
    if right is Right.LOWER_THRESHOLD:
        raise SignInError(
            "Only an administrator may make the door less strict; ask one to sign in.",
            key="error.lower_admin_only",
        )
    raise SignInError(
        "Only an administrator may do that; ask one to sign in.", key="error.admin_only"
    )
