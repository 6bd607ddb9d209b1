"""From when an agency may be sued for not deciding: the day after its period, for six months (Interpretation, 66)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.law.authority import Lawsuit
from domain.law.licensing.clock import State
from domain.law.remedy import lawsuit_over
from infrastructure.law.lawbook import law_book

ARTICLE = "最高人民法院关于适用《行政诉讼法》的解释 66"


def over(
    due_on: date | None, law: str = "cn-licensing@2019-04-23", clock: str = "decision", state: State = State.OVERDUE
) -> Lawsuit | None:
    pack = law_book().pack(law)
    return lawsuit_over(pack, law_book().calendar(pack, date(2026, 12, 1)), clock, state, due_on)


@pytest.mark.parametrize(
    ("due_on", "until_on"),
    [
        (date(2026, 3, 30), date(2026, 9, 30)),
        (date(2025, 8, 29), date(2026, 2, 28)),  # February has no 29th: its last day, a Saturday on which people work
        (date(2026, 4, 1), date(2026, 10, 8)),  # October 1 is the National Day: the first open day after it
    ],
)
def test_six_months_from_the_end_of_the_period(due_on: date, until_on: date) -> None:
    result = over(due_on)

    assert result == Lawsuit(due_on + timedelta(days=1), until_on, ARTICLE)


def test_special_laws_leave_the_same_remedy() -> None:
    assert over(date(2026, 3, 30), law="cn-licensing@2019-04-23/construction_permit") is not None


@pytest.mark.parametrize("state", [state for state in State if state is not State.OVERDUE])
def test_nothing_to_sue_for_while_the_agency_is_not_overdue(state: State) -> None:
    assert over(date(2026, 3, 30), state=state) is None


def test_only_the_decision_is_owed_to_the_applicant() -> None:
    assert over(date(2026, 3, 30), clock="commitment") is None
    assert over(None) is None


def test_a_law_that_sets_no_such_period_is_not_spoken_of() -> None:
    assert over(date(2026, 3, 30), law="nl-awb@2009-10-01") is None
