"""The set that all migrations add themselves to, in the order of their files."""

from __future__ import annotations

from sqlite_utils.migrations import Migrations

APPLICATION_ID = 0x4D4E4A47
"""Identifies our databases in the file header: "MNJG"."""

steps = Migrations("munjigi")
"""All migrations, in order."""
