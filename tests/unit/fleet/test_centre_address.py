"""URLs of the centre: TLS is demanded, and nothing dangerous is passed on."""

from __future__ import annotations

import pytest
from psycopg import OperationalError, errors

from kiosk.core.errors import CentreAway, FleetError
from kiosk.fleet.centre.centre_address import connection_parameters, shown_address, with_login
from kiosk.fleet.centre.centre_errors import meaning

SECRET = "s3cret%2F%40"
REMOTE = f"postgresql://door1:{SECRET}@db.example.org/doors"


def test_a_remote_host_is_verified() -> None:
    found = connection_parameters(REMOTE)
    assert (found["host"], found["port"], found["sslmode"]) == (
        "db.example.org",
        "5432",
        "verify-full",
    )
    assert (found["user"], found["password"], found["dbname"]) == ("door1", "s3cret/@", "doors")
    assert found["connect_timeout"] and found["tcp_user_timeout"]
    assert "target_session_attrs" not in found


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca", ""])
def test_weaker_modes_are_refused_for_remote_hosts(mode: str) -> None:
    with pytest.raises(FleetError, match="verify-full"):
        connection_parameters(f"{REMOTE}?sslmode={mode}")
    assert connection_parameters(f"{REMOTE}?sslmode={mode}", unencrypted=True)["sslmode"] == (
        mode or "prefer"
    )


@pytest.mark.parametrize(
    "place",
    ["localhost", "127.0.0.1:5433", "[::1]", "%2Fvar%2Frun%2Fpostgresql"],
)
def test_this_machine_needs_no_encryption(place: str) -> None:
    assert connection_parameters(f"postgresql://a@{place}/doors")["sslmode"] == "prefer"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://a@localhost/doors?hostaddr=203.0.113.5",
        "postgresql://a@localhost/doors?host=db.example.org",
        "postgresql://a@localhost,db.example.org/doors",
        "postgresql://a@127.0.0.1.example.org/doors",
        "postgresql://a@localhost./doors",
    ],
)
def test_a_host_that_only_looks_local_is_verified(url: str) -> None:
    assert connection_parameters(url)["sslmode"] == "verify-full"


def test_of_several_hosts_the_one_that_takes_changes_is_chosen() -> None:
    found = connection_parameters("postgresql://a@one.example.org,[2001:db8::1]:5433/doors")
    assert (found["host"], found["port"]) == ("one.example.org,2001:db8::1", "5432,5433")
    assert found["target_session_attrs"] == "read-write"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mysql://a@db.example.org/doors",
        "postgresql://a@db.example.org",
        "postgresql://a@db.example.org/",
        "postgresql://a@db.example.org/a/b",
        "postgresql:///doors",
        "postgresql://a@db.example.org:port/doors",
        "postgresql://a@[2001:db8::1/doors",
        "postgresql://a@db.example.org/doors%00",
        "postgresql://a@db.example.org/doors?sslmode",
        "postgresql://a@db.example.org/doors?service=other",
        "postgresql://a@db.example.org/doors?options=-crole%3Dadmin",
        "postgresql://a@db.example.org/doors?user=other",
        "host=db.example.org dbname=doors",
    ],
)
def test_other_urls_are_refused_in_one_sentence_without_the_password(url: str) -> None:
    with pytest.raises(FleetError, match=r"fleet\.url") as refused:
        connection_parameters(url.replace("a@", f"a:{SECRET}@"))
    assert "s3cret" not in str(refused.value)


def test_messages_show_no_password() -> None:
    assert shown_address(REMOTE) == "door1@db.example.org/doors"
    assert shown_address("nonsense") == "(unreadable)"
    other = with_login(f"{REMOTE}?sslrootcert=/etc/ca.pem", "door 2", "p@ss")
    assert other == "postgresql://door%202:p%40ss@db.example.org/doors?sslrootcert=/etc/ca.pem"
    assert connection_parameters(with_login(REMOTE, "door2", ""))["user"] == "door2"


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (
            OperationalError("password authentication failed"),
            FleetError,
            "password",
        ),
        (OperationalError("server does not support SSL, but SSL was required"), FleetError, "ssl"),
        (OperationalError("SSL error: certificate verify failed"), FleetError, "certificate"),
        (OperationalError("SSL error: tlsv1 alert certificate expired"), FleetError, "expired"),
        (OperationalError("connection refused"), CentreAway, "cannot be reached"),
        (OperationalError("FATAL: the database system is starting up"), CentreAway, "starting"),
        (OperationalError("session is read-only"), CentreAway, "standby"),
        (errors.DiskFull("no space left on device"), CentreAway, "disk"),
        (errors.ReadOnlySqlTransaction("in a read-only"), CentreAway, "standby"),
        (errors.LockNotAvailable("lock timeout"), CentreAway, "too long"),
        (errors.InvalidSchemaName("munjigi"), FleetError, "fleet init"),
        (errors.InsufficientPrivilege("denied"), FleetError, "no rights"),
        (errors.DivisionByZero("a surprise with s3cret"), FleetError, "22012"),
    ],
)
def test_errors_say_whether_to_come_back(
    error: Exception, kind: type[FleetError], words: str
) -> None:
    assert isinstance(error, OperationalError) or error.sqlstate
    found = meaning(error)
    assert type(found) is kind
    assert words in str(found)
    assert "s3cret" not in str(found)
