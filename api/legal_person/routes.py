"""法人基础库 /legal-persons: who invests, found by any code or name, on any day, as known at any instant."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import date, datetime
from typing import Annotated

from litestar import Controller, get, post
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.commands.aggregates import AggregateReceipt, carry_out
from api.commands.targets import TO_PERSONS
from api.legal_person.projects import PersonProject, projects_of
from api.legal_person.schemas import PersonAnswer, ShownPerson, answer_for, found_by, shown_person, then_of
from api.web.as_of import AsOf, KnownNow, readable
from api.web.dependencies import AnyRequest, parts_of
from api.web.entries import ShownEntry, shown
from api.web.identity import actor_of, headers_of
from api.web.parameters import PAGE_ROWS, WITHOUT_NUL, After, Limit, Offset, caught_up
from api.web.period import zone_of
from domain.core.types import LINE_CHARACTERS_MAX
from domain.legal_person.codes import require_uscc
from domain.legal_person.identity import MergeLegalPerson, require_survivor
from domain.legal_person.messages import PersonCommand
from domain.legal_person.state import LegalPerson, PersonKind, PersonStanding, stream_of
from infrastructure.ledger.merging import merging
from projections.information.query import InformationBook, InformationPast
from projections.legal_person.query import PersonBook, PersonFilter

Named = Annotated[
    str,
    QueryParameter(
        max_length=LINE_CHARACTERS_MAX,
        pattern=WITHOUT_NUL,
        description="In a name, also a former one, or the beginning of a code.",
    ),
]
OfKind = Annotated[PersonKind | None, QueryParameter(description="Of this kind.")]
InStanding = Annotated[PersonStanding | None, QueryParameter(description="Standing so in the register.")]


class PersonPage(Struct, frozen=True):
    """Legal persons, the best match first; *next* is the `offset` of the next page, null on the last."""

    as_of: date
    known_at: datetime
    persons: list[ShownPerson]
    next: int | None
    position: int


class PersonHistory(Struct, frozen=True):
    """Everything said to one entry, oldest first; *merged_into* is who stands for it, empty where it does itself."""

    code: str
    merged_into: str
    entries: list[ShownEntry]


class PersonProjects(Struct, frozen=True):
    """Projects, the last registered first; *next* is the `offset` of the next page, null on the last.

    At *as_of*, an instant, by what was recorded up to *known_at*.
    """

    as_of: datetime
    known_at: datetime
    person: str
    merged_from: str
    projects: list[PersonProject]
    next: int | None
    position: int


class LegalPersons(Controller):
    """Who invests. An entry that was merged into another is answered with that one, which says so."""

    path = "/legal-persons"
    tags = ("legal persons",)

    @post(
        "/{code:str}/commands",
        operation_id=TO_PERSONS.operation,
        status_code=200,
        summary="Register, change, link, merge or separate a legal person",
    )
    async def post_person_command(self, request: AnyRequest, code: FromPath[str]) -> AggregateReceipt:
        """Carry out one command on the person with this unified code, once and for all under its Idempotency-Key.

        A code that is mistyped or in small letters is refused, saying which character is wrong.
        """
        actor_of(headers_of(request.scope))
        require_uscc(code[:LINE_CHARACTERS_MAX])

        async with AsyncExitStack() as turn:

            async def check(command: PersonCommand) -> None:
                if isinstance(command, MergeLegalPerson):
                    require_uscc(command.into)
                    await turn.enter_async_context(merging(parts_of(request).approvals.store))
                    survivor = await parts_of(request).approvals.state(stream_of(command.into))
                    known = survivor if isinstance(survivor, LegalPerson) else LegalPerson(survivor.id)
                    require_survivor(command.into, known)

            return AggregateReceipt.of(code, await carry_out(request, stream_of(code), TO_PERSONS, check=check))

    @get("/", operation_id="list_persons", summary="Legal persons by name or code")
    async def list_persons(
        self,
        request: AnyRequest,
        *,
        after: After = 0,
        as_of: AsOf = None,
        known_at: KnownNow = None,
        text: Named = "",
        kind: OfKind = None,
        status: InStanding = None,
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> PersonPage:
        """As they were on the day of `as_of`, as known at `known_at`; each once, whatever was merged into it."""
        _, position = await caught_up(request, after)
        at = then_of(request, as_of, known_at)
        asked = PersonFilter(text=text, kind=kind or "", status=status or "", limit=limit + 1, offset=offset)
        rows = await PersonBook(parts_of(request).approvals.store).listed(asked, at)
        following = offset + limit if len(rows) > limit else None
        return PersonPage(at.day, at.known, [shown_person(row) for row in rows[:limit]], following, position)

    @get("/{code:str}", operation_id="get_person", summary="A legal person by its id or any of its codes")
    async def get_person(
        self,
        request: AnyRequest,
        code: FromPath[str],
        after: After = 0,
        as_of: AsOf = None,
        known_at: KnownNow = None,
    ) -> PersonAnswer:
        """By the unified code, an organisation code of before 2015, or the id; merged entries are one person."""
        _, position = await caught_up(request, after)
        book, at = PersonBook(parts_of(request).approvals.store), then_of(request, as_of, known_at)
        found = await found_by(book, code, at)
        return answer_for(await book.cluster(found.survivor, at), found, code, at, position)

    @get("/{code:str}/history", operation_id="get_person_history", summary="Everything said to a legal person")
    async def get_person_history(self, request: AnyRequest, code: FromPath[str], after: After = 0) -> PersonHistory:
        """Of the very entry that is asked for, also where it was merged: who said what, when, and read where."""
        await caught_up(request, after)
        by, parts = actor_of(headers_of(request.scope)), parts_of(request)
        found = await found_by(PersonBook(parts.approvals.store), code, then_of(request, None, None))
        person = await parts.approvals.state(found.person)
        merged_into = person.merged_into if isinstance(person, LegalPerson) else ""
        return PersonHistory(found.code, merged_into, shown(await parts.approvals.history(found.person), by))

    @get(
        "/{code:str}/projects", operation_id="list_person_projects", summary="All projects and cases of a legal person"
    )
    async def list_person_projects(
        self,
        request: AnyRequest,
        code: FromPath[str],
        *,
        after: After = 0,
        as_of: AsOf = None,
        known_at: KnownNow = None,
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> PersonProjects:
        """Under any of its codes, those of entries merged into it as well; without a code, under any of its names."""
        _, position = await caught_up(request, after)
        approvals, at = parts_of(request).approvals, then_of(request, as_of, known_at)
        t = as_of or approvals.clock()
        past = InformationPast(t, at.known, zone_of(approvals.laws)) if as_of or known_at else None
        persons, information = PersonBook(approvals.store), InformationBook(approvals.store, past)
        found = await found_by(persons, code, at)
        cluster = await persons.cluster(found.survivor, at)
        projects, following = await readable(projects_of(information, cluster, limit, offset))
        own = next(row.code for row in cluster.days if row.person == found.survivor)
        merged_from = "" if found.person == found.survivor else found.code
        return PersonProjects(t, at.known, own, merged_from, projects, following, position)
