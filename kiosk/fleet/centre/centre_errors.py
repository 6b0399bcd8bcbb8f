"""What the database's errors mean for a node: come back later, or a person must mend it."""

from __future__ import annotations

import re

from psycopg import Error, InterfaceError, OperationalError

from kiosk.core.errors import CentreAway, FleetError

Sentence = tuple[type[FleetError], str]

_OURS: dict[str, Sentence] = {
    "MJ001": (
        FleetError,
        "This node is not admitted to the fleet yet; approve it at another node.",
    ),
    "MJ002": (FleetError, "This node was revoked; it can join again with a new login."),
    "MJ003": (
        FleetError,
        "This door was admitted without staff, so changes are not taken from it.",
    ),
    "MJ004": (FleetError, "The fleet's database refused a line that does not follow what it has."),
    "MJ005": (FleetError, "This database holds another fleet; check fleet.url."),
    "MJ006": (FleetError, "Rows of this node's log are missing before those that were sent."),
    "MJ007": (
        FleetError,
        "The fleet's database has other rows of this node's log under the same numbers; run "
        "munjigi fleet verify.",
    ),
    "MJ008": (FleetError, "This login belongs to another node; make one with munjigi fleet login."),
    "MJ009": (FleetError, "Another node of the fleet has this name; choose another one."),
}

_STATES: dict[str, Sentence] = {
    "28P01": (FleetError, "The fleet's database does not accept this password; make a new login."),
    "28000": (FleetError, "The fleet's database does not let this login in; check pg_hba.conf."),
    "3D000": (FleetError, "The server has no database of this name; check fleet.url."),
    "3F000": (FleetError, "This database has no fleet; run munjigi fleet init first."),
    "42P01": (FleetError, "This database has no fleet; run munjigi fleet init first."),
    "42883": (FleetError, "This database has no fleet, or an older one; run munjigi fleet init."),
    "42501": (FleetError, "This login has no rights in the fleet's database; make a new one."),
    "25006": (
        CentreAway,
        "The fleet's database takes no changes just now: it is a standby or read-only.",
    ),
    "53100": (CentreAway, "The disk of the fleet's database is full."),
    "53300": (CentreAway, "The fleet's database has no free connection."),
    "57P01": (CentreAway, "The fleet's database is shutting down."),
    "57P02": (CentreAway, "The fleet's database is restarting after a failure."),
    "57P03": (CentreAway, "The fleet's database is starting."),
    "55P03": (CentreAway, "Another node has been writing to the fleet's database for too long."),
    "57014": (CentreAway, "The fleet's database took too long to answer."),
    "40001": (CentreAway, "Another node wrote at the same moment."),
    "40P01": (CentreAway, "Another node wrote at the same moment."),
}

# a refused connection carries no SQLSTATE in libpq, only words
_WORDS: tuple[tuple[str, Sentence], ...] = (
    (
        "password authentication failed|no password supplied|role .* does not exist",
        _STATES["28P01"],
    ),
    ("database .* does not exist", _STATES["3D000"]),
    (
        "certificate has expired|certificate expired",
        (FleetError, "A certificate for the fleet's database has expired; renew it."),
    ),
    (
        "certificate revoked",
        (FleetError, "A certificate for the fleet's database was revoked; make a new one."),
    ),
    (
        "does not support SSL",
        (FleetError, "The fleet's database has no encryption; turn on ssl in postgresql.conf."),
    ),
    (
        "root certificate file .* does not exist",
        (
            FleetError,
            "The authority's certificate is missing; name it in fleet.url as sslrootcert.",
        ),
    ),
    (
        "server certificate for .* does not match|certificate verify failed",
        (
            FleetError,
            "The server's certificate has expired or is not the one that fleet.url expects; check "
            "its dates, the host's name and sslrootcert.",
        ),
    ),
    (
        "private key file|certificate file|certificate present, but not",
        (FleetError, "The client certificate of fleet.url is unusable; check sslcert and sslkey."),
    ),
    (
        "no pg_hba.conf entry|requires a valid client certificate|authentication failed|"
        "is not permitted to log in",
        _STATES["28000"],
    ),
    (
        "invalid connection option|invalid .* value|invalid port",
        (FleetError, "A parameter in fleet.url has a value that PostgreSQL does not know."),
    ),
    ("session is read-only|server is in hot standby", _STATES["25006"]),
    ("too many connections|remaining connection slots|too many clients", _STATES["53300"]),
    ("starting up", _STATES["57P03"]),
    ("shutting down", _STATES["57P01"]),
    ("recovery mode", _STATES["57P02"]),
    (
        "translate host name|Name or service not known|name resolution",
        (CentreAway, "The host of fleet.url is not found."),
    ),
)


def meaning(error: Error) -> FleetError:
    """Return ``CentreAway`` or ``FleetError`` for psycopg's error; one sentence, no password."""
    kind, sentence = _sentence(error)
    return kind(sentence)


def _sentence(error: Error) -> Sentence:
    state = error.sqlstate or ""
    known = _OURS.get(state) or _STATES.get(state)
    if known is not None:
        return known
    if not state and isinstance(error, OperationalError):
        for words, sentence in _WORDS:
            if re.search(words, str(error)):
                return sentence
        return CentreAway, "The fleet's database cannot be reached."
    if isinstance(error, InterfaceError) or state.startswith(("08", "53", "57", "58")):
        return CentreAway, "The connection to the fleet's database broke."
    return FleetError, f"The fleet's database refused what was sent (SQLSTATE {state or 'none'})."
