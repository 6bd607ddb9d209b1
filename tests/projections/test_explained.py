"""Explanations of a project's clocks: they agree with the readings, and say who did what, when and in what words."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given

from domain.examples.story import STORIES, story_entries
from domain.law.authority import Subject
from domain.law.explained_acts import End
from domain.messages import Entry
from infrastructure.law.lawbook import law_book
from projections.clocks.explanation import explanation
from projections.clocks.law_events import item_histories
from projections.clocks.reading import read
from tests.examples import LAW
from tests.histories import World, worlds
from tests.law.questions import at

LAWS = law_book()
ALL_STORIES = [story_entries(LAW), *(story_entries(LAW, project, steps) for project, steps in STORIES)]


def agree(entries: list[Entry]) -> int:
    """Check every clock of every application, at the last entry and some weeks later; how many there were."""
    seen = 0
    last = max(entry.recorded_at for entry in entries)
    for t in (last, last + (at("03-29") - at("03-02"))):
        for history in item_histories(entries, t).values():
            reading = read(history, LAWS, t, t)
            for clock in reading.clocks if reading else ():
                if clock.unit == "working_hour":
                    continue
                seen += 1
                explained = explanation(history, LAWS, clock.clock, t, t, entries)
                assert (explained.clock.start, explained.clock.due, explained.clock.earliest_due) == (
                    clock.start_on,
                    clock.due_on,
                    clock.earliest_due_on,
                )
                assert (explained.clock.used, explained.clock.remaining) == (clock.used, clock.remaining)
                assert (explained.clock.state, explained.article) == (clock.state, clock.article)
                assert max((day.overdue or 0 for day in explained.days), default=0) == clock.overdue_days
                if clock.used is not None:
                    assert sum(day.counted for day in explained.days) == clock.used
                assert [day.day for day in explained.days if day.is_due] in ([clock.due_on], [])
                assert explained.lawsuit == clock.lawsuit
                assert all(act.recorded for act in explained.suspensions)
                assert all(act.recorded for act in explained.extensions)
    return seen


@given(worlds())
def test_the_reading_and_its_explanation_agree_to_the_day(world: World) -> None:
    if world.entries:
        agree(world.entries)


@pytest.mark.parametrize("entries", ALL_STORIES, ids=lambda entries: str(entries[0].stream)[-4:])
def test_every_clock_of_the_stories_is_explained(entries: list[Entry]) -> None:
    assert agree(entries) > 1


def test_an_explanation_names_who_recorded_a_suspension_and_who_approved_an_extension() -> None:
    entries = story_entries(LAW)
    t = at("04-10")
    history = item_histories(entries, t)["land-use", 1]
    explained = explanation(history, LAWS, "decision", t, t, entries)
    review, hearing = explained.suspensions
    (longer,) = explained.extensions

    assert (review.reason, review.ground, review.notified) == ("用地方案专家评审", "expert_review", True)
    assert (review.planned_until, review.until_on, review.overran) == (date(2026, 3, 18), date(2026, 3, 18), False)
    assert review.recorded is not None
    assert review.end_recorded is not None
    assert review.recorded.at == at("03-10 09:00")
    assert review.recorded.department == "natural-resources"
    assert entries[review.recorded.version - 1].fact.item == "land-use"  # type: ignore[union-attr]  # a suspension
    assert (hearing.ground, hearing.end) == ("hearing", End.RESUMED)
    assert (longer.days, longer.approver, longer.approved_by) == (5, "agency_head", "周局长")
    assert (longer.reasons, longer.notified, longer.approved_on) == ("听证意见需要核实", True, date(2026, 4, 9))
    assert {Subject.LENGTH, Subject.UNIT, Subject.FIRST_DAY, Subject.NOTICE} <= {
        authority.subject for authority in explained.authorities
    }


def test_what_is_recorded_later_is_not_shown_before() -> None:
    entries = story_entries(LAW)
    t = at("03-12")
    known = [entry for entry in entries if entry.recorded_at <= t]
    history = item_histories(known)["land-use", 1]
    (review,) = explanation(history, LAWS, "decision", t, t, known).suspensions

    assert (review.end, review.end_recorded) == (End.OPEN, None)
