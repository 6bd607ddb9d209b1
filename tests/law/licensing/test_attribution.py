"""Every day of a case has one holder, and the holders' days add up to what the clocks counted."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given, settings

from domain.law.attribution import HeldDay, Holder, held_days
from domain.law.licensing.evaluation import ItemState, evaluate
from domain.law.licensing.event import LawEvent
from domain.law.licensing.rule import Rule
from tests.effort import tried
from tests.law.auditor.lives import lives
from tests.law.packs.books import china
from tests.law.questions import USUAL, at, happened

RECEIVED = happened("received", "03-02")
ACCEPTED = happened("accepted", "03-04")
KEYED_IN = msgspec.structs.replace(USUAL, live=False)
LOWER = msgspec.structs.replace(USUAL, mode="lower_review")


def held(until: str, *events: LawEvent, rule: Rule = USUAL) -> list[tuple[str, Holder]]:
    """The last day of each stretch, and whose it was."""
    days = held_days(rule, events, china(), at(until))
    stretches: list[tuple[str, Holder]] = []
    for day in days:
        if stretches and stretches[-1][1] is day.holder:
            stretches.pop()
        stretches.append((day.day.strftime("%m-%d"), day.holder))
    return stretches


def test_each_gets_the_days_he_had_the_case() -> None:
    events = (
        RECEIVED,
        happened("correction_notice", "03-05"),
        happened("corrected", "03-10"),
        happened("accepted", "03-12"),
        happened("suspend", "03-16", sid="a", reason="hearing"),
        happened("resume", "03-20", sid="a"),
        happened("countersign_request", "03-23", dept="fire"),
        happened("countersign_reply", "03-25", dept="fire"),
        happened("decided", "03-27", outcome="granted"),
        happened("delivered", "03-31"),
    )

    assert held("05-01", *events) == [
        ("03-04", Holder.DEPARTMENT),
        ("03-09", Holder.APPLICANT),
        ("03-15", Holder.DEPARTMENT),
        ("03-19", Holder.LEGAL_SUSPENSION),
        ("03-22", Holder.DEPARTMENT),
        ("03-24", Holder.OTHER_DEPARTMENT),
        ("03-31", Holder.DEPARTMENT),
    ]


def test_the_day_of_receipt_and_today_are_no_ones() -> None:
    assert held("03-02 23:00", RECEIVED) == []
    assert held("03-03 23:59", RECEIVED) == []
    assert held("03-04 00:00", RECEIVED) == [("03-03", Holder.DEPARTMENT)]
    assert held("03-04") == []


def test_an_external_department_and_an_upper_level_are_distinguished() -> None:
    forwarded = happened("forwarded", "03-10"), happened("upper_received", "03-12")

    assert held("03-14", RECEIVED, ACCEPTED, rule=KEYED_IN) == [("03-13", Holder.OUTSIDE)]
    assert held("03-14", RECEIVED, ACCEPTED, *forwarded, rule=LOWER) == [
        ("03-11", Holder.DEPARTMENT),
        ("03-13", Holder.OTHER_DEPARTMENT),
    ]


def test_it_ends_with_the_case() -> None:
    for end in (
        happened("refused", "03-05"),
        happened("withdrawn", "03-05"),
        happened("decided", "03-05", outcome="denied"),
    ):
        assert held("05-01", RECEIVED, end) == [("03-05", Holder.DEPARTMENT)]


def test_days_are_shown_with_name_and_kind() -> None:
    stop = happened("suspend", "03-06", sid="a", reason="testing")
    days = held_days(USUAL, [RECEIVED, ACCEPTED, stop], china(), at("03-09"))

    assert days[-3:] == (
        HeldDay(date(2026, 3, 6), Holder.LEGAL_SUSPENSION, ("testing",), working=True),
        HeldDay(date(2026, 3, 7), Holder.LEGAL_SUSPENSION, ("testing",), working=False),
        HeldDay(date(2026, 3, 8), Holder.LEGAL_SUSPENSION, ("testing",), working=False),
    )


@settings(max_examples=tried(20))
@given(lives(live=True, mode="single", suspension_day_rule="[s,e)", intake_shift="none"))
def test_the_agencys_days_are_those_its_clock_counted(life: dict[str, Any]) -> None:
    rule, events = msgspec.convert(life["rule"], Rule), msgspec.convert(life["events"], list[LawEvent])
    t = datetime.fromisoformat(life["t"])
    days = held_days(rule, events, china(), t)

    assert [day.day for day in days] == [days[0].day + timedelta(days=n) for n in range(len(days))]
    result = evaluate(rule, events, china(), t)
    decision = result.clocks.get("decision")
    refused = result.item_state is ItemState.DECIDED and "delivery" not in result.clocks
    by_act = result.acceptance is not None and result.acceptance.kind == "explicit"  # silence looks back
    if by_act and decision and decision.length and (result.item_state is ItemState.IN_REVIEW or refused):
        counted = Counter(day.holder for day in days if day.working and day.day > decision.start)

        assert counted[Holder.DEPARTMENT] + counted[Holder.OTHER_DEPARTMENT] == decision.used
