"""Protocols implemented by the infrastructure for queries: a cursor on the views, ledger entries, the law book."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date
from typing import Protocol
from uuid import UUID

from psycopg import AsyncCursor
from psycopg.rows import TupleRow

from domain.law.calendar.calendar import CalendarBook, WorkingCalendar
from domain.law.packs.pack import Pack
from domain.messages import Entry


class Laws(Hashable, Protocol):
    """The law book as needed by clocks. Hashable, as results are cached by it: use one instance per process."""

    def pack(self, name: str) -> Pack:
        """The version called *name*, e.g. "cn-licensing@2019-04-23/eia_report"."""

    def calendars(self) -> Mapping[str, CalendarBook]:
        """Every calendar, by name."""

    def calendar(self, pack: Pack, known: date) -> WorkingCalendar:
        """The working days *pack* counts, as known on the date *known*, closures included."""


class LawLibrary(Laws, Protocol):
    """A law book that can also list its versions."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every version of every law, in alphabetical order."""


class StoredEntry(Protocol):
    """An undecoded entry of the ledger. Decoding costs more than reading, so it is done in a thread."""

    @property
    def seq(self) -> int:
        """Its position in the ledger."""

    @property
    def stream(self) -> UUID:
        """The project or other aggregate it belongs to."""

    @property
    def version(self) -> int:
        """Its number in the stream, from 1."""

    @property
    def item(self) -> str:
        """The item that its fact is about, read alone; empty where it is about no single one."""

    def decoded(self) -> Entry:
        """The entry with its fact."""


class Reader(Protocol):
    """Read access to the views and to the ledger."""

    def cursor(self) -> AbstractAsyncContextManager[AsyncCursor[TupleRow]]:
        """A cursor of its own connection, in autocommit mode."""

    async def stream(self, stream: UUID, after: int = -1, limit: int | None = None) -> Sequence[StoredEntry]:
        """The entries of one stream above version *after*, in order."""

    async def streams(self, streams: Sequence[UUID]) -> Sequence[StoredEntry]:
        """The entries of several streams, each stream's together and in order."""

    async def streams_in(self, cursor: AsyncCursor[TupleRow], streams: Sequence[UUID]) -> Sequence[StoredEntry]:
        """The same, by an open cursor and so in its snapshot."""
