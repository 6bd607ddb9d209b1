"""法人基础库 the legal-person base: bitemporal particulars of each person, its codes, and merges.

A row of `person` is valid for days [valid_from, valid_to) and was known during [known_from, known_until). So the base
can be read as of any day, as known at any instant.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct, field, structs

from domain.legal_person.codes import is_legacy, organisation_code
from domain.legal_person.identity import LegacyCodeLinked, LegalPersonMerged, LegalPersonSeparated
from domain.legal_person.registration import LegalPersonChanged, LegalPersonRegistered
from domain.legal_person.state import LegalPerson, Particulars, stream_of
from domain.messages import Entry
from domain.streams import LEGAL_PERSON, AggregateKind
from projections.information.words import searched
from projections.view import Facts, Row, Rows, Table, facts_of

OWN, HELD, LINKED = "unified", "organisation", "linked"  # its own code, the older one contained in it, and linked ones

PERSONS = Table(
    "person",
    (
        ("person", "uuid"),
        ("nth", "integer"),
        ("code", "text NOT NULL"),
        ("name", "text NOT NULL"),
        ("kind", "text NOT NULL"),
        ("representative", "text NOT NULL"),
        ("address", "text NOT NULL"),
        ("capital", "text NOT NULL"),
        ("currency", "text NOT NULL"),
        ("founded_on", "date"),
        ("status", "text NOT NULL"),
        ("contact", "text NOT NULL"),
        ("phone", "text NOT NULL"),
        ("source", "text NOT NULL"),
        ("valid_from", "date"),  # null: from the beginning
        ("valid_to", "date"),  # the first day it no longer held; null: current
        ("known_from", "timestamptz NOT NULL"),
        ("known_until", "timestamptz"),  # null: current knowledge
        ("known_by", "text NOT NULL"),
        ("plain", "text NOT NULL"),  # the name, normalised for comparison
        ("words", "tsvector NOT NULL"),
    ),
    key=2,
    indexes=("USING gin (words)",),
)
CODES = Table(
    "person_code",
    (
        ("person", "uuid"),
        ("code", "text"),
        ("sort", "text NOT NULL"),
        ("source", "text NOT NULL"),
        ("since", "timestamptz NOT NULL"),  # when it was linked
        ("known_from", "timestamptz NOT NULL"),
    ),
    key=2,
    indexes=("(code text_pattern_ops)",),
)
MERGES = Table(
    "person_merge",
    (
        ("person", "uuid"),
        ("version", "integer"),
        ("code", "text NOT NULL"),
        ("into_person", "uuid NOT NULL"),
        ("into_code", "text NOT NULL"),
        ("reasons", "text NOT NULL"),
        ("by", "text NOT NULL"),
        ("merged_at", "timestamptz NOT NULL"),
        ("merge_known", "timestamptz NOT NULL"),
        ("separated_at", "timestamptz"),  # the merge was undone
        ("separation_known", "timestamptz"),
    ),
    key=2,
    indexes=("(into_person)",),
)


class Believed(Struct, frozen=True):
    """Particulars for a period of days; *source* and *by*: origin and recorder of its first day."""

    valid_from: date | None
    valid_to: date | None
    particulars: Particulars
    source: str
    by: str


class Belief(Struct, frozen=True):
    """Particulars with the time span during which they were known."""

    what: Believed
    known_from: datetime
    known_until: datetime | None = None


class PersonState(Struct):
    """State of one person, in addition to the person itself."""

    sources: dict[date | None, tuple[str, str]] = field(default_factory=dict)  # of each change: source and recorder
    beliefs: list[Belief] = field(default_factory=list)
    codes: list[Row] = field(default_factory=list)
    merges: list[Row] = field(default_factory=list)


class Persons:
    """The fold."""

    name: str = "persons"
    version: int = 1
    tables: tuple[Table, ...] = (PERSONS, CODES, MERGES)
    kind: AggregateKind = LEGAL_PERSON
    follows: Facts = facts_of(LEGAL_PERSON.facts)

    def start(self) -> PersonState:
        return PersonState()

    def fold(self, state: PersonState, entry: Entry, person: LegalPerson) -> None:
        times = (entry.occurred_at, entry.recorded_at)
        match entry.fact:
            case LegacyCodeLinked(legacy=legacy, source=source):
                state.codes.append((person.id, legacy, LINKED, source, *times))
            case LegalPersonMerged(into=into, reasons=reasons):
                by = entry.recorded.by.id
                row = (person.id, entry.version, person.code, stream_of(into), into, reasons, by, *times, None, None)
                state.merges.append(row)
            case LegalPersonSeparated():
                state.merges[-1] = (*state.merges[-1][:-2], *times)
            case LegalPersonRegistered(source=source):
                own, held = person.code, organisation_code(person.code)
                codes = [(own, OWN), (held, HELD)] if is_legacy(held) else [(own, OWN)]
                state.codes = [(person.id, code, sort, "", *times) for code, sort in codes]
                _believe(state, entry, person, None, source)
            case LegalPersonChanged(effective_on=day, source=source):
                _believe(state, entry, person, day, source)

    def rows(self, state: PersonState, person: LegalPerson) -> Rows:
        beliefs = [_row(person, nth, belief) for nth, belief in enumerate(state.beliefs, 1)]
        return {"person": beliefs, "person_code": state.codes, "person_merge": state.merges}


def _believe(state: PersonState, entry: Entry, person: LegalPerson, day: date | None, source: str) -> None:
    """Update the known periods: outdated ones end, new ones begin."""
    at = entry.recorded_at
    state.sources[day] = source, entry.recorded.by.id
    now = [Believed(first, end, what, *state.sources[first]) for first, end, what in person.timeline()]
    held = [belief.what for belief in state.beliefs if belief.known_until is None]
    state.beliefs = [
        belief
        if belief.known_until is not None or belief.what in now
        else structs.replace(belief, known_until=max(at, belief.known_from))
        for belief in state.beliefs
    ]
    state.beliefs += [Belief(what, at) for what in now if what not in held]


def _row(person: LegalPerson, nth: int, belief: Belief) -> Row:
    what, is_ = belief.what, belief.what.particulars
    return (
        person.id,
        nth,
        person.code,
        is_.name or "",
        is_.kind.value if is_.kind else "",
        is_.representative or "",
        is_.address or "",
        is_.capital.amount if is_.capital else "",
        is_.capital.currency if is_.capital else "",
        is_.founded_on,
        is_.status.value if is_.status else "",
        is_.contact.name if is_.contact else "",
        is_.contact.phone if is_.contact else "",
        what.source,
        what.valid_from,
        what.valid_to,
        belief.known_from,
        belief.known_until,
        what.by,
        *searched([is_.name or ""]),
    )


class PersonRow(Struct, frozen=True):
    """Particulars of one person for a period, in the columns of the view, without the search index."""

    person: UUID
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
    source: str
    valid_from: date | None
    valid_to: date | None
    known_from: datetime
    known_until: datetime | None
    known_by: str


class CodeRow(Struct, frozen=True):
    """A code of a person."""

    person: UUID
    code: str
    sort: str
    source: str
    since: datetime
    known_from: datetime


class MergeRow(Struct, frozen=True):
    """A merge of one person into another, until it was undone."""

    person: UUID
    version: int
    code: str
    into_person: UUID
    into_code: str
    reasons: str
    by: str
    merged_at: datetime
    merge_known: datetime
    separated_at: datetime | None
    separation_known: datetime | None
