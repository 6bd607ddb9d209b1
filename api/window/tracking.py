"""办件进度 one case as its applicant sees it: where it is, what he must do, until when, and what is late and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from api.clocks.display import by_end, overdue, waits
from api.html.clock_names import clock_name
from api.html.page import PageContext
from api.item_page.steps import ItemStep, steps_of
from api.web.dependencies import ANONYMOUS
from api.window.timeline import CaseTimeline
from domain.access.cases import item_case
from domain.access.decision import may
from domain.access.principal import Caller
from domain.core.types import Outcome, Stage
from domain.law.licensing.clock import Level, State
from domain.project.state.project import Project
from projections.clocks.reading import Reading
from projections.window.query import WindowCase

COMMITMENT = "commitment"
LATE = (State.OVERDUE, State.LATE)
APPLICANT = "applicant"
NOTHING, DELIVERY = "nothing", "delivery"


class LateLimit(Struct, frozen=True):
    """A limit that was missed, in words, and whether it is the law's, not the promised one."""

    sentence: str
    by_law: bool


class TrackedCase(Struct, frozen=True):
    """What the page of a case says.

    *state* is where it is and *todo* what its applicant has to do, in sentences; *must_act*: that is something.
    *binding* is the clock that ends first of those that wait for an act; *within_law*: a promise was missed, the
    law's own limit was not.
    """

    case: WindowCase
    state: str
    todo: str
    must_act: bool
    papers: list[str]
    binding: Reading | None
    late: list[LateLimit]
    within_law: bool
    reason: str
    steps: list[ItemStep]
    timeline: CaseTimeline


def tracked(
    page: PageContext, case: WindowCase, clocks: Sequence[Reading], timeline: CaseTimeline, now: datetime
) -> TrackedCase:
    """*case* at *now*, with its own *clocks* and what happened in it."""
    late = [limit for clock in clocks if (limit := late_limit(page, clock, now))]
    todo, must_act = to_do(page, case)
    return TrackedCase(
        case=case,
        state=state_of(page, case),
        todo=todo,
        must_act=must_act,
        papers=case.missing if case.is_open else [],
        binding=binding_of(clocks) if case.is_open or is_undelivered(case) else None,
        late=late,
        within_law=bool(late) and not any(limit.by_law for limit in late),
        reason=reason_of(page, case) if late else "",
        steps=steps_of(case) if case.is_current else [],
        timeline=timeline,
    )


def files_link(page: PageContext, visitor: Caller, project: Project, item: str) -> tuple[str, str]:
    """Where the files of a case are, by what its link is called, and its address; empty for those it is not for.

    A reader who has to sign in first is not told which project the case belongs to.
    """
    if visitor == ANONYMOUS:
        return "files_own", page.link("/my")
    if may(visitor, "read:materials", item_case(project, item)).allowed:
        return "files_here", page.link(f"/pages/projects/{project.id}/items/{item}") + "#materials"
    return "", ""


def state_of(page: PageContext, case: WindowCase) -> str:
    """Where the case is, in a sentence."""
    say, comma = page.words["window_state"], page.words["window"]("comma")
    names = {"department": page.office(case.department), "outcome": page.words["outcome"](case.outcome)}
    if not case.is_current:
        return say("superseded")
    if case.stage == Stage.ACCEPTED and case.suspended:
        return say("suspended").format(**names, grounds=comma.join(map(page.ground, case.suspended)))
    if case.stage == Stage.ACCEPTED and case.awaiting:
        return say("awaiting").format(**names, others=comma.join(map(page.office, case.awaiting)))
    if case.stage in (Stage.COMPLETED, Stage.DELIVERED) and case.outcome == Outcome.REVOKED:
        return say("revoked").format(**names)
    return say(case.stage).format(**names)


def to_do(page: PageContext, case: WindowCase) -> tuple[str, bool]:
    """What the applicant has to do, in a sentence, and whether there is anything."""
    turn = turn_of(case)
    return page.words["window_todo"](turn), turn not in (NOTHING, DELIVERY)


def turn_of(case: WindowCase) -> str:
    """What it is the applicant's turn to do, by a key of the sentences; nothing of an application that was replaced."""
    stage = Stage(case.stage)
    turns = {
        "papers": stage is Stage.SUPPLEMENTING or (bool(case.missing) and stage is Stage.ACCEPTED),
        "declined": stage is Stage.DECLINED,
        "refused": case.outcome in (Outcome.REFUSED, Outcome.REVOKED),
        "applicant": case.is_open and case.holder == APPLICANT,
        DELIVERY: is_undelivered(case),
    }
    return next((turn for turn, is_now in turns.items() if is_now and case.is_current), NOTHING)


def is_undelivered(case: WindowCase) -> bool:
    """Whether the decision was made and is not delivered yet."""
    return case.is_current and case.stage == Stage.COMPLETED


def binding_of(clocks: Sequence[Reading]) -> Reading | None:
    """The clock that ends first of those that wait for an act."""
    running = [clock for clock in clocks if not clock.closed and (waits(clock) or clock.level is Level.PAUSED)]
    return min(running, key=by_end, default=None)


def late_limit(page: PageContext, clock: Reading, now: datetime) -> LateLimit | None:
    """What was missed, where the limit of *clock* was."""
    if clock.state not in LATE:
        return None
    by_law = not clock.clock.startswith(COMMITMENT)
    say, name = page.words["window_late"], clock_name(page)(clock.clock)
    over = overdue(page, clock, now)
    key = "over_by" if over else "over" if clock.state is State.OVERDUE else "late"
    return LateLimit(say(key).format(clock=name, over=over, due=clock.due_on or clock.earliest_due_on or "–"), by_law)


def reason_of(page: PageContext, case: WindowCase) -> str:
    """Why a limit was missed, as far as the state of the case says it."""
    say, comma = page.words["window_late"], page.words["window"]("comma")
    if is_undelivered(case):
        return say("delivery").format(department=page.office(case.department))
    if not case.is_open:
        return ""
    if case.awaiting:
        return say("awaiting").format(others=comma.join(map(page.office, case.awaiting)))
    if case.holder == APPLICANT:
        return say("applicant")
    return say("department").format(department=page.office(case.department))
