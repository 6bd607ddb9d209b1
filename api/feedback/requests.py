"""Query parameters of the feedback lists and figures, and the filters that they make."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from msgspec import Struct

from api.web.as_of import day_in
from api.web.parameters import WITHOUT_NUL, Department, Paging, code
from api.web.problems import Problem
from api.web.zones import home_zone
from domain.core.types import LINE_CHARACTERS_MAX
from domain.law.calendar.period import Period
from domain.law.feedback.clock import FeedbackClockState
from domain.law.feedback.terms import FeedbackStep
from domain.project.feedback.evaluation import Grade
from domain.project.state.feedback import Appealed
from infrastructure.law.lawbook import LawBook
from projections.feedback.query import FeedbackFilter, FeedbackKey
from projections.scope import Scope


class ComplaintStage(StrEnum):
    """How far a complaint was handled."""

    FILED = "filed"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    CLOSED = "closed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class EvaluationStage(StrEnum):
    """How far a bad evaluation was answered; a good one is closed at once."""

    OPEN = "open"
    STARTED = "started"
    RECTIFIED = "rectified"
    CLOSED = "closed"
    VOID = "void"


def _id(description: str) -> QueryParameter:
    return QueryParameter(min_length=1, max_length=LINE_CHARACTERS_MAX, pattern=WITHOUT_NUL, description=description)


OfItem = Annotated[str, code("The item's code.")]
InStage = Annotated[ComplaintStage | None, QueryParameter(name="state", description="How far it was handled.")]
AtStage = Annotated[EvaluationStage | None, QueryParameter(name="state", description="How far it was answered.")]
OfGrade = Annotated[Grade | None, QueryParameter(description="The grade given.")]
Bad = Annotated[bool | None, QueryParameter(description="Only bad ones (差评), or only the others.")]
Appeal = Annotated[Appealed | None, QueryParameter(description="How far an appeal against it has come.")]
OfClock = Annotated[FeedbackStep | None, QueryParameter(description="Has a clock of this step.")]
Standing = Annotated[
    FeedbackClockState | None, QueryParameter(description="Has a clock, of that step if one is named, in this state.")
]
First = Annotated[date | None, QueryParameter(description="Said on this local day or later.")]
Last = Annotated[date | None, QueryParameter(description="Said on this local day or earlier.")]
ComplaintId = Annotated[str, _id("The id it was filed under.")]
EvaluationId = Annotated[str, _id("Its id, such as `land-use-1`.")]


class FeedbackDays(Struct, frozen=True):
    """The local days *first* to *last* on which something was said, and the instants at which they begin and end."""

    first: date | None
    last: date | None
    begins: datetime | None
    ends: datetime | None


def feedback_days(laws: NamedDependency[LawBook], first: First = None, last: Last = None) -> FeedbackDays:
    """The days asked for, as far as they are given. Raises Problem."""
    for name, day in (("first", first), ("last", last)):
        if day is not None:
            day_in(name, day)
    if first and last and last < first:
        raise Problem(
            "invalid-parameter", f"last: {last} is before {first}", remedy="the first day comes first", parameter="last"
        )
    zone = home_zone(laws)
    begins, ends = Period(first, first).begins(zone) if first else None, Period(last, last).ends(zone) if last else None
    return FeedbackDays(first, last, begins, ends)


def complaint_filter(
    *,
    department: Department = "",
    item: OfItem = "",
    in_state: InStage = None,  # a parameter `state` would be the application's
    clock: OfClock = None,
    standing: Standing = None,
    feedback_days: NamedDependency[FeedbackDays],
    list_scope: NamedDependency[Scope],
    paging: NamedDependency[Paging],
) -> FeedbackFilter:
    """Which complaints a list shows, and one more to see whether there is a next page."""
    return FeedbackFilter(
        equal=equal(department=department, item=item, state=in_state),
        first=feedback_days.begins,
        end=feedback_days.ends,
        clock=clock,
        standing=standing,
        scope=list_scope,
        limit=paging.rows_read,
        last=paging.last(FeedbackKey),
    )


def evaluation_filter(
    *,
    department: Department = "",
    item: OfItem = "",
    in_state: AtStage = None,
    grade: OfGrade = None,
    bad: Bad = None,
    appeal: Appeal = None,
    clock: OfClock = None,
    standing: Standing = None,
    feedback_days: NamedDependency[FeedbackDays],
    list_scope: NamedDependency[Scope],
    paging: NamedDependency[Paging],
) -> FeedbackFilter:
    """Which evaluations a list shows, and one more to see whether there is a next page."""
    return FeedbackFilter(
        equal=equal(department=department, item=item, state=in_state, grade=grade, bad=bad, appeal=appeal),
        first=feedback_days.begins,
        end=feedback_days.ends,
        clock=clock,
        standing=standing,
        scope=list_scope,
        limit=paging.rows_read,
        last=paging.last(FeedbackKey),
    )


def summary_filter(
    *,
    department: Department = "",
    item: OfItem = "",
    feedback_days: NamedDependency[FeedbackDays],
    list_scope: NamedDependency[Scope],
) -> FeedbackFilter:
    """Of which complaints and evaluations the figures are."""
    columns = equal(department=department, item=item)
    return FeedbackFilter(equal=columns, first=feedback_days.begins, end=feedback_days.ends, scope=list_scope)


FEEDBACK_FILTERS = {
    provider.__name__: Provide(provider, sync_to_thread=False)
    for provider in (feedback_days, complaint_filter, evaluation_filter, summary_filter)
}


def equal(**columns: str | bool | None) -> dict[str, str | bool]:
    """The columns that are asked for; what is empty asks for nothing."""
    return {name: value for name, value in columns.items() if value not in ("", None)}


def single_match(project: UUID, column: str, name: str, scope: Scope) -> FeedbackFilter:
    """The question for one complaint or evaluation."""
    return FeedbackFilter(project=project, equal={column: name}, scope=scope, limit=1)
