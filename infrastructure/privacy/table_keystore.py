"""The keystore that several servers share: wrapped keys in a table, the master key in a setting of each server."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from uuid import UUID

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.rows import TupleRow

from infrastructure.privacy.keystore import KeystoreError, MasterKey
from infrastructure.privacy.wrapped_keystore import MasterKeys, WrappedKeystore

FIND = "SELECT wrapped FROM privacy.person_key WHERE person = %s"
INSERT = "INSERT INTO privacy.person_key (person, wrapped) VALUES (%s, %s) ON CONFLICT (person) DO NOTHING"
IDS = "SELECT person FROM privacy.person_key ORDER BY person"
EXCHANGE = "UPDATE privacy.person_key SET wrapped = %s WHERE person = %s AND wrapped = %s"
DELETE = "DELETE FROM privacy.person_key WHERE person = %s"
ROLE = "SET ROLE countersign_app"
# It is read while a command or a page waits: two seconds at most, and where that was in vain, not at once again.
CONNECT_SECONDS, ANSWER_SECONDS, STATEMENT_MILLISECONDS = 2, 2.0, 2000
SILENT_SECONDS, AGAIN_SECONDS = 1.0, 5.0
LOOK_SECONDS = 0.1  # psycopg's own: how often a wait looks for an interruption


class KeyConnection(psycopg.Connection[TupleRow]):
    """A connection that is given up where a statement has no answer, say as packets vanish."""

    def wait(self, gen: PQGen[RV], interval: float = LOOK_SECONDS, timeout: float | None = None) -> RV:
        """Every wait for the server goes through here. Raises psycopg.OperationalError."""
        return super().wait(gen, interval, ANSWER_SECONDS if timeout is None else timeout)


class TableKeystore(WrappedKeystore):
    """Keys in the table privacy.person_key of the database at *url*. Raises KeystoreError."""

    def __init__(self, url: str, master: MasterKey | MasterKeys) -> None:
        super().__init__()
        self._url = url
        self._masters = master if isinstance(master, MasterKeys) else MasterKeys(master)
        self._connection: KeyConnection | None = None
        self._again_at = 0.0

    def masters(self) -> MasterKeys:
        return self._masters

    def destroy(self, person: UUID) -> bool:
        return self._run(DELETE, person).rowcount == 1

    def wrapped(self, person: UUID) -> bytes | None:
        row = self._run(FIND, person).fetchone()
        return row[0] if row else None

    def ids(self) -> Iterator[UUID]:
        yield from [person for (person,) in self._run(IDS).fetchall()]

    def add(self, person: UUID, wrapped: bytes) -> None:
        self._run(INSERT, person, wrapped)

    def exchange(self, person: UUID, before: bytes, wrapped: bytes) -> bool:
        return self._run(EXCHANGE, wrapped, person, before).rowcount == 1

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _run(self, query: str, *params: UUID | bytes) -> psycopg.Cursor:
        """Run one statement, once more on a new connection where the server has hung up."""
        began = monotonic()
        if began < self._again_at:
            raise KeystoreError("The keys of personal data can't be reached: no answer came a moment ago")
        for is_last in (False, True):
            try:
                return self._open().execute(query.encode(), params, binary=True)
            except psycopg.OperationalError as lost:
                self.close()
                was_silent = monotonic() - began > SILENT_SECONDS
                if was_silent:
                    self._again_at = monotonic() + AGAIN_SECONDS
                if is_last or was_silent:
                    raise KeystoreError(f"The keys of personal data can't be reached: {_reason(lost)}") from lost
            except psycopg.Error as refused:
                raise KeystoreError(f"The keys of personal data can't be used: {_reason(refused)}") from refused
        raise AssertionError("unreachable: the last try returns or raises")

    def _open(self) -> KeyConnection:
        if self._connection is None or self._connection.closed:
            connection = KeyConnection.connect(self._url, autocommit=True, connect_timeout=CONNECT_SECONDS)
            connection.execute(f"SET statement_timeout = {STATEMENT_MILLISECONDS}".encode())
            connection.execute(ROLE)
            self._connection = connection
        return self._connection


def _reason(failure: psycopg.Error) -> str:
    return str(failure).strip() or "it does not answer"
