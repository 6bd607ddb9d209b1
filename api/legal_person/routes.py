"""法人基础库 /v1/legal-persons: who invests, found by any code or name, on any day, as known at any instant."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import date, datetime
from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter
from msgspec import Struct, structs

from api.commands.aggregates import AggregateReceipt, carry_out
from api.commands.targets import TO_PERSONS
from api.cursors import PAGED, ListPaging
from api.legal_person.projects import PersonProject, projects_of
from api.legal_person.schemas import PersonAnswer, ShownPerson, answer_for, found_by, shown_person, then_of
from api.route_access import ACCESS, COMMANDS
from api.web.as_of import Instants, translate_too_much
from api.web.command_request import CommandRequest
from api.web.entries import ShownEntry, shown
from api.web.parameters import WITHOUT_NUL
from api.web.queries import information
from domain.access.principal import Caller
from domain.core.types import LINE_CHARACTERS_MAX
from domain.legal_person.codes import require_uscc
from domain.legal_person.identity import MergeLegalPerson, require_survivor
from domain.legal_person.messages import PersonCommand
from domain.legal_person.state import LegalPerson, PersonKind, PersonStanding, stream_of
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.merging import merging
from projections.legal_person.query import DayAsKnown, PersonBook, PersonFilter, PersonKey

Named = Annotated[
    str,
    QueryParameter(
        max_length=LINE_CHARACTERS_MAX,
        pattern=WITHOUT_NUL,
        description="In a name, also a former one, or the beginning of a code.",
    ),
]
OfKind = Annotated[PersonKind | None, QueryParameter(description="Of this kind.")]
InStanding = Annotated[PersonStanding | None, QueryParameter(description="With this status in the register.")]


class PersonPage(Struct, frozen=True):
    """Legal persons, the best match first; *next* is the `cursor` of the next page, null on the last."""

    as_of: date
    known_at: datetime
    persons: list[ShownPerson]
    next: str | None
    position: int


class PersonHistory(Struct, frozen=True):
    """Every command to one entry, oldest first; *merged_into* is the surviving entry, empty if not merged."""

    code: str
    merged_into: str
    entries: list[ShownEntry]


class PersonProjects(Struct, frozen=True):
    """Projects, the last registered first; *next* is the `cursor` of the next page, null on the last.

    At *as_of*, an instant, by what was recorded up to *known_at*.
    """

    as_of: datetime
    known_at: datetime
    person: str
    merged_from: str
    projects: list[PersonProject]
    next: str | None
    position: int


def day(approvals: NamedDependency[Approvals], instants_known_now: NamedDependency[Instants]) -> DayAsKnown:
    """The day asked about, and the instant of knowledge; now where they are left out."""
    return then_of(approvals, instants_known_now)


def person_filter(
    caller: NamedDependency[Caller], text: Named = "", kind: OfKind = None, status: InStanding = None
) -> PersonFilter:
    """The filter of a list of legal persons: by name or code, kind and standing."""
    return PersonFilter(text=text, kind=kind or "", status=status or "", caller=caller)


PERSON_FILTER = {"person_filter": Provide(person_filter, sync_to_thread=False)}


class LegalPersonRoutes(Controller):
    """Who invests. An entry that was merged into another is answered with that one, which says so."""

    opt = {ACCESS: "read:legal_person"}  # noqa: RUF012  litestar's own spelling
    path = "/legal-persons"
    tags = ("legal persons",)
    dependencies = {"day": Provide(day, sync_to_thread=False)}  # noqa: RUF012  litestar's own spelling

    @post(
        "/{code:str}/commands",
        operation_id=TO_PERSONS.operation,
        status_code=200,
        summary="Register, change, link, merge or separate a legal person",
        opt={ACCESS: COMMANDS},
    )
    async def post_person_command(
        self, code: FromPath[str], command_request: NamedDependency[CommandRequest]
    ) -> AggregateReceipt:
        """Carry out one command on the person with this unified code, once and for all under its Idempotency-Key.

        A code that is mistyped or in small letters is refused, saying which character is wrong.
        """
        require_uscc(code[:LINE_CHARACTERS_MAX])
        approvals = command_request.approvals

        async with AsyncExitStack() as turn:

            async def check(command: PersonCommand) -> None:
                if isinstance(command, MergeLegalPerson):
                    require_uscc(command.into)
                    await turn.enter_async_context(merging(approvals.store))
                    survivor = await approvals.state(stream_of(command.into))
                    known = survivor if isinstance(survivor, LegalPerson) else LegalPerson(survivor.id)
                    require_survivor(command.into, known)

            return AggregateReceipt.of(code, await carry_out(command_request, stream_of(code), TO_PERSONS, check=check))

    @get("/", operation_id="list_persons", summary="Legal persons by name or code", dependencies=PAGED | PERSON_FILTER)
    async def list_persons(
        self,
        *,
        position: NamedDependency[int],
        day: NamedDependency[DayAsKnown],
        persons: NamedDependency[PersonBook],
        person_filter: NamedDependency[PersonFilter],
        caller: NamedDependency[Caller],
        paging: NamedDependency[ListPaging],
    ) -> PersonPage:
        """As they were on the day of `as_of`, as known at `known_at`; each once, whatever was merged into it."""
        criteria = structs.replace(person_filter, limit=paging.rows_read, last=paging.last(PersonKey))
        rows = await persons.listed(criteria, day)
        shown_rows = [shown_person(ranked.row, caller) for ranked in paging.shown(rows)]
        following = paging.next_of(rows, lambda ranked: ranked.place)
        return PersonPage(day.day, day.known, shown_rows, following, position)

    @get("/{code:str}", operation_id="get_person", summary="A legal person by its id or any of its codes")
    async def get_person(
        self,
        code: FromPath[str],
        position: NamedDependency[int],
        day: NamedDependency[DayAsKnown],
        persons: NamedDependency[PersonBook],
        caller: NamedDependency[Caller],
    ) -> PersonAnswer:
        """By the unified code, an organisation code of before 2015, or the id; merged entries are one person."""
        matches = await found_by(persons, code, day, caller)
        return answer_for(await persons.cluster(matches.survivor, day), matches, code, day, position, caller)

    @get("/{code:str}/history", operation_id="get_person_history", summary="Every entry about a legal person")
    async def get_person_history(
        self,
        code: FromPath[str],
        position: NamedDependency[int],  # noqa: ARG002  waits for the parameter `after`
        persons: NamedDependency[PersonBook],
        approvals: NamedDependency[Approvals],
        now: NamedDependency[datetime],
        caller: NamedDependency[Caller],
    ) -> PersonHistory:
        """Of the very entry that is asked for, also where it was merged: who said what, when, and read where."""
        matches = await found_by(persons, code, then_of(approvals, Instants(now, now)), caller)
        person = await approvals.state(matches.person)
        merged_into = person.merged_into if isinstance(person, LegalPerson) else ""
        return PersonHistory(matches.code, merged_into, shown(await approvals.history(matches.person), caller))

    @get(
        "/{code:str}/projects",
        operation_id="list_person_projects",
        summary="All projects and cases of a legal person",
        dependencies=PAGED,
    )
    async def list_person_projects(
        self,
        code: FromPath[str],
        position: NamedDependency[int],
        instants_known_now: NamedDependency[Instants],
        persons: NamedDependency[PersonBook],
        approvals: NamedDependency[Approvals],
        caller: NamedDependency[Caller],
        paging: NamedDependency[ListPaging],
    ) -> PersonProjects:
        """Under any of its codes, those of entries merged into it as well; without a code, under any of its names."""
        instants, day = instants_known_now, then_of(approvals, instants_known_now)
        matches = await found_by(persons, code, day, caller)
        cluster = await persons.cluster(matches.survivor, day)
        book = information(paging.list_reader, approvals.laws, instants)
        projects, rows = await translate_too_much(projects_of(book, cluster, paging, caller))
        following = paging.next_of(rows, lambda listed: (listed.row.registered_at, listed.row.project))
        own = next(row.code for row in cluster.days if row.person == matches.survivor)
        merged_from = "" if matches.person == matches.survivor else matches.code
        return PersonProjects(instants.at, instants.known, own, merged_from, projects, following, position)
