"""The one address of the database: the server named in DATABASE_URL, else the embedded one, started if need be."""

from __future__ import annotations

import re
import time
from secrets import token_hex
from typing import Any

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from infrastructure.postgres.binaries import PostgresUnavailableError
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.settings import Settings, without_password

VERSION_MIN = 15  # the oldest release that has MERGE, and keeps the schema public closed to strangers
SERVER_SECONDS_MAX = 30  # a database started in the same moment (compose, a rebooting machine) may take its time
PAUSE_SECONDS = 0.25
# What a role or a database may have set for others. A stricter isolation lets concurrent appends fail, a limit in time
# a rebuild; dates are read in one style. Only the address itself, in its own `options`, may say otherwise.
SESSION = (
    r"-c default_transaction_isolation=read\ committed"
    " -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c idle_session_timeout=0"
    " -c datestyle=ISO -c intervalstyle=postgres -c timezone=UTC -c extra_float_digits=1"
    " -c standard_conforming_strings=on"
)
# How long the server waits for a client that has vanished without a word: its locks would stay for two hours. A Unix
# socket knows no such thing and shows zero, so it is not looked at whether they are heeded.
CLIENT_GONE = (
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=30000"
)
DURABLE = "-c synchronous_commit=on"  # where it is off, an acknowledged fact could be lost; remote_apply stays
# An option with a random value: a pooler that drops options may show settings that are right by default.
MARK = "countersign.session"
OPTION = re.compile(r"-c ([\w.]+)=((?:\\.|\S)+)")
NO_POOLER = "Let DATABASE_URL name the server itself, no pooler before it: Countersign keeps a pool of its own."
REMEDIES = (
    ("too many|connection slots", "Have others close connections, or raise max_connections: `serve` takes about 20."),
    ("startup parameter", NO_POOLER),
    ("password|authentication|pg_hba", "Check the user, the password, and whom the server's pg_hba.conf lets in."),
    ("", "Check the address, the password and that the server runs."),
)
# How long a server may be silent that has vanished without a word, in seconds, and milliseconds for the last one.
PATIENCE = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
PATIENCE |= {"tcp_user_timeout": 60_000}

log = structlog.get_logger()


def connect_url(settings: Settings) -> str:
    """The address of a server that answers and suits, for sessions as we need them.

    Raises PostgresUnavailableError, saying what to do.
    """
    if not settings.database_url:
        return settled(EmbeddedPostgres(settings.data).start())
    _await(settings.database_url)
    return settled(settings.database_url, *([] if _check(settings.database_url) else [DURABLE]))


def settled(url: str, *more: str) -> str:
    """*url* with SESSION, CLIENT_GONE, *more* options and PATIENCE, except for what it says itself."""
    said = conninfo_to_dict(url)
    options = " ".join([SESSION, CLIENT_GONE, *more, str(said.get("options", ""))]).strip()
    return make_conninfo(url, **{**PATIENCE, **said, "client_encoding": "utf8", "options": options})


def _await(url: str) -> None:
    """Wait until the server of *url* takes connections, or is known not to."""
    began = time.monotonic()
    while (answer := psycopg.pq.PGconn.ping(url.encode())) != psycopg.pq.Ping.OK:
        waited = time.monotonic() - began
        if answer == psycopg.pq.Ping.NO_ATTEMPT or waited > SERVER_SECONDS_MAX:
            return  # connecting says why
        log.info("postgres_waiting", action="waiting for the server of DATABASE_URL", seconds=round(waited))
        time.sleep(PAUSE_SECONDS * 2 ** min(waited // 2, 4))


def _check(url: str) -> bool:
    """Whether commits are durable unless told to be. Raises PostgresUnavailableError where the server does not suit."""
    try:
        mark = token_hex(8)
        with psycopg.connect(settled(url, f"-c {MARK}={mark}"), connect_timeout=SERVER_SECONDS_MAX) as connection:
            durable = _shown(connection, "synchronous_commit") != "off"
            version, encoding = (
                connection.info.server_version // 10_000,
                connection.info.parameter_status("server_encoding"),
            )
            said = str(conninfo_to_dict(url).get("options", ""))
            unheeded = _unheeded(connection, f"-c {MARK}={mark} {SESSION}", said)
        if not durable and not unheeded:
            with psycopg.connect(settled(url, DURABLE), connect_timeout=SERVER_SECONDS_MAX) as connection:
                unheeded = _unheeded(connection, DURABLE)
    except psycopg.Error as failure:
        raise PostgresUnavailableError(
            "database_url",
            f"No connection to {without_password(url)}, which DATABASE_URL names: {without_password(str(failure))}.",
            f"{_remedy(str(failure))} Without DATABASE_URL, an embedded one is used.",
        ) from failure
    _require(version, str(encoding), unheeded)
    return durable


def _remedy(said: str) -> str:
    """What to do where connecting failed; libpq gives no code for why, only what the server *said*."""
    return next(remedy for words, remedy in REMEDIES if re.search(words, said))


def _shown(connection: psycopg.Connection[Any], name: str) -> str:
    row = connection.execute("SELECT coalesce(current_setting(%s, true), '')", [name]).fetchone()
    return str(row[0]) if row else ""


def _unheeded(connection: psycopg.Connection[Any], options: str, said: str = "") -> list[str]:
    """Those of our *options* that a session does not have; what the address itself has *said* may differ."""
    asked = [(name, value.replace("\\ ", " ")) for name, value in OPTION.findall(options) if name not in said]
    shown = [(name, value, _shown(connection, name)) for name, value in asked]
    return [f"{name} is {actual or 'missing'}" for name, value, actual in shown if not actual.startswith(value)]


def _require(version: int, encoding: str, unheeded: list[str]) -> None:
    """Raises PostgresUnavailableError, saying what to do, where one of them does not suit."""
    if version < VERSION_MIN:
        raise PostgresUnavailableError(
            "database_version",
            f"DATABASE_URL names a PostgreSQL {version}; Countersign needs {VERSION_MIN} or newer.",
            "Upgrade that server. Without DATABASE_URL, an embedded one is used.",
        )
    if encoding != "UTF8":
        raise PostgresUnavailableError(
            "database_encoding",
            f"The database that DATABASE_URL names has the encoding {encoding}; Countersign needs UTF8.",
            "Make another: CREATE DATABASE countersign ENCODING 'UTF8' TEMPLATE template0.",
        )
    if unheeded:
        raise PostgresUnavailableError(
            "database_options",
            f"Sessions of DATABASE_URL do not heed the settings they are opened with: {', '.join(unheeded)}.",
            NO_POOLER,
        )
