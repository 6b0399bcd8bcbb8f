"""Two administrators approve a command if the settings require it."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.cli.shared import operator
from kiosk.core.errors import SignInError
from kiosk.core.people import Account
from kiosk.core.rights import Actor


@dataclass(frozen=True, slots=True)
class Approval:
    """Who runs a command, with the name and PIN that the second administrator typed, if any."""

    actor: Actor
    name: str = ""
    pin: str = ""


def ask_approval(verify: Callable[[str, str], Account], required: bool) -> Approval:
    """Return the operator or, if ``required``, two administrators asked for name and PIN.

    ``verify`` signs the first one in; the service verifies the second. Raises ``SignInError``.
    """
    if not required:
        return Approval(operator())
    first = verify(*_ask("first"))
    return Approval(first, *_ask("second"))


def _ask(which: str) -> tuple[str, str]:
    try:
        return input(f"Name of the {which} administrator: "), getpass.getpass("PIN: ")
    except EOFError:
        raise SignInError(
            "Two administrators are asked for, and nobody is there; run this at a terminal."
        ) from None
