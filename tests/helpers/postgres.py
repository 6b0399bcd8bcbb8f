"""A real PostgreSQL server for tests of the fleet: Debian's programs, run as an ordinary user.

One server for a test session (the fixture ``postgres`` of tests/conftest.py), started by the first
test that asks for it; each test makes a database of its own. Nothing of it outlives the session.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from kiosk.fleet.centre import fleet_schema
from kiosk.fleet.centre.postgres_centre import PostgresCentre
from tests.helpers.broker import certificate

MISSING = "The tests of the fleet need PostgreSQL 15 or later: run scripts/setup.sh test."

SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
ssl = on
ssl_cert_file = '{certificate}'
ssl_key_file = '{key}'
fsync = off
full_page_writes = off
shared_buffers = 128MB
max_connections = 300
wal_level = replica
max_wal_senders = 4
autovacuum_naptime = 10min
log_min_messages = warning
"""

ACCESS = """
local all all trust
local replication all trust
hostssl all all 127.0.0.1/32 scram-sha-256
hostnossl all munjigi_plain 127.0.0.1/32 scram-sha-256
"""


def programs() -> Path:
    """Return the folder of Debian's newest PostgreSQL; an error says what to install."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda file: int(file.parts[4])
    )
    if found:
        return found[-1].parent
    beside = shutil.which("postgres")
    assert beside, MISSING
    return Path(beside).parent


def ordinary_user() -> dict[str, Any]:
    """Return arguments for ``subprocess`` that drop root, which PostgreSQL refuses to run as."""
    if os.getuid() != 0:
        return {}
    names = [entry.pw_name for entry in pwd.getpwall()]
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class PostgresServer:
    """A server in a folder of its own.

    ``host``: the folder of its Unix socket; ``ca``, ``key``: its certificate, which signs itself.
    """

    def __init__(self, *, standby_of: PostgresServer | None = None) -> None:
        self._user = ordinary_user()
        self._template = ""
        self.folder = Path(tempfile.mkdtemp(prefix="munjigi-pg-"))
        self.host = str(self.folder)
        self.port = free_port()
        self.ca, self.key = certificate(self.folder, f"server-{self.port}")
        self.folder.chmod(0o755)
        if self._user:
            for file in (self.folder, self.ca, self.key):
                os.chown(file, self._user["user"], self._user["group"])
        self.key.chmod(0o600)
        self._data = self.folder / "data"
        self._watcher: subprocess.Popen[bytes] | None = None
        self.standby: PostgresServer | None = None
        if standby_of is None:
            self._run(
                "initdb", "--no-sync", "--no-locale", "--encoding=UTF8", "--username=admin",
                "--auth=trust", "--no-instructions", "-D", self._data,
            )  # fmt: skip
            (self._data / "pg_hba.conf").write_text(ACCESS)
        else:
            source = f"host={standby_of.host} port={standby_of.port} user=admin"
            self._run("pg_basebackup", "-D", self._data, "-d", source, "-R", "-c", "fast", "-N")
        with (self._data / "postgresql.auto.conf").open("a") as settings:
            settings.write(
                SETTINGS.format(
                    port=self.port, folder=self.folder, certificate=self.ca, key=self.key
                )
            )

    def start(self) -> None:
        """Run, and wait until it answers."""
        if self._watcher is None:
            self._watcher = self._watched()
        self._run("pg_ctl", "start", "-w", "-s", "-D", self._data, "-l", self.folder / "log")

    def stop(self, how: str = "fast") -> None:
        """End it: ``fast`` ends sessions, ``immediate`` is like pulling the plug."""
        self._run("pg_ctl", "stop", "-w", "-s", "-m", how, "-D", self._data)

    def restart(self, how: str = "fast") -> None:
        """Stop and start."""
        self.stop(how)
        self.start()

    def add_standby(self) -> PostgresServer:
        """Start a streaming standby; from now on a commit waits until it has everything."""
        self.standby = PostgresServer(standby_of=self)
        self.standby.start()
        self.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.sql("SELECT pg_reload_conf()")
        return self.standby

    def promote(self) -> None:
        """Turn a standby into the primary."""
        self._run("pg_ctl", "promote", "-w", "-s", "-D", self._data)

    def remove(self) -> None:
        """Stop, and delete the folder."""
        if (self._data / "postmaster.pid").exists():
            self.stop("immediate")
        if self._watcher is not None:
            self._watcher.kill()
            self._watcher.communicate()
        shutil.rmtree(self.folder)

    def _watched(self) -> subprocess.Popen[bytes]:
        """Return a process that ends the server once this one, which may be killed, is gone."""
        stop = f"{programs() / 'pg_ctl'} stop -s -m immediate -D {self._data}"
        return subprocess.Popen(
            ["sh", "-c", f"cat >/dev/null; {stop}; rm -rf {self.folder}"],
            **self._user,
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def admin_url(self, database: str = "postgres") -> str:
        """Return a superuser's URL over the Unix socket."""
        return f"postgresql://admin@/{database}?host={self.host}&port={self.port}"

    def tls_url(self, database: str, user: str, password: str) -> str:
        """Return a URL over TCP on loopback with a checked certificate."""
        return (
            f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"
            f"?sslmode=verify-full&sslrootcert={self.ca}"
        )

    def sql(self, query: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run ``query`` as the superuser."""
        with psycopg.connect(self.admin_url(database), autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def database(self, template: str = "template0") -> str:
        """Make an empty database and return its name."""
        name = f"test_{secrets.token_hex(4)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def fleet(self) -> FleetDatabase:
        """Make a database with the schema of a fleet: a copy, which is faster than making one.

        Copies share their roles' names, which end in the database's own digits here.
        """
        if not self._template:
            self._template = self.database()
            fleet_schema.init(self.admin_url(self._template))
        return FleetDatabase(self, self.database(self._template))

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(programs() / program), *map(str, arguments)]
        done = subprocess.run(
            command,
            **self._user,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )
        assert done.returncode == 0, f"{program} failed: {done.stdout!r}"


class FleetDatabase:
    """A database with the schema ``munjigi``. ``admin``: the superuser's URL.

    ``opened``: connections that ``close`` closes.
    """

    def __init__(self, server: PostgresServer, name: str) -> None:
        self.server = server
        self.name = name
        self.admin = server.admin_url(name)
        self.opened: list[PostgresCentre] = []

    def login(self, name: str) -> str:
        """Make a login and return a node's URL: TCP on loopback, TLS, SCRAM."""
        login = f"{name}_{self.name.rpartition('_')[2]}"
        url = conninfo_to_dict(fleet_schema.create_login(self.admin, login))
        return self.server.tls_url(self.name, str(url["user"]), str(url["password"]))

    def centre(self, url: str, fleet: str = "") -> PostgresCentre:
        """Return a node's connection, which is closed with this database."""
        self.opened.append(PostgresCentre(url, fleet))
        return self.opened[-1]

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """Run ``query`` as the superuser, as the database's owner could."""
        return self.server.sql(query, self.name)

    def close(self) -> None:
        """Close what was opened; the server goes on."""
        for centre in self.opened:
            centre.close()
