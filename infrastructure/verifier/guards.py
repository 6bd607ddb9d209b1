"""Checks that the ledger's guards (triggers, functions, grants, constraints) are as the migrations made them.

Shared by `countersign verify` and `countersign doctor`. Meaningful only once every migration is applied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
from msgspec import Struct

from infrastructure.ledger.hash_chain import Fault
from infrastructure.postgres.migrate import migrations

TABLES = ("event", "command", "stream")
APPEND_ONLY = 2 | 8 | 16 | 32  # of pg_trigger.tgtype: before, delete, update, truncate; for each statement
# Only the owner changes a table of the ledger; others add to it through ledger.append, and so need no INSERT.
CHANGING = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")
CONSTRAINTS = ("event_pkey", "event_stream_version", "command_pkey", "stream_pkey")
FUNCTION = re.compile(
    r"(?P<drop>DROP FUNCTION ledger\.(?P<dropped>\w+))"
    r"|CREATE (?:OR REPLACE )?FUNCTION ledger\.(?P<name>\w+)(?P<head>.*?)"
    r"AS \$(?P<quote>\w*)\$(?P<body>.*?)\$(?P=quote)\$",
    re.DOTALL,
)
TRIGGER = re.compile(r"CREATE (?:CONSTRAINT )?TRIGGER (?P<name>\w+)\s.*?\sON ledger\.(?P<table>\w+)", re.DOTALL)

FUNCTIONS = """
    SELECT p.proname, p.prosrc, p.prosecdef, coalesce(array_to_string(p.proconfig, ' '), '')
    FROM pg_proc AS p WHERE p.pronamespace = 'ledger'::regnamespace ORDER BY p.proname
"""
TRIGGERS = """
    SELECT c.relname, t.tgname, t.tgenabled IN ('O', 'A') AS enabled, t.tgtype, p.proname
    FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_proc AS p ON p.oid = t.tgfoid
    WHERE c.relnamespace = 'ledger'::regnamespace AND NOT t.tgisinternal ORDER BY c.relname, t.tgname
"""
GRANTS = """
    SELECT c.relname, a.privilege_type, coalesce(r.rolname, 'PUBLIC')
    FROM pg_class AS c CROSS JOIN LATERAL (
        SELECT * FROM aclexplode(c.relacl)
        UNION SELECT x.* FROM pg_attribute AS b CROSS JOIN LATERAL aclexplode(b.attacl) AS x WHERE b.attrelid = c.oid
    ) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee
    WHERE c.relnamespace = 'ledger'::regnamespace AND a.grantee <> c.relowner AND a.privilege_type = ANY(%s)
    ORDER BY 1, 2, 3
"""
ODDITIES = """
    SELECT c.relname, c.relhasrules, c.relrowsecurity,
           ARRAY(SELECT a.attname::text FROM pg_attribute AS a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attnotnull ORDER BY 1)
    FROM pg_class AS c WHERE c.relnamespace = 'ledger'::regnamespace AND c.relname = ANY(%s) ORDER BY c.relname
"""
CONSTRAINED = """
    SELECT conname::text FROM pg_constraint WHERE connamespace = 'ledger'::regnamespace AND contype IN ('p', 'u')
"""
# A setting of a role or of the database by which triggers do not fire.
REPLICA = """
    SELECT setting FROM pg_db_role_setting, unnest(setconfig) AS setting
    WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
      AND starts_with(setting, 'session_replication_role=') AND setting <> 'session_replication_role=origin'
"""
POWERS = """
    SELECT r.rolsuper, pg_has_role(r.oid, c.relowner, 'MEMBER') FROM pg_roles AS r, pg_class AS c
    WHERE r.rolname = 'countersign_app' AND c.oid = to_regclass('ledger.event')
"""


class Function(Struct, frozen=True):
    """A function as a migration makes it."""

    body: str
    definer: bool
    pinned: bool  # to a search path of its own


def guard_faults(connection: psycopg.Connection[Any]) -> Iterator[Fault]:
    """Everything that differs from what the migrations made, at position 0: it concerns no entry."""
    for check in (_functions, _triggers, _grants, _tables):
        yield from (Fault(0, what) for what in check(connection))


def functions() -> dict[str, Function]:
    """The functions of the ledger after all migrations, by name."""
    made: dict[str, Function] = {}
    for migration in migrations():
        for match in FUNCTION.finditer(migration.sql.decode()):
            if match["drop"]:
                made.pop(match["dropped"], None)
            else:
                head = match["head"]
                made[match["name"]] = Function(match["body"], "SECURITY DEFINER" in head, "SET search_path" in head)
    return made


def triggers() -> set[tuple[str, str]]:
    """The triggers of the ledger after all migrations: table and name."""
    return {
        (match["table"], match["name"])
        for migration in migrations()
        for match in TRIGGER.finditer(migration.sql.decode())
    }


def _functions(connection: psycopg.Connection[Any]) -> Iterator[str]:
    expected = functions()
    for name, body, definer, config in connection.execute(FUNCTIONS).fetchall():
        known = expected.pop(name, None)
        if known is None:
            yield f"the function ledger.{name} is not Countersign's"
        elif (body, definer) != (known.body, known.definer) or known.pinned != ("search_path=" in config):
            yield f"the function ledger.{name} was replaced"
    yield from (f"the function ledger.{name} is missing" for name in expected)


def _triggers(connection: psycopg.Connection[Any]) -> Iterator[str]:
    expected = triggers()
    for table, name, enabled, kind, function in connection.execute(TRIGGERS).fetchall():
        if (table, name) not in expected:
            yield f"the trigger {name} of ledger.{table} is not Countersign's"
            continue
        expected.remove((table, name))
        if not enabled:
            yield f"the trigger {name} of ledger.{table} is switched off"
        elif name == "append_only" and (kind, function) != (APPEND_ONLY, "refuse_change"):
            yield f"the trigger {name} of ledger.{table} does not refuse every change"
    yield from (f"the trigger {name} of ledger.{table} is missing" for table, name in sorted(expected))
    for (setting,) in connection.execute(REPLICA).fetchall():
        yield f"triggers do not fire in every session: {setting}"


def _grants(connection: psycopg.Connection[Any]) -> Iterator[str]:
    for table, privilege, role in connection.execute(GRANTS, [list(CHANGING)]).fetchall():
        yield f"{role} has {privilege} on ledger.{table}"
    is_super, is_owner = connection.execute(POWERS).fetchone() or (False, False)
    if is_super or is_owner:
        yield f"countersign_app {'is a superuser' if is_super else 'may act as the owner of the ledger'}"


def _tables(connection: psycopg.Connection[Any]) -> Iterator[str]:
    for table, rules, secured, optional in connection.execute(ODDITIES, [list(TABLES)]).fetchall():
        if rules or secured:
            yield f"ledger.{table} has {'rules' if rules else 'row security'}, which change what is read or written"
        yield from (f"ledger.{table}.{column} may be missing: its NOT NULL was dropped" for column in optional)
    present = {name for (name,) in connection.execute(CONSTRAINED).fetchall()}
    yield from (f"the constraint {name} of the ledger is missing" for name in CONSTRAINTS if name not in present)
