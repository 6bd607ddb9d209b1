"""What the rows of a case take from elsewhere in the ledger: catalogues, names of officials, the law, the platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from msgspec import Struct

from domain.access.registration import PrincipalRegistered
from domain.catalogue.item import ServiceItem
from domain.catalogue.state import Catalogue
from domain.core.ledger import Actor, Role
from domain.law.packs.pack import Pack
from domain.messages import Entry, tag_of
from domain.project.application.submission import ItemSubmitted
from domain.reference_data import ReferenceData
from domain.streams import CATALOGUE, replay
from infrastructure.calendar.calendars import laws_now
from infrastructure.case_record.codes import PlatformCodes
from infrastructure.law.lawbook import LawBook, law_book
from infrastructure.ledger.approvals import DEFAULT_LAW
from infrastructure.ledger.mapper import StoredRow
from infrastructure.ledger.reader import configure, head_of, of_types

INSTANT = "%Y-%m-%d %H:%M:%S"
APPLICANT, SYSTEM = "申请人", "系统"
OFFICIALS = frozenset({Role.OFFICER, Role.PROJECT_MANAGER, Role.LEADER, Role.SUPERVISOR, Role.WINDOW_CLERK})


class CaseReference(Struct, frozen=True):
    """What holds for all cases of one export, made at *now* up to *position*; *people* are names by id."""

    position: int
    now: datetime
    shelf: ReferenceData
    people: Mapping[str, str]
    laws: LawBook
    codes: PlatformCodes

    def service(self, submission: ItemSubmitted, service: str) -> tuple[ServiceItem | None, str]:
        """The catalogue's *service* as of the application, and the number of the edition; None outside any."""
        edition = self.shelf.edition(submission.catalogue)
        return (edition.items.get(service), str(edition.number)) if edition else (None, "")

    def pack(self, submission: ItemSubmitted) -> Pack:
        """The law of the application."""
        return self.laws.pack(submission.law)

    def local(self, at: datetime | date, submission: ItemSubmitted) -> str:
        """*at* as the tables' columns hold an instant: on the clocks where the law holds; a day at its beginning."""
        if not isinstance(at, datetime):
            return f"{at} 00:00:00"
        return at.astimezone(ZoneInfo(self.pack(submission).zone)).strftime(INSTANT)

    @property
    def local_now(self) -> str:
        """When the export is made, on the clocks of the installation's own law."""
        zone = self.laws.versions(DEFAULT_LAW)[-1].zone
        return self.now.astimezone(ZoneInfo(zone)).strftime(INSTANT)

    def name(self, actor: Actor) -> str:
        """How *actor* is called: officials by the name they are registered under, all others by their capacity."""
        if actor.role in OFFICIALS:
            return self.people.get(actor.id, actor.id)
        return SYSTEM if actor.role is Role.SYSTEM else APPLICANT if actor.role is Role.APPLICANT else actor.id


def reference_of(url: str, codes: PlatformCodes, now: datetime) -> CaseReference:
    """What the ledger at *url* holds now."""
    with psycopg.connect(url) as connection:
        configure(connection)
        catalogues = dict(_catalogues(connection))
        registered = [entry.fact for entry in _entries(connection, (tag_of(PrincipalRegistered),))]
        people = {fact.principal: fact.name for fact in registered if isinstance(fact, PrincipalRegistered)}
        laws = laws_now(connection, law_book())
        return CaseReference(head_of(connection), now, ReferenceData(catalogues), people, laws, codes)


def _catalogues(connection: psycopg.Connection[Any]) -> Iterator[tuple[UUID, Catalogue]]:
    entries = sorted(_entries(connection, tuple(map(tag_of, CATALOGUE.facts))), key=attrgetter("stream", "version"))
    for stream, own in groupby(entries, attrgetter("stream")):
        state = replay(stream, list(own))
        if isinstance(state, Catalogue):
            yield stream, state


def _entries(connection: psycopg.Connection[Any], tags: tuple[str, ...]) -> Iterator[Entry]:
    with connection.cursor(binary=True) as cursor:
        for row in cursor.execute(of_types(tags), [0]):
            yield StoredRow(*row).decoded()
