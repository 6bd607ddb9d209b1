"""投诉 评价 complaints and evaluations of those who have number and code of a case, prefilled from it.

They act for the case's enterprise, as a receipt is given to no one else; in the ledger they are known by the number of
the case. What the commands' own rules refuse is said beside the field, and nothing that was typed is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.html.page import PageContext, see_other
from api.route_access import ACCESS
from api.window.admission import ADMITTED, NotAdmittedError, to_form
from api.window.case_feedback import NO_GRADE, QUOTA, Fault, carry_out, key_in
from api.window.qr_code import TRACK
from api.window.share import WindowShareMiddleware
from api.window.track_pages import case_address, read_case
from api.window.tracking import TrackedCase
from api.window.visitor import framed
from domain.project.feedback.complaint import FileComplaint
from domain.project.feedback.evaluation import EvaluateService, Grade
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from infrastructure.materials.store import MaterialStore
from projections.window.query import WindowCase

OfStep = Annotated[int, QueryParameter(ge=0, le=2**31 - 1, description="The step that is evaluated; 0: the whole.")]
Form = Mapping[str, str]


class CaseFeedbackPages(Controller):
    """A complaint or an evaluation of one case, for as long as the browser's ticket to it is good."""

    opt = {ACCESS: "read:window"}  # noqa: RUF012  litestar's own spelling
    path = f"{TRACK}/{{number:str}}"
    dependencies = ADMITTED
    exception_handlers = {NotAdmittedError: to_form}  # noqa: RUF012  litestar's own spelling
    middleware = (WindowShareMiddleware,)

    @get("/complaint")
    async def complaint(
        self,
        page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        laws: NamedDependency[LawBook],
        admitted_case: NamedDependency[WindowCase],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """The form, with what is late in the case written down already."""
        page = page.under(admitted_case.law)
        view = await read_case(page, approvals, laws, admitted_case, now)
        return shown_form(page, "complain.html", admitted_case, {"about": prefilled(page, view), "key": str(uuid4())})

    @post("/complaint", status_code=200)
    async def file_complaint(
        self,
        *,
        page: NamedDependency[PageContext],
        text_form: NamedDependency[Form],
        approvals: NamedDependency[Approvals],
        materials: NamedDependency[MaterialStore],
        admitted_case: NamedDependency[WindowCase],
    ) -> Response[str]:
        """File it under the number of the case; back to the case, which then says so."""
        key = key_in(text_form)
        fields: dict[str, Any] = {"complaint": f"TS-{key.hex[:10].upper()}", "item": admitted_case.item}
        fields |= {name: text_form.get(name, "").strip() for name in ("about", "contact")}
        fields["anonymous"] = "anonymous" in text_form
        fault = await carry_out(approvals, materials, admitted_case, FileComplaint, fields, key)
        if fault is not None:
            return shown_form(page, "complain.html", admitted_case, {**text_form, "key": str(key)}, fault)
        return done(page, admitted_case, "complaint")

    @get("/evaluation")
    async def evaluation(
        self,
        page: NamedDependency[PageContext],
        admitted_case: NamedDependency[WindowCase],
        contact: OfStep = 0,
    ) -> Response[str]:
        """Five grades, and why."""
        return shown_form(page, "evaluate.html", admitted_case, {"contact": str(contact), "key": str(uuid4())})

    @post("/evaluation", status_code=200)
    async def evaluate(
        self,
        *,
        page: NamedDependency[PageContext],
        text_form: NamedDependency[Form],
        approvals: NamedDependency[Approvals],
        materials: NamedDependency[MaterialStore],
        admitted_case: NamedDependency[WindowCase],
    ) -> Response[str]:
        """Give the grade; back to the case, which then says so."""
        key, contact = key_in(text_form), text_form.get("contact", "")
        fields: dict[str, Any] = {"item": admitted_case.item, "grade": text_form.get("grade", "")}
        fields |= {"comment": text_form.get("comment", "").strip()}
        fields["contact"] = int(contact) if contact.isascii() and contact.isdigit() and len(contact) < 10 else 0  # noqa: PLR2004  of a version
        fault: Fault | None = ("grade", NO_GRADE, "")
        if fields["grade"] in {grade.value for grade in Grade}:
            fault = await carry_out(approvals, materials, admitted_case, EvaluateService, fields, key)
        if fault is not None:
            return shown_form(page, "evaluate.html", admitted_case, {**text_form, "key": str(key)}, fault)
        return done(page, admitted_case, "evaluation")


def shown_form(
    page: PageContext, template: str, case: WindowCase, filled_in: Form, fault: Fault | None = None
) -> Response[str]:
    """The form with what was *filled_in*, and what is wrong with it."""
    answer = page.under(case.law).render(
        template,
        **framed(page),
        case=case,
        values={"about": "", "contact": "", "grade": "", "comment": "", "anonymous": "", **filled_in},
        grades=list(Grade),
        fault=fault,
        back=case_address(page, case.case_number),
    )
    answer.status_code = 200 if fault is None else 429 if fault[1] == QUOTA else 422
    return answer


def prefilled(page: PageContext, view: TrackedCase) -> str:
    """What a complaint begins with: the case, where it is, and what is late."""
    lines = [f"{page.called(view.case.name) or view.case.item} {view.case.case_number}: {view.state}"]
    lines += [limit.sentence for limit in view.late]
    return "\n".join(lines) + "\n" if view.late else ""


def done(page: PageContext, case: WindowCase, what: str) -> Response[str]:
    """Back to the case."""
    return see_other(case_address(page, case.case_number, done=what))
