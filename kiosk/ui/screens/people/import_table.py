"""The rows of an import plan as a table."""

from __future__ import annotations

from kiosk.core.import_plan import PlannedRow, RowState
from kiosk.ui.i18n import tr
from kiosk.ui.widgets.table.paged_model import PagedModel, TableColumn
from kiosk.ui.widgets.table.status_badge import StatusBadge

STATE_BADGES = {
    RowState.NEW: StatusBadge("plus", "import.badge.new", "accept"),
    RowState.CHANGED: StatusBadge("edit", "import.badge.changed", "wait"),
    RowState.UNCHANGED: StatusBadge("check", "import.badge.unchanged", "quiet"),
    RowState.ERROR: StatusBadge("cross", "import.badge.error", "reject"),
}


def details_of(planned: PlannedRow) -> str:
    """What a row changes, or what is wrong with it, in one line."""
    if planned.errors:
        return " · ".join(
            _fault_text(fault.column, tr(fault.key, **fault.values)) for fault in planned.errors
        )
    parts = (
        [
            tr(
                "import.detail.fields",
                fields=", ".join(tr(f"import.column.{name}") for name in planned.fields),
            )
        ]
        if planned.fields
        else []
    )
    if planned.photographs:
        parts.append(tr("import.detail.photographs", n=len(planned.photographs)))
    return " · ".join(
        [*parts, *([tr(planned.note, **planned.note_values)] if planned.note else [])]
    )


def _fault_text(column_name: str, text: str) -> str:
    return (
        tr("import.detail.fault", column=tr(f"import.column.{column_name}"), text=text)
        if column_name
        else text
    )


def import_model() -> PagedModel:
    """A table of ``PlannedRow``."""
    return PagedModel(
        (
            TableColumn("import.column.row", lambda r: str(r.row), 72, right=True),
            TableColumn("import.column.number", lambda r: r.number, 140),
            TableColumn("import.column.name", lambda r: r.name, 150),
            TableColumn(
                "import.column.state", lambda r: "", 140, badge=lambda r: STATE_BADGES[r.state]
            ),
            TableColumn("import.column.detail", details_of),
        )
    )
