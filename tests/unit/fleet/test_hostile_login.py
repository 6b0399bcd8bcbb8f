"""A node's login in the hands of a thief who writes SQL: only its own rows can be written."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import psycopg
import pytest

from kiosk.core.errors import FleetError
from kiosk.core.fleet import Beat, FactKind, WrappedKey
from kiosk.fleet.centre import fleet_schema
from tests.helpers.centre_nodes import NOW, FleetNode, event, found, person, subject
from tests.helpers.postgres import FleetDatabase

TABLES = [
    "about",
    "bodies",
    "beats",
    "events",
    "facts",
    "feed",
    "head",
    "join_requests",
    "key_gaps",
    "log_heads",
    "log_removals",
    "logins",
    "nodes",
    "receipts",
    "wrapped_keys",
]

TRIES = [
    "INSERT INTO munjigi.feed SELECT * FROM munjigi.feed",
    "UPDATE munjigi.bodies SET body = 'mine'",
    "DELETE FROM munjigi.feed",
    "TRUNCATE munjigi.feed CASCADE",
    "DROP SCHEMA munjigi CASCADE",
    "DROP TABLE munjigi.head",
    "ALTER TABLE munjigi.bodies DISABLE ROW LEVEL SECURITY",
    "CREATE POLICY all_of_it ON munjigi.bodies USING (true)",
    "ALTER TABLE munjigi.feed OWNER TO CURRENT_USER",
    "CREATE TABLE munjigi.mine (a int)",
    "CREATE FUNCTION munjigi.me() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION munjigi.me() RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$",
    "CREATE TRIGGER t BEFORE INSERT ON munjigi.feed EXECUTE FUNCTION pg_catalog.now()",
    "UPDATE munjigi.nodes SET may_write = true, sees_all = true",
    "UPDATE munjigi.logins SET node = '{founder}' WHERE login = session_user",
    "INSERT INTO munjigi.events VALUES ('{founder}', 1, 'log', now(), '', '')",
    "DELETE FROM munjigi.events",
    "UPDATE munjigi.log_heads SET sequence = 0",
    "SELECT * FROM munjigi.events_2026_12",
    "SELECT munjigi.drop_month(now())",
    "SELECT munjigi.make_month(now())",
    "SELECT munjigi.keep_line(NULL, NULL)",
    "SELECT munjigi.keep_node(NULL, NULL)",
    "SELECT munjigi.find_gaps_of_node('{founder}')",
    "SELECT munjigi.writer(0)",
    "SELECT * FROM munjigi.logins",
    "SELECT * FROM munjigi.facts",
    "SELECT * FROM munjigi.key_gaps",
    "SELECT rolpassword FROM pg_catalog.pg_authid",
    "SET ROLE {owner}",
    "SET ROLE admin",
    "SET SESSION AUTHORIZATION admin",
    "ALTER ROLE {owner} LOGIN",
    "CREATE ROLE another LOGIN",
    "GRANT {owner} TO CURRENT_USER",
    "DROP ROLE {founder_login}",
    "ALTER ROLE {founder_login} PASSWORD 'mine'",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{founder_login}'"
    " AND pg_terminate_backend(pid)",
    "COPY munjigi.feed TO PROGRAM 'id'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT set_config('session_authorization', 'admin', false)",
    "SELECT munjigi.begin_append('{{node}}', '{{{door}}}', '{{1}}')",
    "SELECT munjigi.put_keys('{{\"\"}}', '{{{door}}}', '{{9}}', '{{x}}', false)",
    "CREATE EXTENSION dblink",
    "ALTER DATABASE {database} SET search_path = pg_temp",
    "SELECT munjigi.append('{fleet}', '[{{\"number\": 99}}]', '{{x}}', '{{x}}')",
    "SELECT munjigi.beat('{founder}', now(), 1, '', 1, '', '{{}}', '')",
    "SELECT munjigi.put_receipt('{founder}', '{founder}', 1, now(), '')",
    "SELECT munjigi.ask_to_join('{founder}', 'x', 'door', '', '', now(), '')",
    "SELECT munjigi.put_keys('{{\"\"}}', '{{{founder}}}', '{{9}}', '{{x}}', true)",
]


def everything(database: FleetDatabase) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: database.sql(f"SELECT t::text FROM munjigi.{table} t ORDER BY 1") for table in TABLES
    }


@pytest.mark.slow
def test_a_stolen_login_changes_nothing_of_others(fleet_database: FleetDatabase) -> None:
    founder = found(fleet_database)
    door = founder.admit(FleetNode(fleet_database, "door"), groups=["lab"], staff=False)
    anna = subject()
    keys = [WrappedKey(name, founder.node, 1, b"key") for name in ("", anna)]
    founder.write(person(anna, audience=["office"]), keys=keys)
    founder.centre.push_events([event(1)])
    founder.centre.beat(Beat(founder.node, NOW, 1, b"", 1, b"", {}, b""))
    owner = fleet_database.sql(
        "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'munjigi'"
    )[0][0]
    names = {
        "founder": founder.node,
        "door": door.node,
        "owner": owner,
        "founder_login": founder.url.split("//")[1].split(":")[0],
        "database": fleet_database.name,
        "fleet": "f" * 64,
    }
    before = everything(fleet_database)
    allowed = []
    with psycopg.connect(door.url, autocommit=True) as thief:
        for attempt in TRIES:
            try:
                thief.execute(attempt.format(**names).encode())
                allowed.append(attempt)
            except psycopg.Error as refused:
                assert not isinstance(refused, psycopg.errors.SyntaxError), attempt
        reads = "SELECT count(*) FROM munjigi.bodies WHERE kind = 'person'"
        assert thief.execute(reads.encode()).fetchone() == (0,)
        for table in ("wrapped_keys", "events"):
            assert thief.execute(f"SELECT count(*) FROM munjigi.{table}".encode()).fetchone() == (
                0,
            )
    assert allowed == []
    assert everything(fleet_database) == before
    assert founder.centre.head().number == 3


def test_names_in_a_temporary_schema_fool_no_function(fleet_database: FleetDatabase) -> None:
    founder = found(fleet_database)
    door = founder.admit(FleetNode(fleet_database, "door"), groups=["lab"], staff=False)
    founder.write(person(subject(), audience=["office"]))
    with psycopg.connect(door.url, autocommit=True) as thief:
        thief.execute(
            "CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1';"
            "CREATE TEMP TABLE nodes AS SELECT * FROM munjigi.nodes;"
            "CREATE TEMP TABLE logins (login name, node text);"
            f"INSERT INTO logins VALUES (session_user, '{founder.node}');"
            "SET search_path = pg_temp, munjigi"
        )
        assert thief.execute("SELECT munjigi.me()").fetchone() == (door.node,)
        seen = thief.execute("SELECT count(*) FROM munjigi.bodies WHERE kind = 'person'")
        assert seen.fetchone() == (0,)


def test_a_function_that_leaks_sees_no_hidden_row(fleet_database: FleetDatabase) -> None:
    """A cheap function of the thief's own is not run on rows that the policy hides."""
    founder = found(fleet_database)
    door = founder.admit(FleetNode(fleet_database, "door"), groups=["lab"], staff=False)
    founder.write(person(subject(), body=b"hidden", audience=["office"]))
    notices: list[str] = []
    with psycopg.connect(door.url, autocommit=True) as thief:
        thief.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        thief.execute(
            "CREATE FUNCTION pg_temp.leak(a bytea) RETURNS boolean LANGUAGE plpgsql COST 0.0001"
            " AS $$ BEGIN RAISE NOTICE 'seen %', a; RETURN true; END $$"
        )
        thief.execute("SELECT 1 FROM munjigi.bodies WHERE pg_temp.leak(body)")
    assert notices
    assert not any(b"hidden".hex() in notice for notice in notices)


@pytest.mark.parametrize("staff", [True, False])
def test_what_a_login_says_of_its_own_node_gives_no_right(
    fleet_database: FleetDatabase, staff: bool
) -> None:
    """The server verifies no signature, so such a line may be a thief's."""
    founder = found(fleet_database)
    door = founder.admit(FleetNode(fleet_database, "door"), groups=["lab"], staff=staff)
    founder.write(person(subject(), audience=["office"]))
    founder.centre.push_events([event(1)])
    rights = fleet_database.sql("SELECT * FROM munjigi.nodes ORDER BY node")
    for change in ({"staff": True}, {"staff": False}, {"revoked": True}):
        with suppress(FleetError):
            newest = founder.centre.newest(FactKind.NODE, door.node)
            door.describe(door, newest.version if newest else 0, groups=["*"], **change)
    assert fleet_database.sql("SELECT * FROM munjigi.nodes ORDER BY node") == rights
    assert founder.centre.head().number == (6 if staff else 3)
    with psycopg.connect(door.url, autocommit=True) as thief:
        for rows in ("bodies WHERE kind = 'person'", "events"):
            found_rows = thief.execute(f"SELECT count(*) FROM munjigi.{rows}".encode())
            assert found_rows.fetchone() == (0,)


def test_a_login_without_staff_does_not_hold_the_feed(fleet_database: FleetDatabase) -> None:
    founder = found(fleet_database)
    door = founder.admit(FleetNode(fleet_database, "door"), groups=["lab"], staff=False)
    with psycopg.connect(door.url) as thief:
        thief.execute("SET idle_in_transaction_session_timeout = 0")
        for take in (
            "begin_append('{{node}}', '{{{0}}}', '{{1}}')",
            "put_keys('{{\"\"}}', '{{{0}}}', '{{9}}', '{{x}}', false)",
        ):
            with pytest.raises(psycopg.Error, match="without staff"), thief.transaction():
                thief.execute(f"SELECT munjigi.{take.format(door.node)}".encode())
        founder.describe(door, 1, groups=["lab"], staff=False, revoked=True)
    with pytest.raises(FleetError, match="revoked"):
        door.centre.push_events([event(1)])


def test_a_writer_has_time_limits_whatever_its_session_says(fleet_database: FleetDatabase) -> None:
    founder = found(fleet_database)
    with psycopg.connect(founder.url) as thief:
        thief.execute("SET idle_in_transaction_session_timeout = 0")
        thief.execute("SET lock_timeout = 0")
        thief.execute("SELECT munjigi.begin_append('{}', '{}', '{}')")
        assert thief.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("20s",)
        assert thief.execute("SHOW lock_timeout").fetchone() == ("10s",)


def test_a_dropped_login_ends_with_its_locks_and_does_not_come_back(
    fleet_database: FleetDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    founder = found(fleet_database)
    door = founder.admit(FleetNode(fleet_database, "door"))
    name = door.url.split("//")[1].split(":")[0].split("_", 2)[2]

    def stopped(_connection: object) -> None:
        raise FleetError("stopped before the login is removed")

    with psycopg.connect(door.url) as thief:
        thief.execute("SELECT munjigi.begin_append('{}', '{}', '{}')")  # holds the head
        thief.execute("SET idle_in_transaction_session_timeout = 0")
        with monkeypatch.context() as patch, pytest.raises(FleetError, match="stopped"):
            patch.setattr(fleet_schema, "_as_owner", stopped)
            fleet_schema.drop_login(fleet_database.admin, name)
        with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
            psycopg.connect(door.url)
        fleet_schema.drop_login(fleet_database.admin, name)
        founder.describe(door, 1, revoked=True)
        with pytest.raises(psycopg.OperationalError):
            thief.execute("SELECT 1")
