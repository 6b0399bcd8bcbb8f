"""What an administrator of the database does: make the schema, and logins for the nodes.

The names of the roles contain a random tag of the database, so that a cluster can hold several
fleets. PostgreSQL 15 or later; the login needs CREATEROLE and CREATE on the database.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from kiosk.core.errors import FleetError
from kiosk.fleet.centre.centre_address import with_login
from kiosk.fleet.centre.centre_connection import Connection, connect
from kiosk.fleet.centre.centre_errors import meaning
from kiosk.fleet.centre.schema_version import OLDEST, migrations, newest_migration

MAKING = 7_302_114_566_013_201
"""The number of the advisory lock that one maker of the schema holds."""

OWNER, NODES = "OWNER", "NODES"
"""Ends of the names of the two roles that nobody signs in as; logins have small letters."""

CONNECTIONS = 8
"""Connections that one login may have at a time."""

_ROLE_SETTINGS = {
    "statement_timeout": "60s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "20s",
    "timezone": "UTC",
    "search_path": "pg_catalog",
    "jit": "off",  # compiling takes longer than these queries
    "synchronous_commit": "on",  # what a node was told is stored has to outlive a crash
}


def init(url: str, *, unencrypted: bool = False) -> bool:
    """Make the schema, or bring it up to date; return whether there was none.

    Raises ``FleetError`` without changing anything for a schema of another program, a newer one,
    an old server, or a login without the rights.
    """
    with _administering(url, unencrypted) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [MAKING])
        _check_server(connection)
        tag, version = _state(connection)
        if not tag:
            tag = secrets.token_hex(4)
            _make_roles(connection, tag)
        _migrate(connection, tag, version)
        return version == 0


def create_login(
    url: str, name: str, *, with_password: bool = True, unencrypted: bool = False
) -> str:
    """Make a login role for one node and return the node's ``fleet.url``.

    ``url``: an administrator's. ``name``: 1 to 30 of a-z, 0-9 and _. The password is in the
    returned URL and nowhere else. Without a password the node shows a client certificate whose
    common name is the role's.
    """
    if not re.fullmatch("[a-z0-9_]{1,30}", name):
        raise FleetError("The name of a login has 1 to 30 of a-z, 0-9 and _.")
    password = secrets.token_urlsafe(24) if with_password else ""
    with _administering(url, unencrypted) as connection:
        tag = _known_tag(connection)
        role = _role(tag, name)
        if _role_exists(connection, role):
            raise FleetError(f"The fleet has a login {name!r} already; choose another name.")
        _make_login(connection, role, password)
        connection.execute(
            SQL("GRANT {} TO {}").format(Identifier(_role(tag, NODES)), Identifier(role))
        )
        _as_owner(connection)
        connection.execute("INSERT INTO munjigi.logins (login) VALUES (%s)", [role])
    return with_login(url, role, password)


def drop_login(url: str, name: str, *, unencrypted: bool = False) -> None:
    """Remove a node's login and end its connections; what the node wrote stays."""
    with _administering(url, unencrypted) as connection:
        role = _role(_known_tag(connection), name)
        if not _role_exists(connection, role):
            raise FleetError(f"The fleet has no login {name!r}.")
        connection.execute(SQL("ALTER ROLE {} NOLOGIN").format(Identifier(role)))
    # committed first: otherwise a thief could connect again while the connections are ended
    with _administering(url, unencrypted) as connection:
        connection.execute(SQL("GRANT {} TO CURRENT_USER").format(Identifier(role)))
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [role]
        )
        connection.execute(SQL("DROP OWNED BY {}").format(Identifier(role)))
        connection.execute(SQL("DROP ROLE {}").format(Identifier(role)))
        _as_owner(connection)
        connection.execute("DELETE FROM munjigi.logins WHERE login = %s", [role])


def drop_month(url: str, day: str, *, unencrypted: bool = False) -> int:
    """Drop the month of ``day`` (2026-01-31) from all logs; return how many rows that were.

    First and last link of each node's part stay in ``munjigi.log_removals``.
    """
    try:
        month = date.fromisoformat(day).replace(day=1)
    except ValueError:
        raise FleetError("Name the month by one of its days, such as 2026-01-31.") from None
    if month >= datetime.now(UTC).date().replace(day=1):
        raise FleetError("This month is not over; name an earlier one.")
    with _administering(url, unencrypted) as connection:
        _known_tag(connection)
        _as_owner(connection)
        row = connection.execute("SELECT munjigi.drop_month(%s::timestamptz)", [day]).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def _administering(url: str, unencrypted: bool) -> Iterator[Connection]:
    """One transaction: everything or nothing."""
    connection = connect(url, unencrypted=unencrypted)
    try:
        with connection, connection.transaction():
            connection.execute("SET LOCAL lock_timeout = '30s'; SET LOCAL TimeZone = 'UTC'")
            yield connection
    except psycopg.errors.InsufficientPrivilege:
        raise FleetError(
            "This login may not set up a fleet: it needs CREATEROLE and CREATE on the database."
        ) from None
    except psycopg.Error as error:
        raise meaning(error) from None


def _check_server(connection: Connection) -> None:
    if connection.info.server_version < 150000:
        raise FleetError("A fleet needs PostgreSQL 15 or later.")
    if connection.info.parameter_status("server_encoding") != "UTF8":
        raise FleetError("The fleet's database has to be made with ENCODING 'UTF8'.")


def _state(connection: Connection) -> tuple[str, int]:
    """Return tag and version of the schema; ("", 0) without one."""
    if not connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'munjigi'").fetchone():
        return "", 0
    foreign = FleetError("The schema munjigi of this database belongs to another program.")
    if connection.execute("SELECT to_regclass('munjigi.about')").fetchone() == (None,):
        raise foreign
    try:
        with connection.transaction():
            row = connection.execute("SELECT product, tag, version FROM munjigi.about").fetchone()
    except psycopg.errors.UndefinedColumn:
        raise foreign from None
    if row is None or row[0] != "munjigi fleet":
        raise foreign
    if row[2] > newest_migration():
        raise FleetError("The fleet's database is newer than this program; update the program.")
    return row[1], row[2]


def _known_tag(connection: Connection) -> str:
    tag, version = _state(connection)
    if version < OLDEST:
        raise FleetError("This database has no fleet; run munjigi fleet init first.")
    return tag


def _role(tag: str, name: str) -> str:
    return f"munjigi_{tag}_{name}"


def _role_exists(connection: Connection, role: str) -> bool:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    return found is not None


def _make_roles(connection: Connection, tag: str) -> None:
    owner, node = Identifier(_role(tag, OWNER)), Identifier(_role(tag, NODES))
    connection.execute(SQL("CREATE ROLE {} NOLOGIN").format(owner))
    connection.execute(SQL("CREATE ROLE {} NOLOGIN").format(node))
    connection.execute(SQL("GRANT {} TO CURRENT_USER").format(owner))
    # no ADMIN OPTION: from PostgreSQL 16 on the creator has it and may not be granted it again
    connection.execute(SQL("GRANT {} TO CURRENT_USER").format(node))
    connection.execute(SQL("CREATE SCHEMA munjigi AUTHORIZATION {}").format(owner))


def _as_owner(connection: Connection) -> None:
    """Go on as the owner of the schema until the transaction ends."""
    row = connection.execute(
        "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'munjigi'"
    ).fetchone()
    assert row is not None
    connection.execute(f"SET LOCAL ROLE {row[0]}".encode())


def _migrate(connection: Connection, tag: str, version: int) -> None:
    _as_owner(connection)
    node = Identifier(_role(tag, NODES)).as_string(connection)
    for number, text in migrations():
        if number > version:
            connection.execute(text.replace("{node}", node).encode())
    if version == 0:
        connection.execute("INSERT INTO munjigi.about (tag) VALUES (%s)", [tag])
    connection.execute(
        "UPDATE munjigi.about SET version = %s, works_with = %s", [newest_migration(), OLDEST]
    )


def _make_login(connection: Connection, role: str, password: str) -> None:
    # hashed here, so that the password is never in the server's log
    hashed = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    secret = SQL("PASSWORD {}").format(Literal(hashed)) if password else SQL("")
    connection.execute(
        SQL("CREATE ROLE {} LOGIN CONNECTION LIMIT {} {}").format(
            Identifier(role), Literal(CONNECTIONS), secret
        )
    )
    settings = _ROLE_SETTINGS
    if connection.info.server_version >= 170000:
        settings = settings | {"transaction_timeout": "120s"}
    for name, value in settings.items():
        connection.execute(
            SQL("ALTER ROLE {} SET {} = {}").format(
                Identifier(role), Identifier(name), Literal(value)
            )
        )
