"""The migrations: numbered steps from an empty file to the current tables.

Each step runs in a savepoint together with its own record. All pending steps share one transaction
of the caller, so that a database is never left between two versions. Published steps are never
changed; changes are new steps.
"""

from __future__ import annotations

from sqlite_utils import Database

# importing a file of steps adds them, so in the order of their numbers
from kiosk.storage.db import early_schema_steps as early_schema_steps
from kiosk.storage.db import late_schema_steps
from kiosk.storage.db.migration_set import APPLICATION_ID as APPLICATION_ID
from kiosk.storage.db.migration_set import steps as steps

ROW_SEALS = late_schema_steps.ROW_SEALS
"""The step from which on the rows that decide are sealed."""


def applied(db: Database) -> list[str]:
    """Return the names of the steps that were applied, in order."""
    return [step.name for step in steps.applied(db)]


def pending(db: Database) -> list[str]:
    """Return the names of the steps still to be applied, in order."""
    return [step.name for step in steps.pending(db)]


def unknown(db: Database) -> list[str]:
    """Return the names of applied steps that this program does not know: a newer one's."""
    known = {step.name for step in steps._migrations}
    return [name for name in applied(db) if name not in known]
