"""A legal person as it is shown: what held on a day, every name and code, and what was merged into it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from api.web.as_of import Instants
from api.web.identity import UUID_TEXT
from api.web.problems import Problem
from api.web.zones import home_zone
from domain.access.decision import AccessCase, may
from domain.access.principal import Caller
from domain.core.types import CODE_CHARACTERS_MAX
from domain.law.calendar.moment import local_day
from domain.legal_person.codes import LEGACY_LENGTH, require_legacy, require_uscc
from infrastructure.ledger.approvals import Approvals
from projections.legal_person.fold import PersonRow
from projections.legal_person.query import Cluster, DayAsKnown, PersonBook, PersonMatch
from projections.personal_reads import NO_TEXT, PERSON, note_person


class ShownPerson(Struct, frozen=True):
    """What held of a person from one day (null: as far back as is known) up to the day before another (null: it holds).

    *source*: where it was read; *known_from* and *known_by*: since when the system knows it, and who recorded it.
    """

    id: UUID
    code: str
    name: str
    kind: str
    representative: str
    address: str
    capital: str
    currency: str
    founded_on: date | None
    status: str
    contact: str
    phone: str
    valid_from: date | None
    valid_to: date | None
    source: str
    known_from: datetime
    known_by: str


class ShownName(Struct, frozen=True):
    """A name, of the entry with this *code*, and the days on which it was borne."""

    name: str
    code: str
    valid_from: date | None
    valid_to: date | None


class ShownCode(Struct, frozen=True):
    """A code that leads here. *sort*: `unified`, `organisation` (held in the unified one) or `linked` by a *source*."""

    code: str
    sort: str
    source: str
    of: str


class ShownMerge(Struct, frozen=True):
    """An entry that is the same person: merged *into* the surviving one, or into another on the way."""

    code: str
    name: str
    into: str
    reasons: str
    merged_at: datetime
    by: str


class PersonAnswer(Struct, frozen=True):
    """One legal person on the day of *as_of*, as known at *known_at*.

    *found_by*: `id`, `unified`, `organisation` or `linked`. *merged_from*: the code of the entry that was asked for,
    where it was merged into this person; empty where this is that entry itself.
    """

    as_of: date
    known_at: datetime
    asked: str
    found_by: str
    merged_from: str
    person: ShownPerson
    names: list[ShownName]
    codes: list[ShownCode]
    merged: list[ShownMerge]
    position: int


def then_of(approvals: Approvals, instants: Instants) -> DayAsKnown:
    """The day of the instant asked about where the installation's law holds, and the instant of knowledge."""
    return DayAsKnown(local_day(instants.at, home_zone(approvals.laws)), instants.known)


def read_code(text: str) -> tuple[str, UUID | None]:
    """The code that *text* is, without its hyphen, or the id. Refused, saying what is wrong, where it is neither."""
    if UUID_TEXT.fullmatch(text.encode()):
        return "", UUID(text)
    text = text[:CODE_CHARACTERS_MAX]
    if len(text.replace("-", "")) == LEGACY_LENGTH:
        return require_legacy(text), None
    require_uscc(text)
    return text, None


async def found_by(book: PersonBook, text: str, at: DayAsKnown, caller: Caller) -> PersonMatch:
    """The entry that *text*, a code or an id, leads to, of those that *caller* may read.

    Raises Problem where no person has it, or several do.
    """
    code, person = read_code(text)
    matches = [match for match in await book.find(at, code, person) if await is_readable(book, match, at, caller)]
    if not matches:
        raise Problem(
            "person-unknown",
            f"no legal person is known by {text[:CODE_CHARACTERS_MAX]}",
            remedy="look the name up at GET /v1/legal-persons?text=, or register the person",
        )
    if len({match.survivor for match in matches}) > 1:
        codes = [match.code for match in matches]
        raise Problem(
            "person-ambiguous",
            f"{text} leads to several legal persons: {', '.join(codes)}",
            remedy="ask for one of them by its own code, or merge them if they are one",
            codes=codes,
        )
    return matches[0]


async def is_readable(book: PersonBook, match: PersonMatch, at: DayAsKnown, caller: Caller) -> bool:
    """Whether *caller* may read the person that *match* leads to: by its code, or that of an entry merged into it."""
    if may(caller, "read:legal_person").allowed:
        return True
    codes = {row.code for row in (await book.cluster(match.survivor, at)).codes}
    return any(may(caller, "read:legal_person", AccessCase(uscc=code)).allowed for code in codes)


def shown_person(row: PersonRow, caller: Caller) -> ShownPerson:
    """*row* as it is shown to *caller*: whom to call has a rule of its own."""
    fields = {name: getattr(row, name) for name in ShownPerson.__struct_fields__ if name != "id"}
    if not may(caller, PERSON, AccessCase(uscc=row.code)).allowed:
        fields |= {"contact": "", "phone": ""}
    elif row.contact not in NO_TEXT or row.phone not in NO_TEXT:
        note_person(row.person)
    return ShownPerson(id=row.person, **fields)


def names_in(cluster: Cluster) -> list[ShownName]:
    """Every name of a person and of what was merged into it, each once for as long as it was borne."""
    names: list[ShownName] = []
    for row in sorted(cluster.days, key=lambda row: (row.person != cluster.person, row.code)):
        last = names[-1] if names else None
        if last and (last.code, last.name, last.valid_to) == (row.code, row.name, row.valid_from):
            names[-1] = ShownName(row.name, row.code, last.valid_from, row.valid_to)
        else:
            names.append(ShownName(row.name, row.code, row.valid_from, row.valid_to))
    return names


def answer_for(
    cluster: Cluster, match: PersonMatch, code: str, at: DayAsKnown, position: int, caller: Caller
) -> PersonAnswer:
    """The response about the person that *match* leads to."""
    own = {row.person: row.code for row in cluster.days}
    current = cluster.on(at.day)
    assert current is not None, "of who is known at an instant something is known for every day"
    return PersonAnswer(
        as_of=at.day,
        known_at=at.known,
        asked=code,
        found_by="id" if UUID_TEXT.fullmatch(code.encode()) else match.sort,
        merged_from="" if match.person == match.survivor else match.code,
        person=shown_person(current, caller),
        names=names_in(cluster),
        codes=[ShownCode(row.code, row.sort, row.source, own[row.person]) for row in cluster.codes],
        merged=[
            ShownMerge(row.code, _called(cluster, row.person, at), row.into_code, row.reasons, row.merged_at, row.by)
            for row in cluster.merges
        ],
        position=position,
    )


def _called(cluster: Cluster, person: UUID, at: DayAsKnown) -> str:
    row = cluster.on(at.day, person)
    return row.name if row else ""
