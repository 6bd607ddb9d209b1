"""The connection URL of the database: that of DATABASE_URL, else of the embedded server, which is started if needed."""

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

VERSION_MIN = 15  # the oldest release with MERGE, and with a schema public that only its owner may create tables in
SERVER_SECONDS_MAX = 30  # a database started at the same time (compose, a reboot) may take a while
PAUSE_SECONDS = 0.25
# Overrides settings of roles and databases: a stricter isolation level makes concurrent appends fail, a timeout breaks
# rebuilds, and dates are parsed in one style. Only `options` in the URL itself take precedence.
SESSION = (
    r"-c default_transaction_isolation=read\ committed"
    " -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c idle_session_timeout=0"
    " -c datestyle=ISO -c intervalstyle=postgres -c timezone=UTC -c extra_float_digits=1"
    " -c standard_conforming_strings=on"
)
# How long the server waits for a client that has vanished, whose locks would otherwise be held for two hours. Not
# verified, as Unix sockets ignore these settings and show zero.
CLIENT_GONE = (
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=30000"
)
DURABLE = "-c synchronous_commit=on"  # only if it is off, as acknowledged facts could be lost; remote_apply stays
# An option with a random value, to detect a pooler that drops options although the defaults happen to be right.
MARK = "countersign.session"
OPTION = re.compile(r"-c ([\w.]+)=((?:\\.|\S)+)")
NO_POOLER = "Let DATABASE_URL name the server itself, no pooler before it: Countersign keeps a pool of its own."
REMEDIES = (
    ("connection info string|connection option|URI", "Write it as postgresql://user:password@host/database."),
    ("too many|connection slots", "Close other connections, or raise max_connections: `serve` takes about 20."),
    ("startup parameter", NO_POOLER),
    ("password|authentication|pg_hba", "Check the user, the password, and the server's pg_hba.conf."),
    ("", "Check the address, the password and that the server runs."),
)
# How long we wait for a server that has vanished; in seconds, the last one in milliseconds.
PATIENCE = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
PATIENCE |= {"tcp_user_timeout": 60_000}

log = structlog.get_logger()


def connect_url(settings: Settings) -> str:
    """The URL of a server that is reachable and suitable, with our session settings.

    Raises PostgresUnavailableError, with a remedy.
    """
    if not settings.database_url:
        return settled(EmbeddedPostgres(settings.data).start())
    _await(settings.database_url)
    return settled(settings.database_url, *([] if _check(settings.database_url) else [DURABLE]))


def settled(url: str, *more: str) -> str:
    """*url* with SESSION, CLIENT_GONE, *more* options and PATIENCE; what *url* itself sets takes precedence."""
    own = conninfo_to_dict(url)
    options = " ".join([SESSION, CLIENT_GONE, *more, str(own.get("options", ""))]).strip()
    return make_conninfo(url, **{**PATIENCE, **own, "client_encoding": "utf8", "options": options})


def _await(url: str) -> None:
    """Wait until the server of *url* accepts connections, up to SERVER_SECONDS_MAX."""
    began, reported = time.monotonic(), -1.0
    while (answer := psycopg.pq.PGconn.ping(url.encode())) != psycopg.pq.Ping.OK:
        waited = time.monotonic() - began
        if answer == psycopg.pq.Ping.NO_ATTEMPT or waited > SERVER_SECONDS_MAX:
            return  # connecting will raise the reason
        if waited > 2 * reported:  # a few lines, however long it takes
            log.info("postgres_waiting", action="waiting for the server of DATABASE_URL", seconds=round(waited))
            reported = max(waited, PAUSE_SECONDS)
        time.sleep(PAUSE_SECONDS * 2 ** min(waited // 2, 4))


def _check(url: str) -> bool:
    """Whether commits are durable by default. Raises PostgresUnavailableError if the server is not suitable."""
    try:
        mark = token_hex(8)
        with psycopg.connect(settled(url, f"-c {MARK}={mark}"), connect_timeout=SERVER_SECONDS_MAX) as connection:
            durable = _shown(connection, "synchronous_commit") != "off"
            version, encoding = (
                connection.info.server_version // 10_000,
                connection.info.parameter_status("server_encoding"),
            )
            own = str(conninfo_to_dict(url).get("options", ""))
            ignored = _ignored(connection, f"-c {MARK}={mark} {SESSION}", own)
        if not durable and not ignored:
            with psycopg.connect(settled(url, DURABLE), connect_timeout=SERVER_SECONDS_MAX) as connection:
                ignored = _ignored(connection, DURABLE)
    except psycopg.Error as failure:
        reason = without_password(str(failure).strip())
        raise PostgresUnavailableError(
            "database_url",
            f"No connection to {without_password(url)}, which DATABASE_URL names: {reason}.",
            f"{_remedy(str(failure))} Without DATABASE_URL, an embedded one is used.",
        ) from failure
    _require(version, str(encoding), ignored)
    return durable


def _remedy(message: str) -> str:
    """The remedy for a failed connection, chosen by its *message*, as libpq gives no error code."""
    return next(remedy for words, remedy in REMEDIES if re.search(words, message))


def _shown(connection: psycopg.Connection[Any], name: str) -> str:
    row = connection.execute("SELECT coalesce(current_setting(%s, true), '')", [name]).fetchone()
    return str(row[0]) if row else ""


def _ignored(connection: psycopg.Connection[Any], options: str, own: str = "") -> list[str]:
    """Those of our *options* that did not take effect; the URL's *own* options may override ours."""
    expected = [(name, value.replace("\\ ", " ")) for name, value in OPTION.findall(options) if name not in own]
    shown = [(name, value, _shown(connection, name)) for name, value in expected]
    return [f"{name} is {actual or 'missing'}" for name, value, actual in shown if not actual.startswith(value)]


def _require(version: int, encoding: str, ignored: list[str]) -> None:
    """Raise PostgresUnavailableError, with a remedy, if version, encoding or session settings are unsuitable."""
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
            "Create another: CREATE DATABASE countersign ENCODING 'UTF8' TEMPLATE template0.",
        )
    if ignored:
        raise PostgresUnavailableError(
            "database_options",
            f"Sessions of DATABASE_URL ignore the settings they are opened with: {', '.join(ignored)}.",
            NO_POOLER,
        )
