"""Accounts, by which principals sign in: at OpenID Connect providers, by one-time codes, as people of a demonstration.

Who a principal is, and what was granted to it, are facts of the ledger, not rows here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import token_hex
from typing import LiteralString

from msgspec import Struct

from domain.core.ledger import Role
from infrastructure.identity.sessions import AHEAD_MAX
from infrastructure.identity.tokens import digest_of
from infrastructure.ledger.reader import Store

CODE_HOURS = 1
CODE_GROUP = 4
ADMINISTRATOR = "first-administrator"  # purpose of a one-time code
LINKED: LiteralString = "SELECT principal FROM identity.linked_account WHERE issuer = %s AND subject = %s"
LINK: LiteralString = """
    INSERT INTO identity.linked_account (issuer, subject, principal, linked_at) VALUES (%s, %s, %s, %s)
    ON CONFLICT (issuer, subject) DO UPDATE SET principal = excluded.principal, linked_at = excluded.linked_at
"""
NEW_CODE: LiteralString = "INSERT INTO identity.one_time_code (digest, purpose, expires_at) VALUES (%s, %s, %s)"
DROP_CODES: LiteralString = "DELETE FROM identity.one_time_code WHERE purpose = %s"
CODE_LIVES: LiteralString = """
    SELECT FROM identity.one_time_code WHERE digest = %s AND purpose = %s AND expires_at > %s AND expires_at <= %s
"""
USE_CODE: LiteralString = """
    DELETE FROM identity.one_time_code WHERE digest = %s AND purpose = %s AND expires_at > %s AND expires_at <= %s
    RETURNING purpose
"""
SIGNS_IN: LiteralString = """
    SELECT EXISTS (SELECT FROM identity.password WHERE principal = ANY (%(ids)s))
        OR EXISTS (SELECT FROM identity.linked_account WHERE principal = ANY (%(ids)s))
        OR EXISTS (SELECT FROM identity.demo_person WHERE principal = ANY (%(ids)s))
"""
DEMO_PEOPLE: LiteralString = "SELECT principal, name, role, over, over_name FROM identity.demo_person ORDER BY position"
ADD_DEMO_PERSON: LiteralString = """
    INSERT INTO identity.demo_person (principal, name, role, over, over_name, position)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (principal) DO UPDATE SET name = excluded.name, role = excluded.role, over = excluded.over,
    over_name = excluded.over_name, position = excluded.position
"""


class DemoPerson(Struct, frozen=True):
    """A person of a demonstration as the sign-in page offers it: in one role, over a department or an enterprise."""

    principal: str
    name: str
    role: Role
    over: str = ""
    over_name: str = ""


class Accounts:
    """Accounts in one database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def principal_of(self, issuer: str, subject: str) -> str | None:
        """The principal that (*issuer*, *subject*) is linked to."""
        async with self._store.connection() as connection:
            row = await (await connection.execute(LINKED, [issuer, subject])).fetchone()
        return row[0] if row else None

    async def link(self, issuer: str, subject: str, principal: str, now: datetime) -> None:
        """Let the person *subject* at *issuer* sign in as *principal*."""
        async with self._store.connection() as connection:
            await connection.execute(LINK, [issuer, subject, principal, now])

    async def new_code(self, now: datetime, purpose: str = ADMINISTRATOR) -> str:
        """A one-time code, valid for an hour; earlier ones for the same purpose end."""
        code = token_hex(8)
        async with self._store.connection() as connection, connection.transaction():
            await connection.execute(DROP_CODES, [purpose])
            await connection.execute(NEW_CODE, [digest_of(code), purpose, now + timedelta(hours=CODE_HOURS)])
        return "-".join(code[at : at + CODE_GROUP] for at in range(0, len(code), CODE_GROUP))

    async def code_is_valid(self, code: str, now: datetime, purpose: str = ADMINISTRATOR) -> bool:
        """Whether *code* could be used now; it stays valid."""
        async with self._store.connection() as connection:
            return await (await connection.execute(CODE_LIVES, _living(code, purpose, now))).fetchone() is not None

    async def use_code(self, code: str, now: datetime, purpose: str = ADMINISTRATOR) -> bool:
        """Use *code* up; False where it is wrong, was used or has expired."""
        async with self._store.connection() as connection:
            used = await connection.execute(USE_CODE, _living(code, purpose, now))
            return await used.fetchone() is not None

    async def any_signs_in(self, principals: Sequence[str]) -> bool:
        """Whether one of *principals* has an account: a password, a provider's, or that of a demonstration."""
        async with self._store.connection() as connection:
            row = await (await connection.execute(SIGNS_IN, {"ids": list(principals)})).fetchone()
        return row is not None and bool(row[0])

    async def demo_people(self) -> Sequence[DemoPerson]:
        """The people of the demonstration; empty in a database that the demo did not make."""
        async with self._store.connection() as connection:
            rows = await (await connection.execute(DEMO_PEOPLE)).fetchall()
        return [DemoPerson(row[0], row[1], Role(row[2]), row[3], row[4]) for row in rows]

    async def add_demo_people(self, people: Sequence[DemoPerson]) -> None:
        """Offer *people* on the sign-in page: this marks the database as one of a demonstration."""
        async with self._store.connection() as connection, connection.transaction():
            for position, person in enumerate(people):
                params = [
                    person.principal,
                    person.name,
                    person.role.value,
                    person.over,
                    person.over_name,
                    position,
                ]
                await connection.execute(ADD_DEMO_PERSON, params)


def _living(code: str, purpose: str, now: datetime) -> list[object]:
    """The parameters by which a code is found that was made within its time, by no clock that was set back since."""
    return [digest_of(_plain(code)), purpose, now, now + timedelta(hours=CODE_HOURS) + AHEAD_MAX]


def _plain(code: str) -> str:
    """*code* as it is stored: people type it with and without dashes."""
    return code.replace("-", "").replace(" ", "").lower()
