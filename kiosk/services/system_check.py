"""Check of this machine, for the System screen and the command ``doctor``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kiosk.core.rights import Actor, Right, require
from kiosk.core.view_models import Check


class SystemCheckService:
    """``examine``: runs all checks; slow."""

    def __init__(self, examine: Callable[[], Sequence[Check]]) -> None:
        self._examine = examine

    def run(self, actor: Actor) -> Sequence[Check]:
        """Return the result of every check; raises ``SignInError`` without the right."""
        require(actor, Right.CHECK_SYSTEM)
        return self._examine()
