"""What a desk says of an application, as text of one cell: what it waits for, and what lateness means."""

from __future__ import annotations

from collections.abc import Sequence

from api.exports.download import joined, without_tags
from api.html.page import PageContext
from api.project_page.waiting import applied_again, waited_on
from domain.law.licensing.clock import Level, State
from domain.project.waiting.wait import HeldBy, WaitKind
from projections.clocks.query import ChosenClock
from projections.waiting.query import BriefWaiting

OTHER = "other"  # kinds of clocks without words of their own


def waits_in_words(page: PageContext, waits: Sequence[BriefWaiting], department: str) -> str:
    """What an application on the desk of *department* waits for, in the words of its row."""
    return joined(_wait(page, wait, department) for wait in waits if wait.kind != WaitKind.PRECONDITION)


def _wait(page: PageContext, wait: BriefWaiting, department: str) -> str:
    words, again = page.words, without_tags(applied_again(page, wait.kind, wait.on, wait.since))
    text = again or words["wait"](wait.kind)
    if not again and (on := waited_on(page, wait.kind, wait.on)):
        text += words["bureau"]("of") + words["window"]("comma").join(on)
    if wait.held_by == HeldBy.APPLICANT:
        return f"{text} ({words['turn'](wait.held_by)})"
    return f"{text} ({page.office(wait.holder)})" if wait.holder not in ("", department) else text


def consequence(page: PageContext, clock: ChosenClock) -> str:
    """What it means that the clock is late, or would be."""
    reading = clock.reading
    kind = reading.clock.partition(":")[0].partition("#")[0]
    if reading.state is State.OVERDUE:
        late = page.words["late_now"]
        return late(OTHER) if late(kind) == kind else late(kind)
    if reading.level is Level.PAUSED:
        return page.words["desk_say"]("paused")
    if not clock.over_state:
        return ""
    once, both = page.words["once_late"], f"{kind}-{clock.over_state}"
    return once(clock.over_state) if once(both) == both else once(both)
