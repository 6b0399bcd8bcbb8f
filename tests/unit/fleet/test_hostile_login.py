"""A node's login in the hands of a thief who writes SQL: only its own rows can be written."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from kiosk.core.fleet import Beat, WrappedKey
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
    "SELECT munjigi.writer(0, NULL, NULL)",
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
