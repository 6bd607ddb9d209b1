"""会签 lanes: one row per department, from the day it was consulted to the day it answered, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from api.html.time_axis import Run, TimeAxis, fitted
from domain.law.calendar.moment import local_day
from domain.messages import Entry
from domain.project.countersignature.request import ItemCountersigned
from domain.project.countersignature.rules import JOINT_STEP, CountersignatureAsked
from domain.project.state.consultation import Consultation, key_of, unanswered
from domain.project.state.project import Item
from domain.project.supervision.signals import ConsentDeemed
from projections.clocks.reading import Reading

LABELS_PX, WIDTH_PX, DAY_PX_MAX = 150, 740, 20
ROW_PX, HEAD_PX = 28, 22
DEEMED, WAITING, RECALLED = "deemed", "waiting", "recalled"


class Lane(Struct, frozen=True):
    """One consulted department. *answer* is its opinion, or "deemed", "waiting", "recalled"."""

    department: str
    step: str
    round: int
    requested_at: datetime | None
    answered_at: datetime | None
    due_on: date | None
    answer: str
    conditions: tuple[str, ...]
    reasons: str
    article: str
    clock: str


class DrawnLane(Struct, frozen=True):
    """A lane on the axis of days."""

    lane: Lane
    y: int
    run: Run
    due_x: float | None


class LaneChart(Struct, frozen=True):
    """All lanes on one axis, in pixels."""

    axis: TimeAxis
    height: int
    today_x: float | None
    lanes: list[DrawnLane]


def lanes_of(item: Item, entries: Sequence[Entry], clocks: Mapping[str, Reading]) -> list[Lane]:
    """The requests of the current application of *item*, in order; *entries* are those about it, by their version."""
    requested: dict[tuple[str, int], datetime] = {}  # by the key of the request, and the round
    answered: dict[str, datetime] = {}
    for entry in entries:
        match entry.fact:
            case CountersignatureAsked(department=department, step=step, round=number):
                requested[key_of(department, step), number] = entry.fact.asked_at or entry.occurred_at
            case ItemCountersigned(department=department, step=step):
                answered[key_of(department, step)] = entry.occurred_at
            case ConsentDeemed(department=department, proof=proof):
                answered[proof.clock] = entry.occurred_at
            case _:
                continue
    open_keys = {consultation.key for consultation in unanswered(item.consultations)}
    return [
        _lane(consultation, requested, answered, clocks.get(consultation.clock), open_keys)
        for consultation in item.consultations.values()
    ]


def _lane(
    consultation: Consultation,
    requested: Mapping[tuple[str, int], datetime],
    answered: Mapping[str, datetime],
    clock: Reading | None,
    open_keys: set[str],
) -> Lane:
    if consultation.recalled:
        answer = RECALLED
    elif consultation.deemed is not None:
        answer = DEEMED
    else:
        answer = (
            WAITING if consultation.opinion is None or consultation.key in open_keys else consultation.opinion.value
        )
    over = answer in (WAITING, RECALLED)
    return Lane(
        consultation.department,
        "" if consultation.step == JOINT_STEP else consultation.step,
        consultation.round,
        requested.get(
            (consultation.key, consultation.round if over else consultation.answered_round or consultation.round)
        ),
        None if over else answered.get(consultation.clock if answer == DEEMED else consultation.key),
        (clock.due_on or clock.earliest_due_on) if clock else None,
        answer,
        consultation.conditions,
        consultation.reasons,
        (clock.article if clock else "") or consultation.article,
        consultation.clock if clock else "",
    )


def lane_chart(lanes: Sequence[Lane], zone: ZoneInfo, today: date) -> LaneChart | None:
    """*lanes* on one axis, in the days of *zone*; None where nothing was asked by *today*."""
    begun = [(lane, local_day(lane.requested_at, zone.key)) for lane in lanes if lane.requested_at]
    if not begun:
        return None
    ends = {id(lane): local_day(lane.answered_at, zone.key) if lane.answered_at else today for lane, _ in begun}
    dues = [lane.due_on for lane, _ in begun if lane.due_on]
    first = min(day for _, day in begun)
    axis = fitted(first, max(first, *ends.values(), *dues), LABELS_PX, WIDTH_PX, DAY_PX_MAX)
    drawn = [
        DrawnLane(
            lane,
            HEAD_PX + nth * ROW_PX,
            axis.run(lane.answer, requested_on, max(requested_on, ends[id(lane)])),
            axis.x(lane.due_on) + axis.scale if lane.due_on else None,
        )
        for nth, (lane, requested_on) in enumerate(begun)
    ]
    return LaneChart(axis, HEAD_PX + len(drawn) * ROW_PX + 8, axis.x(today) if today <= axis.last else None, drawn)
