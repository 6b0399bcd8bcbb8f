"""The columns of the accounts table."""

from __future__ import annotations

from kiosk.core.people import Account
from kiosk.core.reports import Order
from kiosk.ui.formatting import day_of
from kiosk.ui.i18n import tr
from kiosk.ui.widgets.table.paged_model import (
    PagedModel,
    TableColumn,
)
from kiosk.ui.widgets.table.status_badge import StatusBadge


def account_badge(account: Account) -> StatusBadge:
    """Whether an account may sign in."""
    if account.enabled:
        return StatusBadge("check", "accounts.state.enabled", "accept")
    return StatusBadge("pause", "accounts.state.disabled", "quiet")


def accounts_model() -> PagedModel:
    """A table of ``Account``."""
    return PagedModel(
        (
            TableColumn("accounts.column.name", lambda a: a.name, order="name"),
            TableColumn(
                "accounts.column.role",
                lambda a: tr(f"accounts.role.{a.role.value}"),
                180,
                order="role",
            ),
            TableColumn(
                "accounts.column.created",
                lambda a: day_of(a.created_at),
                180,
                min_table_width=700,
                order="created",
            ),
            TableColumn(
                "accounts.column.state", lambda a: "", 160, badge=account_badge, order="state"
            ),
        ),
        Order("created"),
    )
