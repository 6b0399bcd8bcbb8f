"""Making the schema and logins: idempotent, and careful with what is there."""

from __future__ import annotations

import psycopg
import pytest

from kiosk.core.errors import CentreAway, FleetError
from kiosk.fleet.centre.fleet_schema import create_login, drop_login, init
from kiosk.fleet.centre.postgres_centre import PostgresCentre
from kiosk.fleet.centre.schema_version import newest_migration
from tests.helpers.centre_nodes import FLEET, FleetNode, found, person, subject
from tests.helpers.postgres import FleetDatabase, PostgresServer


def test_making_it_again_changes_nothing(fleet_database: FleetDatabase) -> None:
    founder = found(fleet_database)
    founder.write(person(subject()))
    head = founder.centre.head()
    assert not init(fleet_database.admin)
    assert founder.centre.head() == head


@pytest.mark.slow
def test_an_administrator_without_superuser_is_enough(postgres: PostgresServer) -> None:
    name = postgres.database()
    postgres.sql(f"CREATE ROLE {name}_dba LOGIN CREATEROLE PASSWORD 'p'")
    with pytest.raises(FleetError, match="CREATEROLE and CREATE"):
        init(postgres.tls_url(name, f"{name}_dba", "p"))
    assert postgres.sql("SELECT 1 FROM pg_namespace WHERE nspname = 'munjigi'", name) == []
    postgres.sql(f"GRANT CREATE ON DATABASE {name} TO {name}_dba", name)
    admin = postgres.tls_url(name, f"{name}_dba", "p")
    assert init(admin)
    url = create_login(admin, "door1")
    centre = PostgresCentre(url)
    assert centre.head().number == 0
    drop_login(admin, "door1")
    with pytest.raises(CentreAway):
        centre.head()
    with pytest.raises(FleetError, match="does not accept"):
        centre.head()
    assert not init(admin)


def test_foreign_and_newer_schemas_are_left_alone(
    postgres: PostgresServer, fleet_database: FleetDatabase
) -> None:
    name = postgres.database()
    postgres.sql("CREATE SCHEMA munjigi; CREATE TABLE munjigi.other (a int)", name)
    with pytest.raises(FleetError, match="another program"):
        init(postgres.admin_url(name))
    postgres.sql("CREATE TABLE munjigi.about (a int)", name)
    for refused in (init, lambda url: create_login(url, "door"), lambda u: drop_login(u, "door")):
        with pytest.raises(FleetError, match="another program"):
            refused(postgres.admin_url(name))
    assert postgres.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'munjigi'", name) == [
        (2,)
    ]
    fleet_database.sql("UPDATE munjigi.about SET version = 9999")
    with pytest.raises(FleetError, match="newer than this program"):
        init(fleet_database.admin)


def test_a_program_refuses_a_schema_that_it_cannot_use(fleet_database: FleetDatabase) -> None:
    founder = found(fleet_database)
    newer = newest_migration() + 1
    # the next version of the program still talks to this one
    fleet_database.sql(f"UPDATE munjigi.about SET version = {newer}")
    founder.centre.close()
    assert founder.centre.head().number == 1
    for change, words in (
        (f"works_with = {newer}", "newer than this program"),
        ("works_with = 1, version = 1", "older than this program"),
        ("product = 'other'", "another program"),
    ):
        fleet_database.sql(f"UPDATE munjigi.about SET {change}")
        founder.centre.close()
        with pytest.raises(FleetError, match=words):
            founder.centre.head()


def test_a_database_without_a_fleet_or_with_another_one(
    postgres: PostgresServer, fleet_database: FleetDatabase
) -> None:
    founder = found(fleet_database)
    other = fleet_database.centre(founder.url, "e" * 64)
    with pytest.raises(FleetError, match="another fleet"):
        other.head()
    nowhere = founder.url.replace(fleet_database.name, "postgres")
    with pytest.raises(FleetError, match="no fleet"):
        fleet_database.centre(nowhere, FLEET).head()
    with pytest.raises(FleetError, match="no database of this name"):
        fleet_database.centre(founder.url.replace(fleet_database.name, "nothing")).head()
    with pytest.raises(FleetError, match="no fleet"):
        create_login(postgres.admin_url(), "door")


def test_logins_have_one_name_each_and_a_password_of_their_own(
    fleet_database: FleetDatabase,
) -> None:
    door = FleetNode(fleet_database, "door")
    with pytest.raises(FleetError, match="already"):
        fleet_database.login("door")
    for name in ("", "Door", "door 1", 'x"; DROP ROLE admin', "x" * 31, "문"):
        with pytest.raises(FleetError, match="a-z"):
            create_login(fleet_database.admin, name)
    with pytest.raises(FleetError, match="no login"):
        drop_login(fleet_database.admin, "nobody")
    user, secret = door.url.split("@")[0].rsplit(":", 1)
    with pytest.raises(FleetError, match="password"):
        fleet_database.centre(door.url.replace(secret, "guess")).head()
    assert len(secret) >= 32
    stored = fleet_database.sql(
        f"SELECT rolpassword FROM pg_authid WHERE rolname = '{user.rpartition('/')[2]}'"
    )
    assert stored[0][0].startswith("SCRAM-SHA-256$")


def test_a_plain_connection_is_refused_by_the_server_and_said(
    fleet_database: FleetDatabase,
) -> None:
    door = FleetNode(fleet_database, "door")
    plain = door.url.replace("verify-full", "disable")
    with pytest.raises(FleetError, match="pg_hba"):
        fleet_database.centre(plain).head()
    wrong = door.url.partition("&sslrootcert")[0] + "&sslrootcert=/nonexistent/ca.pem"
    with pytest.raises(FleetError, match="sslrootcert"):
        fleet_database.centre(wrong).head()
    elsewhere = door.url.replace("127.0.0.1", "localhost")
    with pytest.raises(FleetError, match="certificate"):
        fleet_database.centre(elsewhere).head()


def test_the_password_is_in_no_log_of_the_server(fleet_database: FleetDatabase) -> None:
    with psycopg.connect(fleet_database.admin, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        connection.execute("SELECT pg_reload_conf()")
        try:
            secret = FleetNode(fleet_database, "door").url.split("@")[0].rpartition(":")[2]
        finally:
            connection.execute("ALTER SYSTEM RESET log_statement")
            connection.execute("SELECT pg_reload_conf()")
    log = (fleet_database.server.folder / "log").read_text(encoding="utf-8")
    assert "CREATE ROLE" in log
    assert secret not in log
