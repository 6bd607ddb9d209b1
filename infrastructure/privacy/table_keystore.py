"""The keystore that several servers share: wrapped keys in a table, the master key in a setting of each server."""

from __future__ import annotations

from uuid import UUID

import psycopg

from infrastructure.privacy.keystore import KeystoreError, MasterKey, new_key

FIND = "SELECT wrapped FROM privacy.person_key WHERE person = %s"
INSERT = "INSERT INTO privacy.person_key (person, wrapped) VALUES (%s, %s) ON CONFLICT (person) DO NOTHING"
DELETE = "DELETE FROM privacy.person_key WHERE person = %s"
ROLE = "SET ROLE countersign_app"
CONNECT_SECONDS, STATEMENT_MILLISECONDS = 5, 5000  # it is read while a command or a page waits


class TableKeystore:
    """Keys in the table privacy.person_key of the database at *url*. Raises KeystoreError."""

    def __init__(self, url: str, master: MasterKey) -> None:
        self._url, self._key = url, master
        self._connection: psycopg.Connection | None = None
        self._secrets: dict[str, bytes] = {}

    def find(self, person: UUID) -> bytes | None:
        wrapped = self.wrapped(person)
        return None if wrapped is None else self._key.unwrap(wrapped)

    def make(self, person: UUID) -> bytes:
        if key := self.find(person):
            return key
        self._run(INSERT, person, self._key.wrap(new_key()))
        key = self.find(person)  # perhaps that of a server which was faster
        if key is None:
            raise KeystoreError(f"The key of the person {person} was destroyed while it was made: send it again.")
        return key

    def destroy(self, person: UUID) -> bool:
        return self._run(DELETE, person).rowcount == 1

    def secret(self, purpose: str) -> bytes:
        if purpose not in self._secrets:
            self._secrets[purpose] = self._key.secret(purpose)
        return self._secrets[purpose]

    def wrapped(self, person: UUID) -> bytes | None:
        row = self._run(FIND, person).fetchone()
        return row[0] if row else None

    def adopt(self, person: UUID, wrapped: bytes) -> None:
        self._key.unwrap(wrapped)
        self._run(INSERT, person, wrapped)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _run(self, query: str, *params: UUID | bytes) -> psycopg.Cursor:
        """Run one statement, once more on a new connection where the server has hung up."""
        for is_last in (False, True):
            try:
                return self._open().execute(query.encode(), params, binary=True)
            except psycopg.OperationalError as lost:
                self.close()
                if is_last:
                    raise KeystoreError(f"The keys of personal data can't be reached: {str(lost).strip()}") from lost
            except psycopg.Error as refused:
                raise KeystoreError(f"The keys of personal data can't be used: {str(refused).strip()}") from refused
        raise AssertionError("unreachable: the last try returns or raises")

    def _open(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            connection = psycopg.connect(self._url, autocommit=True, connect_timeout=CONNECT_SECONDS)
            connection.execute(f"SET statement_timeout = {STATEMENT_MILLISECONDS}".encode())
            connection.execute(ROLE)
            self._connection = connection
        return self._connection
