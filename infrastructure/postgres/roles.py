"""Database roles: the owner migrates; a login without its rights serves, as a member of two roles.

countersign_app reads, and appends through ledger.append alone. countersign_views owns the read models, and writes the
schedule of the watcher. The login owns nothing of the ledger and is no superuser, so that an injected statement can't
change a fact or run a program on the server.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
import structlog
from msgspec import Struct
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Composed, Identifier

VIEWS = "countersign_views"
LOGIN = "countersign_service"  # of the embedded server; on other servers the administrator chooses the name
BOOKKEEPING = ("watch", "process")  # schemas of the watcher's schedule and of leases
TRIES_MAX = 10  # roles belong to the whole server: another database may be creating the same ones
SETTLED: LiteralString = """
    SELECT (SELECT n.nspowner = r.oid FROM pg_namespace AS n WHERE n.nspname = 'views')
        AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.relnamespace = 'views'::regnamespace
                        AND c.relkind IN ('r', 'v', 'm', 'S') AND c.relowner <> r.oid)
        AND NOT EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                        WHERE n.nspname = ANY(%s) AND c.relkind = 'r'
                        AND NOT has_table_privilege(r.oid, c.oid, 'UPDATE'))
        AND has_database_privilege(r.oid, current_database(), 'CREATE')
        AND has_table_privilege(r.oid, 'ledger.command', 'SELECT')
        AND has_table_privilege(r.oid, 'schema_migration', 'SELECT')
    FROM pg_roles AS r WHERE r.rolname = 'countersign_views'
"""
IS_OWNER: LiteralString = """
    SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'ledger'
"""
IS_MEMBER: LiteralString = """
    SELECT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = 'countersign_views' AND pg_has_role(r.oid,
        CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END))
"""
MAKE_ROLE = SQL("""
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{0}') THEN CREATE ROLE {0} {1}; END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END $$
""")
GRANTS: tuple[LiteralString, ...] = (
    "GRANT SELECT ON schema_migration TO countersign_app, countersign_views",
    "GRANT USAGE ON SCHEMA ledger TO countersign_views",
    "GRANT SELECT ON ledger.event, ledger.command, ledger.head TO countersign_views",
    "ALTER SCHEMA views OWNER TO countersign_views",
    "ALTER DEFAULT PRIVILEGES FOR ROLE countersign_views GRANT SELECT ON TABLES TO countersign_app",
)
OTHERS_TABLES: LiteralString = """
    SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'views'::regnamespace AND c.relkind = 'r'
    AND c.relowner <> 'countersign_views'::regrole
"""
POWERS: LiteralString = """
    SELECT r.rolsuper, coalesce((SELECT pg_has_role(r.oid, nspowner, 'MEMBER') FROM pg_namespace
                                 WHERE nspname = 'ledger'), false)
    FROM pg_roles AS r WHERE r.rolname = %s
"""

log = structlog.get_logger()


class Powers(Struct, frozen=True):
    """Rights of an account that serving does not need."""

    account: str
    superuser: bool
    owner: bool  # of the ledger

    @property
    def too_many(self) -> bool:
        return self.superuser or self.owner


def powers_of(connection: psycopg.Connection[Any], account: str) -> Powers:
    """The powers of *account*, also through its roles; none if the server does not know it."""
    superuser, owner = connection.execute(POWERS, [account]).fetchone() or (False, False)
    return Powers(account, superuser, owner)


def settle_roles(connection: psycopg.Connection[Any]) -> None:
    """Grant the roles what they need. Does nothing unless this account owns the ledger.

    *connection* is in autocommit mode. If a privilege is missing, that is logged, and the owner keeps the read models.
    """
    if connection.execute(IS_OWNER).fetchone() != (True,):
        return
    for tries in range(1, TRIES_MAX + 1):
        try:
            if connection.execute(SETTLED, [list(BOOKKEEPING)]).fetchone() != (True,):
                with connection.transaction():
                    _settle(connection)
        except psycopg.errors.InsufficientPrivilege as failure:
            remedy = (
                f"have an administrator ALTER ROLE {connection.info.user} CREATEROLE, and run `countersign migrate`"
            )
            log.warning("roles_not_settled", error=failure.diag.message_primary, remedy=remedy)
            return
        except psycopg.Error as failure:
            if tries == TRIES_MAX or "concurrently" not in str(failure):
                raise
        else:
            return


def _settle(connection: psycopg.Connection[Any]) -> None:
    connection.execute(MAKE_ROLE.format(SQL(VIEWS), SQL("NOLOGIN")))
    if connection.execute(IS_MEMBER).fetchone() != (True,):
        may_act = SQL("WITH SET TRUE, INHERIT TRUE" if connection.info.server_version >= 160000 else "")  # noqa: PLR2004 PostgreSQL 16
        connection.execute(SQL("GRANT {} TO CURRENT_USER {}").format(Identifier(VIEWS), may_act))
    connection.execute(
        SQL("GRANT CREATE, TEMPORARY ON DATABASE {} TO {}").format(
            Identifier(connection.info.dbname), Identifier(VIEWS)
        )
    )
    for grant in GRANTS:
        connection.execute(grant)
    for (table,) in connection.execute(OTHERS_TABLES).fetchall():
        connection.execute(SQL("ALTER TABLE {} OWNER TO {}").format(Identifier("views", table), Identifier(VIEWS)))
    for schema in BOOKKEEPING:
        if connection.execute("SELECT to_regnamespace(%s)", [schema]).fetchone() != (None,):
            for statement in _bookkeeping(schema):
                connection.execute(statement)


def _bookkeeping(schema: str) -> Iterator[Composed]:
    names = {"schema": Identifier(schema), "role": Identifier(VIEWS)}
    yield SQL("GRANT USAGE ON SCHEMA {schema} TO {role}").format(**names)
    yield SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}").format(**names)


def login_of(url: str) -> str:
    """*url*, the owner's URL of the embedded server, for the serving login, which is created if needed."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(MAKE_ROLE.format(SQL(LOGIN), SQL("LOGIN")))
        row = connection.execute(
            "SELECT bool_and(pg_has_role(%s, role, 'USAGE')) FROM unnest(ARRAY['countersign_app', %s]) AS role",
            [LOGIN, VIEWS],
        ).fetchone()
        if row != (True,):
            connection.execute(SQL("GRANT countersign_app, {} TO {}").format(Identifier(VIEWS), Identifier(LOGIN)))
    return make_conninfo(url, user=LOGIN)


def make_schema(connection: psycopg.Connection[Any], name: str) -> None:
    """Create a schema that belongs to countersign_views, if this account may act as it."""
    is_member = connection.execute(IS_MEMBER).fetchone() == (True,)
    owner = SQL("AUTHORIZATION {}").format(Identifier(VIEWS)) if is_member else SQL("")
    connection.execute(SQL("CREATE SCHEMA {} {}").format(Identifier(name), owner))


@contextmanager
def as_views_owner(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Objects created in the block belong to countersign_views, if this account may act as it."""
    with connection.transaction():
        if connection.execute(IS_MEMBER).fetchone() == (True,):
            connection.execute(SQL("SET LOCAL ROLE {}").format(Identifier(VIEWS)))
        yield
        connection.execute("SET LOCAL ROLE NONE")
