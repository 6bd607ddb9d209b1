"""What is answered about complaints and evaluations, and the questions behind it: filters, days, files, trails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Struct

from api.web.as_of import instant_in
from api.web.dependencies import AnyRequest, laws_of, parts_of
from api.web.entries import WHO_SEES_COMPLAINANTS, ShownEntry, shown
from api.web.parameters import WITHOUT_NUL, code
from api.web.period import zone_of
from api.web.problems import Problem
from api.web.request_body import YEAR_FIRST, YEAR_LAST
from domain.core.ledger import Actor
from domain.core.types import LINE_CHARACTERS_MAX
from domain.law.calendar.moment import local_day
from domain.law.calendar.period import Period
from domain.law.feedback.clock import VoiceState
from domain.law.feedback.terms import VoiceStep
from domain.messages import Entry, tag_of
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.feedback.evaluation import Grade
from domain.project.state.feedback import Appealed
from infrastructure.law.lawbook import LawBook
from projections.feedback.evaluations import ABOUT_EVALUATIONS
from projections.feedback.fold import VoiceRow
from projections.feedback.query import VoiceFilter, VoicesAt
from projections.feedback.reading import ComplaintReading, EvaluationReading, article_of
from projections.feedback.redaction import ABOUT_COMPLAINTS
from projections.feedback.summary import OPINIONS_MIN, VoiceSummary


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
OfClock = Annotated[VoiceStep | None, QueryParameter(description="Has a clock of this step.")]
Standing = Annotated[
    VoiceState | None, QueryParameter(description="Has a clock, of that step if one is named, which stands so.")
]
First = Annotated[date | None, QueryParameter(description="Said on this local day or later.")]
Last = Annotated[date | None, QueryParameter(description="Said on this local day or earlier.")]
ComplaintId = Annotated[str, _id("The id it was filed under.")]
EvaluationId = Annotated[str, _id("Its id, such as `land-use-1`.")]


class ComplaintPage(Struct, frozen=True):
    """Complaints, the newest first. *next* is the `offset` of the next page, null on the last."""

    as_of: datetime
    known_at: datetime
    complaints: list[ComplaintReading]
    next: int | None
    position: int


class EvaluationPage(Struct, frozen=True):
    """Evaluations, the newest first; the rest as with complaints."""

    as_of: datetime
    known_at: datetime
    evaluations: list[EvaluationReading]
    next: int | None
    position: int


class TrailStep(VoiceRow, frozen=True, kw_only=True):
    """One step, and the rule it was taken under; empty where none asks for it."""

    article: str


class ProjectVoices(Struct, frozen=True):
    """What was said about one project, and who did what when with it, oldest first."""

    as_of: datetime
    known_at: datetime
    complaints: list[ComplaintReading]
    evaluations: list[EvaluationReading]
    steps: list[TrailStep]
    position: int


class TrailLine(Struct, frozen=True):
    """One entry of an audit trail, what was corrected and the corrections included, and the rule it rests on."""

    step: str
    article: str
    entry: ShownEntry


class ComplaintFile(Struct, frozen=True):
    """One complaint with its clocks, the entries it complains of, those that the answer rests on, and its trail.

    *complaint* is null where its filing does not count, or is amended to a later instant: the trail says so.
    """

    as_of: datetime
    known_at: datetime
    complaint: ComplaintReading | None
    cited: list[ShownEntry]
    evidence: list[ShownEntry]
    trail: list[TrailLine]


class EvaluationFile(Struct, frozen=True):
    """One evaluation with its clocks, the contact that it grades (null: the whole application), and its trail.

    *evaluation* is null where it was retracted: the trail says so.
    """

    as_of: datetime
    known_at: datetime
    evaluation: EvaluationReading | None
    contact: ShownEntry | None
    trail: list[TrailLine]


class VoiceFigures(Struct, frozen=True):
    """Each department, and each item of it. *opinions_min*: of fewer people no opinion is told; 0: all are told."""

    as_of: datetime
    known_at: datetime
    first: date | None
    last: date | None
    opinions_min: int
    lines: list[VoiceSummary]
    position: int


async def voices_at(request: AnyRequest, as_of: datetime | None, known_at: datetime | None) -> VoicesAt:
    """What had been said by the instant asked about. Raises Problem for an instant that is none."""
    approvals = parts_of(request).approvals
    t = instant_in("as_of", as_of) or approvals.clock()
    return VoicesAt(approvals.store, await laws_of(request), t, instant_in("known_at", known_at) or t)


async def days_of(
    request: AnyRequest, first: date | None, last: date | None
) -> tuple[datetime | None, datetime | None]:
    """The instants at which the days from *first* to *last* begin and end, as far as they are given. Raises Problem."""
    for name, day in (("first", first), ("last", last)):
        if day is not None and not YEAR_FIRST <= day.year <= YEAR_LAST:
            raise Problem(
                "invalid-parameter",
                f"{name}: {day} is not in the years {YEAR_FIRST} to {YEAR_LAST}",
                remedy="write 2026-03-02",
                parameter=name,
            )
    if first and last and last < first:
        raise Problem(
            "invalid-parameter", f"last: {last} is before {first}", remedy="the first day comes first", parameter="last"
        )
    zone = zone_of(await laws_of(request))
    return Period(first, first).begins(zone) if first else None, Period(last, last).ends(zone) if last else None


def equal(**columns: str | bool | None) -> dict[str, str | bool]:
    """The columns that are asked for; what is empty asks for nothing."""
    return {name: value for name, value in columns.items() if value not in ("", None)}


def opinions_min(to: Actor) -> int:
    """Of how few people *to* is told no opinion: those who may see complainants are told all."""
    return 0 if to.role in WHO_SEES_COMPLAINANTS else OPINIONS_MIN


def one_of_project(project: UUID, column: str, name: str) -> VoiceFilter:
    """The question for one complaint or evaluation."""
    return VoiceFilter(project=project, equal={column: name}, limit=1)


def unknown(what: str, name: str, known: Sequence[str]) -> Problem:
    """The problem of a complaint or an evaluation that there was not."""
    return Problem(
        "not-found", f"the project has no {what} {name}"[:500], remedy=f"it has: {', '.join(known) or 'none'}"
    )


def with_articles(steps: Sequence[VoiceRow], laws: LawBook) -> list[TrailStep]:
    """*steps*, each with the rule it was taken under."""
    zone = zone_of(laws)
    return [
        TrailStep(
            **{name: getattr(step, name) for name in VoiceRow.__struct_fields__},
            article=article_of(step.step, "", local_day(step.occurred_at, zone)),
        )
        for step in steps
    ]


def trail(entries: Sequence[Entry], of: set[int], to: Actor, at: VoicesAt, zone: str) -> list[TrailLine]:
    """The entries whose versions are in *of*, and the corrections of these, by what was known, up to the instant."""
    told = [entry for entry in entries if entry.recorded_at <= at.known]
    wanted = set(of)
    for entry in told:
        if isinstance(entry.fact, EntryAmended | EntryRetracted) and entry.fact.version in wanted:
            wanted.add(entry.version)
    lines = []
    for line in shown(told, to):
        happened = line.amended_to or line.occurred_at
        if line.version in wanted and happened <= at.t:
            step = tag_of(line.fact)
            article = article_of(step, getattr(line.fact, "rule", ""), local_day(happened, zone))
            lines.append(TrailLine(step, article, line))
    return lines


def about_complaint(entries: Sequence[Entry], name: str) -> set[int]:
    """The versions of the entries about the complaint *name*."""
    facts: list[tuple[int, Any]] = [(one.version, one.fact) for one in entries]
    return {version for version, fact in facts if isinstance(fact, ABOUT_COMPLAINTS) and fact.complaint == name}


def about_evaluation(entries: Sequence[Entry], name: str, given: int) -> set[int]:
    """The same of the evaluation *name*, which the entry *given* gave."""
    facts: list[tuple[int, Any]] = [(one.version, one.fact) for one in entries]
    return {given} | {
        version for version, fact in facts if isinstance(fact, ABOUT_EVALUATIONS) and fact.evaluation == name
    }
