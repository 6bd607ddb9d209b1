"""符合性 conformance: where a project left the flow that it follows, and which chain of steps its time went into.

A project is held against its own edition of the flow, step by step. Its time is that of one chain: from the step that
was granted last back to the precondition that freed it last, and so on to a step that had to wait for none.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.core.graph import Groups


class Deviation(StrEnum):
    """How a step can depart from the flow."""

    EARLY = "early"  # applied for before its preconditions were granted
    SKIPPED = "skipped"  # not granted, though a granted step needed it
    REPEATED = "repeated"  # applied for more than once
    ENDED = "ended"  # refused, declined or withdrawn, and not applied for again
    ADDED = "added"  # an item that is no step of the flow
    DROPPED = "dropped"  # a step that the project gave up on its way to another edition


class StepCourse(Struct, frozen=True):
    """The course of one item: *begun_at* is its first application, *granted_at* its first grant.

    *is_over*: it ended without a grant. A result from outside begins and is granted at once.
    """

    item: str
    needs: Groups = ()
    is_step: bool = True
    is_dropped: bool = False
    planned_at: datetime | None = None
    begun_at: datetime | None = None
    granted_at: datetime | None = None
    applications: int = 0
    is_over: bool = False


class JudgedStep(Struct, frozen=True):
    """A course with its deviations. *free_at* is when it could be applied for; None while it is blocked, or unknown.

    *on_chain*: it is on the chain that the project's time went into.
    """

    course: StepCourse
    deviations: tuple[Deviation, ...]
    free_at: datetime | None
    on_chain: bool


Courses = Mapping[str, StepCourse]


def judged(courses: Courses) -> list[JudgedStep]:
    """Every item of a project, in the order of *courses*."""
    chain, missed = frozenset(chain_of(courses)), frozenset(missed_in(courses))
    steps = list[JudgedStep]()
    for course in courses.values():
        met = met_at(course.needs, courses)
        deviations = tuple(deviations_of(course, met, missed))
        steps.append(JudgedStep(course, deviations, _free_at(course, met), course.item in chain))
    return steps


def deviations_of(course: StepCourse, met: datetime | None, missed: Container[str]) -> Iterator[Deviation]:
    """Where *course*, whose needs were *met* then, departs from the flow; others did without those *missed*."""
    if course.is_dropped:
        yield Deviation.DROPPED
        return
    if not course.is_step:
        yield Deviation.ADDED
    if course.begun_at is not None and course.needs and (met is None or met > course.begun_at):
        yield Deviation.EARLY
    if course.granted_at is None and course.item in missed:
        yield Deviation.SKIPPED
    if course.applications > 1:
        yield Deviation.REPEATED
    if course.is_over:
        yield Deviation.ENDED


def missed_in(courses: Courses) -> Iterator[str]:
    """The items without which others were granted, and without any alternative to them."""
    for course in courses.values():
        if course.granted_at is not None:
            yield from (item for group in course.needs if _first_granted(group, courses) is None for item in group)


def met_at(needs: Groups, courses: Courses) -> datetime | None:
    """When the last of *needs* was met; None where one is not, or there are none."""
    granted = [_first_granted(group, courses) for group in needs]
    known = [course.granted_at for course in granted if course is not None and course.granted_at is not None]
    return max(known, default=None) if len(known) == len(granted) else None


def free_at(course: StepCourse, courses: Courses) -> datetime | None:
    """When *course* could be applied for: planned, and every precondition granted."""
    return _free_at(course, met_at(course.needs, courses))


def _free_at(course: StepCourse, met: datetime | None) -> datetime | None:
    if not course.needs:
        return course.planned_at
    return None if met is None or course.planned_at is None else max(met, course.planned_at)


def chain_of(courses: Courses) -> list[str]:
    """The items of the chain that ends with the latest grant, the last first."""
    granted = [course for course in courses.values() if course.granted_at is not None]
    last = max(granted, key=lambda course: (course.granted_at, course.item), default=None)
    chain: list[str] = []
    while last is not None and last.item not in chain:
        chain.append(last.item)
        last = _freed_by(last, courses)
    return chain


def _freed_by(course: StepCourse, courses: Courses) -> StepCourse | None:
    """The precondition whose grant freed *course*: that of the group which was met last."""
    met = [first for group in course.needs if (first := _first_granted(group, courses)) is not None]
    return max(met, key=lambda first: (first.granted_at, first.item), default=None)


def _first_granted(group: tuple[str, ...], courses: Courses) -> StepCourse | None:
    """The item of *group* that was granted first."""
    own = [courses[code] for code in group if code in courses]
    granted = [course for course in own if course.granted_at is not None]
    return min(granted, key=lambda course: (course.granted_at, course.item), default=None)
