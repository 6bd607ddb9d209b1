"""经过 what became of a case, in sentences for people who have its number: acts and departments, no person's words.

Only facts of the kinds below are read from the ledger, and none of these has a field marked as personal. Officials'
names, opinions of consulted departments and free texts are left out as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from api.html.page import PageContext
from domain.as_of import settled
from domain.core.ledger import Role
from domain.messages import FACTS, Entry, tag_of
from domain.project.materials.attachment import MaterialAttached, MaterialDetached
from infrastructure.ledger.approvals import Approvals
from projections.window.query import WindowCase, of_application

Detail = Callable[[Any, PageContext], str]


def _none(fact: Any, page: PageContext) -> str:
    del fact, page
    return ""


def _papers(name: str) -> Detail:
    return lambda fact, page: page.words["window"]("comma").join(getattr(fact, name))


# What is added to the sentence of each kind of fact, by its stored name.
DETAILS: Mapping[str, Detail] = {
    **dict.fromkeys(
        ("item_submitted", "item_declined", "acceptance_deemed", "renewal_deemed", "item_forwarded"), _none
    ),
    **dict.fromkeys(("forwarded_item_received", "application_revised", "clock_resumed", "mode_changed"), _none),
    **dict.fromkeys(("hearing_right_told", "hearing_requested", "hearing_held", "undertaking_checked"), _none),
    **dict.fromkeys(("decision_revoked", "item_withdrawn"), _none),
    "supplement_requested": _papers("missing"),
    "supplement_submitted": _papers("provided"),
    "lacking_papers_received": _papers("provided"),
    "item_accepted": _papers("lacking"),
    "countersignature_asked": lambda fact, page: page.office(fact.department),
    "item_countersigned": lambda fact, page: page.office(fact.department),
    "clock_suspended": lambda fact, page: page.ground(fact.ground),
    "limit_extended": lambda fact, _: str(fact.days),
    "hearing_notice_given": lambda fact, _: str(fact.hearing_on),
    "item_completed": lambda fact, page: page.words["outcome"](fact.outcome),
    "external_result_recorded": lambda fact, page: page.words["outcome"](fact.outcome),
}
FILES = ("material_attached", "material_detached")
CORRECTING = ("entry_amended", "entry_retracted")
READ = tuple(FACTS[tag] for tag in (*DETAILS, *FILES, *CORRECTING))
SERVES = (Role.OFFICER, Role.PROJECT_MANAGER)
DELIVERED = "decision_delivered"


class TimelineLine(Struct, frozen=True):
    """One thing that happened: *version* is that of an entry whose service can be evaluated, else 0."""

    at: datetime
    kind: str
    sentence: str
    department: str = ""
    version: int = 0


class CaseTimeline(Struct, frozen=True):
    """What happened in a case, the newest first, and how many files are attached to it."""

    lines: list[TimelineLine]
    files: int


async def timeline_of(approvals: Approvals, case: WindowCase, page: PageContext, now: datetime) -> CaseTimeline:
    """What became of *case* until *now*, as known now."""
    entries = settled(await approvals.entries_with(case.project, *READ), now, now)
    own = of_application(entries, case)
    lines = list(lines_in(own, page))
    if case.is_current and case.delivered_at is not None:  # the fact itself names who received it
        lines.append(TimelineLine(case.delivered_at, DELIVERED, page.words["window_event"](DELIVERED), case.department))
    lines.sort(key=lambda line: line.at, reverse=True)
    return CaseTimeline(lines, files_in(own))


def lines_in(entries: Sequence[Entry], page: PageContext) -> Iterator[TimelineLine]:
    """The sentences of *entries*, in their order."""
    say = page.words["window_event"]
    for entry in entries:
        kind = tag_of(entry.fact)
        if kind not in DETAILS:
            continue
        added, by = DETAILS[kind](entry.fact, page), entry.recorded.actor
        sentence = say(f"{kind}_with").format(added) if added else say(kind)
        department = by.department if by.role is Role.OFFICER else ""
        yield TimelineLine(entry.occurred_at, kind, sentence, department, entry.version if by.role in SERVES else 0)


def files_in(entries: Sequence[Entry]) -> int:
    """How many files are attached after *entries*."""
    attached: set[str] = set()
    for entry in entries:
        match entry.fact:
            case MaterialAttached(digest=digest):
                attached.add(digest)
            case MaterialDetached(digest=digest):
                attached.discard(digest)
    return len(attached)
