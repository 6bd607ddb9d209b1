"""人员与授权 the administrator's pages: the directory, a person with grants, keys, leave and deputies, and its acts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import quote
from uuid import UUID, uuid4

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from api.commands.aggregate_acts import ActResult, aggregate_acts
from api.guard.judging import PRINCIPAL_UNKNOWN, hidden, require_allowed
from api.html.field_faults import field_fault
from api.html.page import PageContext
from api.html.sentences import SentenceContext, Sentences
from api.people.acts import ACTS, ROLES, PersonAct, PersonActs, person_acts
from api.people.directory import people_with, waiting_grants
from api.route_access import ACCESS, COMMANDS, WHOLE_ZONE
from api.web.form_fields import FormFields, form_fields
from api.web.parameters import POSITION_MAX, WITHOUT_NUL, Paging
from api.web.problems import Problem
from domain.access.decision import AccessCase, may
from domain.access.principal import Caller, PrincipalKind
from domain.access.state import SEPARATE_DUTIES, Principal, stream_of
from domain.core.types import LINE_CHARACTERS_MAX
from infrastructure.ledger.approvals import Approvals

PEOPLE = "/admin/people"
OF_PAGE = 50

InName = Annotated[
    str, QueryParameter(max_length=LINE_CHARACTERS_MAX, pattern=WITHOUT_NUL, description="In the id or the name.")
]
Receipt = Annotated[
    int, QueryParameter(ge=0, le=POSITION_MAX, description="The position of the last act in the ledger.")
]


class PeoplePages(Controller):
    """Acts are filled in on the page of a person, looked at, then done; each is judged by the table of access."""

    opt = {ACCESS: "read:principals"}  # noqa: RUF012  litestar's own spelling
    dependencies = {  # noqa: RUF012  litestar's own spelling
        "aggregate_acts": Provide(aggregate_acts, sync_to_thread=False),
        "person_acts": Provide(person_acts, sync_to_thread=False),
    }

    @get(PEOPLE, opt={WHOLE_ZONE: True})
    async def people(
        self,
        page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        person_acts: NamedDependency[PersonActs],
        now: NamedDependency[datetime],
        paging: NamedDependency[Paging],
        text: InName = "",
    ) -> Response[str]:
        """The people and programs in the directory, and roles that wait for a second administrator."""
        rows = await people_with(approvals, now, text, limit=OF_PAGE + 1, offset=paging.offset)
        return page.render(
            "people.html",
            as_of=now,
            rows=rows[:OF_PAGE],
            waiting=await waiting_grants(approvals),
            offered=person_acts.offered(""),
            text=text,
            key=uuid4(),
            kinds=(PrincipalKind.PERSON.value, PrincipalKind.PROGRAM.value),
            person_link=lambda principal: page.link(person_path(principal)),
            **page.paging_links(paging.offset, OF_PAGE, more=len(rows) > OF_PAGE),
        )

    @get(PEOPLE + "/{principal:str}")
    async def person(
        self,
        *,
        principal: FromPath[str],
        page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        person_acts: NamedDependency[PersonActs],
        caller: NamedDependency[Caller],
        now: NamedDependency[datetime],
        receipt: Receipt = 0,
    ) -> Response[str]:
        """One person or program: grants, proposals, keys, leave and deputies, with the acts the reader may do."""
        state = await _principal(approvals, caller, principal)
        offered = person_acts.offered(principal) if state.closed_at is None else set[str]()
        return page.render("principal.html", receipt=receipt, **_content(page, state, caller, now), offered=offered)

    @post(
        "/admin/acts/{act:str}", status_code=200, opt={ACCESS: COMMANDS}, dependencies={"fields": Provide(form_fields)}
    )
    async def act_on_person(
        self,
        *,
        act: FromPath[str],
        page: NamedDependency[PageContext],
        fields: NamedDependency[FormFields],
        person_acts: NamedDependency[PersonActs],
    ) -> Response[str] | Redirect:
        """Show what the act would add to the ledger; do it where that has been seen."""
        known = ACTS.get(act)
        if known is None:
            raise Problem("not-found", f"there is no act {act}", remedy="begin at /admin/people")
        principal = fields.text("principal").strip()
        if not fields.text("seen"):
            return _reviewed(page, act, known, fields, await person_acts.review(principal, known, fields))
        result, secret = await person_acts.carry_out(principal, known, fields)
        if result.problem is not None:
            return _reviewed(page, act, known, fields, result)
        back = page.link(person_path(principal), receipt=str(result.position))
        if secret:
            return page.render("principal_key.html", secret=secret, back=back, principal=principal)
        return Redirect(back, status_code=303)


def person_path(principal: str) -> str:
    """The path of the page of a person or program."""
    return f"{PEOPLE}/{quote(principal, safe='')}"


async def _principal(approvals: Approvals, caller: Caller, principal: str) -> Principal:
    """The person or program of this id. Raises Problem principal-unknown."""
    require_allowed(may(caller, "read:principals", AccessCase(principal=principal)), PRINCIPAL_UNKNOWN, caller)
    state = await approvals.state(stream_of(principal))
    if not isinstance(state, Principal) or not state.principal:
        raise hidden(PRINCIPAL_UNKNOWN)
    return state


def _content(page: PageContext, state: Principal, caller: Caller, now: datetime) -> dict[str, object]:
    """What the page of *state* shows."""
    in_force = [grant for grant in state.grants.values() if grant.valid_until is None or now < grant.valid_until]
    return {
        "person": state,
        "as_of": now,
        "in_force": in_force,
        "ended": [grant for grant in state.grants.values() if grant not in in_force],
        "proposals": list(state.proposals.values()),
        "keys": list(state.keys.values()),
        "deputies": [period for period in state.deputies if now < period.valid_until],
        "leaves": [leave for leave in state.leaves if now < leave.valid_until],
        "roles": [(role.value, page.words["role"](role.value), role in SEPARATE_DUTIES) for role in ROLES],
        "own_proposals": {
            proposal.grant.id for proposal in state.proposals.values() if proposal.proposed_by == caller.id
        },
        "is_program": state.kind is PrincipalKind.PROGRAM,
        "people_list": page.link(PEOPLE),
        "key": uuid4(),
    }


def _reviewed(page: PageContext, act: str, known: PersonAct, fields: FormFields, result: ActResult) -> Response[str]:
    """The page before the act: its sentences and its button, or why it is refused with all that was filled in."""
    sentences = Sentences(page, UUID(int=0), SentenceContext(), {})
    principal = fields.text("principal").strip()
    return page.render(
        "principal_review.html",
        act=act,
        fields=[(name, fields.text(name)) for name in known.fields],
        required=known.required,
        principal=principal,
        effects=[sentences.tell(entry.fact) for entry in result.added],
        problem=result.problem,
        fault=field_fault(result.problem, {*known.fields, "principal"}),
        key=fields.key(),
        is_proposal=bool(known.proposed) and known.command_for(fields) == known.proposed,
        roles=[(role.value, page.words["role"](role.value)) for role in ROLES],
        back=page.link(PEOPLE if act == "register" else person_path(principal)),
    )
