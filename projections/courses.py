"""What the clocks of a project's applications have come to, remembered as long as nothing new can come of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.law.calendar import CalendarBook
from domain.law.proof import RUNGS
from domain.law.rule import Rule
from domain.law.rungs import Course, course
from domain.law.timeline import Timeline
from domain.vocabulary import Entry
from projections.law_events import ItemHistory, Laws, item_histories, rule_of
from projections.readings import book_of, rules_of

PROJECTS_KEPT_MAX = 5000  # some 20 applications each, about 5 kB each

Courses = Mapping[tuple[str, int], Course]  # by item and application


class Kept(Struct, frozen=True):
    """A course as it was worked out *at* an instant, from which history, under which rule and calendar."""

    history: ItemHistory
    rule: Rule
    calendar: str
    at: datetime
    course: Course

    def holds(self, history: ItemHistory, rule: Rule, calendar: str, now: datetime) -> bool:
        """Whether the course at *now* is still this one: nothing was said since, and its next instant is to come."""
        return (
            self.at <= now
            and (self.course.next is None or now < self.course.next)
            and self.calendar == calendar
            and self.rule == rule
            and self.history == history
        )


class Memory:
    """Courses by project. It changes no answer: whatever might have changed is worked out again."""

    def __init__(self, projects_max: int = PROJECTS_KEPT_MAX) -> None:
        self._kept: OrderedDict[UUID, dict[tuple[str, int], Kept]] = OrderedDict()
        self._projects_max = projects_max

    def courses(self, entries: Sequence[Entry], laws: Laws, now: datetime) -> Courses:
        """As `courses_of`, of a project with these *entries*."""
        project = entries[0].stream
        before = self._kept.pop(project, {})
        kept: dict[tuple[str, int], Kept] = {}
        for key, history in item_histories(entries).items():
            rule = rule_of(history, laws)
            if rule is not None:
                book = book_of(laws.pack(rule.pack), laws)
                kept[key] = _course_again(before.get(key), history, rule, book, laws, now)
        self._kept[project] = {key: one for key, one in kept.items() if _settled(one)}
        while len(self._kept) > self._projects_max:
            self._kept.popitem(last=False)
        return {key: one.course for key, one in kept.items()}


def _course_again(
    before: Kept | None, history: ItemHistory, rule: Rule, book: CalendarBook, laws: Laws, now: datetime
) -> Kept:
    calendar = book.as_known(now.astimezone(ZoneInfo(rule.zone)).date()).version
    if before is not None and before.holds(history, rule, calendar, now):
        return before
    return Kept(history, rule, calendar, now, course_of(history, rule, laws, now))


def _settled(one: Kept) -> bool:
    """Whether all that was said had happened and was known by then: what is still to come may yet change the course."""
    return all(event.at <= one.at and (event.recorded_at or event.at) <= one.at for event in one.history.events)


def courses_of(entries: Sequence[Entry], laws: Laws, now: datetime, only: str = "") -> Courses:
    """What the clocks of each application have come to by *now*; of one item alone where *only* names it.

    Without those whose law counts otherwise than in working days: their clocks cost no cards.
    """
    found: dict[tuple[str, int], Course] = {}
    for (item, application), history in item_histories(entries).items():
        rule = rule_of(history, laws)
        if rule is not None and only in ("", item):
            found[item, application] = course_of(history, rule, laws, now)
    return found


def course_of(history: ItemHistory, rule: Rule, laws: Laws, now: datetime) -> Course:
    """What the clocks of one application have come to; each consulted department was given days of its own."""
    timeline, book = Timeline(rule.zone, history.events), book_of(laws.pack(rule.pack), laws)
    main = course(rule, timeline, book, now)
    passed, coming = list(main.passed), [main.next]
    for other, clocks in rules_of(history, laws, rule):
        own = course(other, timeline, book, now)
        passed = [crossing for crossing in passed if crossing.clock not in clocks]
        passed += [crossing for crossing in own.passed if crossing.clock in clocks]
        coming.append(own.next)
    passed.sort(key=lambda crossing: (crossing.at, RUNGS.index(crossing.rung)))
    return Course(tuple(passed), min((at for at in coming if at is not None), default=None))
