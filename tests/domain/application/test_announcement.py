"""告知日期: the announcement is stored, and a date that may still move is announced with the proviso only."""

from __future__ import annotations

from datetime import date

import pytest

from domain.core.ledger import Actor, Role
from domain.project.application.announcement import PROVISO, UNPUBLISHED, AnnounceDate, DateAnnounced
from infrastructure.law.lawbook import law_book
from tests.examples import APPLICANT, DUTCH_LAW, FIRE, LAND, LAW, REGISTERED, completed, submitted, under_examination
from tests.spec import NOW, given

EXAMINED = (REGISTERED, *under_examination())
PUBLISHED = law_book().calendar(LAW, NOW.date())
CERTAIN, BEYOND = date(2026, 4, 10), date(2027, 2, 10)
SYSTEM = Actor("deadline-watcher", "", Role.SYSTEM)


def announced(day: date, *, provisional: bool = False, wording: str = "") -> DateAnnounced:
    return DateAnnounced(
        item="land",
        clock="decision",
        announced_on=day,
        calendar=PUBLISHED.version,
        provisional=provisional,
        wording=wording,
    )


@pytest.mark.parametrize("by", [LAND, SYSTEM], ids=["department", "system"])
def test_an_announced_date_keeps_its_calendar(by: Actor) -> None:
    announcement = given(*EXAMINED).when(AnnounceDate(item="land", announced_on=CERTAIN), by=by, calendar=PUBLISHED)

    announcement.then(announced(CERTAIN))


@pytest.mark.parametrize("wording", ["", "2027年2月10日前办结", "以国务院 通知为准"])
def test_a_date_beyond_the_published_calendar_is_announced_with_the_proviso_only(wording: str) -> None:
    command = AnnounceDate(item="land", announced_on=BEYOND, wording=wording)
    refusal = given(*EXAMINED).when(command, by=LAND, calendar=PUBLISHED).refused("proviso-missing", "2027-02-10")

    assert PROVISO in refusal.remedy


def test_with_the_proviso_it_is_kept_as_provisional() -> None:
    wording = f"2027年2月10日前办结，{PROVISO}"
    command = AnnounceDate(item="land", announced_on=BEYOND, wording=wording)

    given(*EXAMINED).when(command, by=LAND, calendar=PUBLISHED).then(
        announced(BEYOND, provisional=True, wording=wording)
    )


def test_where_no_calendar_is_at_hand_nothing_is_certain() -> None:
    assert UNPUBLISHED.provisional(CERTAIN)
    given(*EXAMINED).when(AnnounceDate(item="land", announced_on=CERTAIN), by=LAND).refused("proviso-missing")


def test_another_countrys_law_asks_for_words_but_not_for_these() -> None:
    for wording, passes in (("", False), ("onder voorbehoud", True)):
        command = AnnounceDate(item="land", announced_on=BEYOND, wording=wording)
        spec = given(*EXAMINED).when(command, by=LAND, law=DUTCH_LAW)
        if passes:
            spec.then(
                DateAnnounced(
                    item="land",
                    clock="decision",
                    announced_on=BEYOND,
                    calendar=UNPUBLISHED.version,
                    provisional=True,
                    wording=wording,
                )
            )
        else:
            spec.refused("proviso-missing")


def test_a_day_that_is_over_is_not_announced() -> None:
    today, before = NOW.date(), date(2026, 3, 13)

    given(*EXAMINED).when(AnnounceDate(item="land", announced_on=today), by=LAND, calendar=PUBLISHED).then(
        announced(today)
    )
    given(*EXAMINED).when(AnnounceDate(item="land", announced_on=before), by=LAND, calendar=PUBLISHED).refused(
        "date-passed"
    )


@pytest.mark.parametrize("clock", ["intake#2", "countersign:fire", "tolerance_cure", "post_check", "renewal_guard"])
def test_every_clock_of_the_law_may_be_announced(clock: str) -> None:
    spec = given(*EXAMINED).when(
        AnnounceDate(item="land", announced_on=CERTAIN, clock=clock), by=LAND, calendar=PUBLISHED
    )
    before = spec.state().items["land"]

    spec.then(
        DateAnnounced(item="land", clock=clock, announced_on=CERTAIN, calendar=PUBLISHED.version, provisional=False)
    )
    assert spec.state().items["land"] == before, "what was said binds nothing"


@pytest.mark.parametrize(
    ("by", "code"), [(FIRE, "wrong-department"), (APPLICANT, "wrong-department")], ids=["other", "applicant"]
)
def test_only_the_department_announces(by: Actor, code: str) -> None:
    given(*EXAMINED).when(AnnounceDate(item="land", announced_on=CERTAIN), by=by).refused(code)


def test_what_has_no_clock_has_no_date() -> None:
    command = AnnounceDate(item="land", announced_on=CERTAIN, clock="patience")
    given(*EXAMINED).when(command, by=LAND, calendar=PUBLISHED).refused("unknown-clock")
    given(REGISTERED).when(AnnounceDate(item="land", announced_on=CERTAIN), by=LAND).refused("wrong-stage")


def test_the_delivery_of_a_decision_may_be_announced() -> None:
    spec = given(REGISTERED, submitted(), completed())
    command = AnnounceDate(item="land", announced_on=CERTAIN, clock="delivery")
    spec.when(command, by=LAND, calendar=PUBLISHED).then(
        DateAnnounced(
            item="land", clock="delivery", announced_on=CERTAIN, calendar=PUBLISHED.version, provisional=False
        )
    )
