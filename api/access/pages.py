"""权限 the page of a project that says who may do what in it, on a day, and why."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.access.schemas import AccessAnswer, AccessQuestion, GrantHolder, access_answer
from api.html.page import PageContext
from api.route_access import ACCESS
from api.web.as_of import On, end_of
from domain.access.principal import Caller
from domain.access.table import COMMAND_ACTIONS
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals


class AccessPages(Controller):
    """The day is in the address. It is for signed-in people who may read who has access to the project."""

    opt = {ACCESS: "read:access"}  # noqa: RUF012  litestar's own spelling

    @get("/pages/projects/{project_id:uuid}/access")
    async def project_access(
        self,
        project_id: FromPath[UUID],
        approvals: NamedDependency[Approvals],
        caller: NamedDependency[Caller],
        now: NamedDependency[datetime],
        page: NamedDependency[PageContext],
        *,
        on: On = "",
    ) -> Response[str]:
        """A row for each grant that allows anything here."""
        question = AccessQuestion(end_of(on, DEFAULT_LAW, now) or now, now, project=project_id)
        answer = await access_answer(approvals, caller, question)
        page = page.under(DEFAULT_LAW)
        rows = access_rows(answer, page)
        at = page.local(answer.on)
        return page.render("access.html", rows=rows, project=project_id, on=on, as_of=answer.on, at=at)


def access_rows(answer: AccessAnswer, context: PageContext) -> list[dict[str, object]]:
    """What the table of the page shows, one row per grant."""
    return [
        {
            "name": holder.name or holder.principal,
            "role": context.words["role"](holder.role.value),
            "over": context.office(holder.over) if holder.over else "",
            "remark": remark_on(holder, context),
            "actions": actions_of(holder, context),
            "until": context.local(holder.valid_until) if holder.valid_until else "",
        }
        for holder in answer.holders
    ]


def remark_on(holder: GrantHolder, context: PageContext) -> str:
    """Whether the holder acts by a mandate, or as a deputy."""
    words = context.words["of_access"]
    remarks = [words("as_agent")] if holder.as_agent else []
    if holder.deputy_of:
        remarks.append(f"{words('deputy_of')} {holder.deputy_of}")
    return context.words["punctuation"]("comma").join(remarks)


def actions_of(holder: GrantHolder, context: PageContext) -> list[tuple[str, str, str]]:
    """For each reason: the reason, how many actions it allows, and their names."""
    is_zh = context.language == "zh"
    by_reason: dict[str, list[str]] = {}
    for allowed in holder.actions:
        reason = allowed.reason_zh if is_zh else allowed.reason_en
        by_reason.setdefault(reason, []).append(name_of(allowed.action, context))
    comma = "、" if is_zh else ", "
    return [(reason, str(len(names)), comma.join(names)) for reason, names in by_reason.items()]


def name_of(action: str, context: PageContext) -> str:
    """What an action of the table is called: a command by the title of its form, a read by what is seen."""
    return context.words["act_name" if action in COMMAND_ACTIONS else "of_read"](action)
