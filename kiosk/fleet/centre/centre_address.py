"""Where the centre is: the URL of ``[fleet]``, read strictly and made safe before use."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import parse_qsl, quote, unquote

from kiosk.core.errors import FleetError

CONNECT_S = 10
"""Seconds that one host may take to answer."""

ALLOWED = frozenset(
    {
        "application_name",
        "channel_binding",
        "connect_timeout",
        "host",
        "hostaddr",
        "load_balance_hosts",
        "passfile",
        "port",
        "require_auth",
        "ssl_min_protocol_version",
        "sslcert",
        "sslcrl",
        "sslcrldir",
        "sslkey",
        "sslmode",
        "sslrootcert",
        "target_session_attrs",
    }
)
"""Parameters that a URL may carry. ``service`` and ``options`` could undo what is checked here."""

# urlsplit refuses several hosts of which one is an IPv6 address in newer Pythons
_URL = re.compile(
    r"(?P<scheme>postgres(?:ql)?)://(?P<hosts>[^/?#]*)/(?P<name>[^/?#]+)(?:\?(?P<query>[^#]*))?"
)

_DEFAULTS = {
    "application_name": "munjigi",
    "connect_timeout": str(CONNECT_S),
    "gssencmode": "disable",
    "keepalives": "1",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
    "client_encoding": "UTF8",
}


def connection_parameters(url: str, *, unencrypted: bool = False) -> dict[str, str]:
    """Return libpq's parameters for the URL of a centre.

    Encryption with a verified host name is demanded, except over a Unix socket or loopback, or
    with ``unencrypted``. Several hosts: the one that accepts changes is chosen. Raises
    ``FleetError``, whose text never contains the password.
    """
    parameters = _parse(url)
    hosts = parameters.get("hostaddr", parameters["host"]).split(",")
    hosts += parameters["host"].split(",")
    local = all(_is_local(host) for host in hosts)
    mode = parameters.get("sslmode")
    if not local and not unencrypted:
        if mode not in (None, "verify-full"):
            raise FleetError(
                f"sslmode={mode} in fleet.url lets others read along or pose as the database: "
                "write sslmode=verify-full and name the authority's certificate in sslrootcert."
            )
        mode = "verify-full"
    parameters["sslmode"] = mode or "prefer"
    if len(parameters["host"].split(",")) > 1:
        parameters.setdefault("target_session_attrs", "read-write")
    return _DEFAULTS | parameters


def shown_address(url: str) -> str:
    """Return user, hosts and database of a URL, without the password, for messages."""
    try:
        parts = _parse(url)
    except FleetError:
        return "(unreadable)"
    return f"{parts.get('user', '')}@{parts['host']}/{parts['dbname']}"


def with_login(url: str, user: str, password: str) -> str:
    """Return ``url`` for another user, with the same hosts, database and parameters."""
    split = _URL.fullmatch(url.strip())
    if split is None:
        raise _unreadable()
    hosts = split["hosts"].rpartition("@")[2]
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    query = f"?{split['query']}" if split["query"] else ""
    return f"{split['scheme']}://{login}@{hosts}/{split['name']}{query}"


def _parse(url: str) -> dict[str, str]:
    split = _URL.fullmatch(url.strip())
    if split is None:
        raise _unreadable()
    query = split["query"] or ""
    try:
        queries = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise _unreadable() from None
    parameters = {"dbname": unquote(split["name"])} | _user_and_hosts(split["hosts"])
    for key, value in queries:
        if key not in ALLOWED:
            raise FleetError(f"fleet.url has the parameter {key!r}, which is not allowed there.")
        parameters[key] = value
    if not parameters.get("host"):
        raise FleetError("fleet.url names no host; write postgresql://USER@HOST/DATABASE.")
    if any("\0" in value for value in parameters.values()):
        raise _unreadable()
    return parameters


def _user_and_hosts(netloc: str) -> dict[str, str]:
    credentials, _, places = netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    found = {"user": unquote(user), "password": unquote(password)}
    matches = [re.fullmatch(r"(\[[^]]*\]|[^:]*)(?::(\d{1,5}))?", p) for p in places.split(",")]
    if not all(matches):
        raise _unreadable()
    hosts = [(unquote(m[1].strip("[]")), m[2] or "5432") for m in matches if m]
    if any(host for host, _ in hosts):
        found["host"] = ",".join(host for host, _ in hosts)
        found["port"] = ",".join(port for _, port in hosts)
    return {key: value for key, value in found.items() if value}


def _is_local(host: str) -> bool:
    if host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _unreadable() -> FleetError:
    return FleetError("fleet.url is no database address; write postgresql://USER@HOST/DATABASE.")
