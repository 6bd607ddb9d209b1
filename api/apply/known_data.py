"""资料 what is known of project and enterprise already, each with its source: no one types it twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence

from msgspec import Struct

from api.guard.judging import ProjectAccess
from api.html.page import PageContext
from api.information.pages import value_text
from api.information.routes import information_at
from api.information.schemas import with_contacts
from api.legal_person.schemas import answer_for, found_by
from api.web.problems import Problem
from api.web.zones import home_zone
from domain.core.ledger import Refused
from domain.law.calendar.moment import local_day
from domain.messages import Entry
from domain.project.application.registration import ProjectRegistered
from infrastructure.ledger.approvals import Approvals
from projections.legal_person.query import DayAsKnown, PersonBook
from projections.personal_reads import INFORMATION

PERSON_FIELDS = ("name", "code", "kind", "representative", "address", "status")
IN_WORDS = {"kind": "person_kind", "status": "standing_of"}


class KnownDatum(Struct, frozen=True):
    """One thing that is known: what it is called, what it says, and where that comes from."""

    name: str
    value: str
    source: str


class KnownGroup(Struct, frozen=True):
    """What is known of one subject; empty where nothing is."""

    name: str
    data: list[KnownDatum]


async def known_data(
    page: PageContext, approvals: Approvals, persons: PersonBook, access: ProjectAccess, entries: Sequence[Entry]
) -> list[KnownGroup]:
    """The project, its enterprise and what the information base has of it, as far as the reader may see them."""
    now, say = approvals.clock(), page.words["apply"]
    groups = [KnownGroup(say("of_project"), list(_registered(page, entries)))]
    groups.append(
        KnownGroup(say("of_enterprise"), [datum async for datum in _person(page, approvals, persons, access)])
    )
    information = information_at(access.project.id, entries, now, now, home_zone(approvals.laws))
    information = with_contacts(information, allowed=access.may(INFORMATION).allowed)
    for category in information.categories:
        data = [
            KnownDatum(
                field.zh if page.language == "zh" else field.en,
                value_text(page, field),
                " · ".join(part for part in (say("information"), field.source, str(field.of_day or "")) if part),
            )
            for field in category.fields
            if field.value
        ]
        if data:
            groups.append(KnownGroup(category.zh if page.language == "zh" else category.en, data))
    return groups


def _registered(page: PageContext, entries: Sequence[Entry]) -> Iterator[KnownDatum]:
    say = page.words["apply"]
    for entry in entries:
        if isinstance(entry.fact, ProjectRegistered):
            source = f"{say('registration')} · {entry.occurred_at.date()}"
            yield KnownDatum(say("project_name"), entry.fact.name, source)
            if entry.fact.code:
                yield KnownDatum(say("project_code"), entry.fact.code, source)
            yield KnownDatum(say("enterprise"), entry.fact.enterprise.name, source)
            if entry.fact.enterprise.uscc:
                yield KnownDatum(say("uscc"), entry.fact.enterprise.uscc, source)
            return


async def _person(
    page: PageContext, approvals: Approvals, persons: PersonBook, access: ProjectAccess
) -> AsyncIterator[KnownDatum]:
    if not access.project.uscc:
        return
    now = approvals.clock()
    at = DayAsKnown(local_day(now, home_zone(approvals.laws)), now)
    try:
        match = await found_by(persons, access.project.uscc, at, access.caller)
    except (Problem, Refused):  # not in the base, or not for the reader
        return
    person = answer_for(
        await persons.cluster(match.survivor, at), match, access.project.uscc, at, 0, access.caller
    ).person
    say = page.words["apply"]
    source = " · ".join(part for part in (say("legal_persons"), person.source) if part)
    for field in PERSON_FIELDS:
        value = str(getattr(person, field) or "")
        if value:
            shown = page.words[IN_WORDS[field]](value) if field in IN_WORDS else value
            yield KnownDatum(say(f"person_{field}"), shown, source)
