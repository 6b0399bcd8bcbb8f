"""The choice of a person's role."""

from __future__ import annotations

from kiosk.core.people import OFFERED_ROLES, PersonRole
from kiosk.ui.widgets.forms.chips import ChipRow


def _options(roles: tuple[PersonRole, ...]) -> list[tuple[str, str]]:
    return [(role.value, f"people.role.{role.value}") for role in roles]


class RoleChoice(ChipRow):
    """The roles offered, and "student" while a student of unknown level is shown."""

    def __init__(self, name: str) -> None:
        super().__init__(name, _options(OFFERED_ROLES), value=PersonRole.GRADUATE.value)

    def role(self) -> PersonRole:
        """The chosen role."""
        return PersonRole(self.value())

    def show_role(self, role: PersonRole) -> None:
        """Choose ``role``."""
        roles = OFFERED_ROLES if role in OFFERED_ROLES else (*OFFERED_ROLES, role)
        self.set_options(_options(roles), value=role.value)
