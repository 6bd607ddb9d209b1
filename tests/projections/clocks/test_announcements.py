"""The day announced to the applicant beside the one that is counted, at any instant, with corrections."""

from __future__ import annotations

from datetime import date

from domain.messages import AnyFact, Entry
from domain.project.application.announcement import DateAnnounced
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.application.suspension import ClockSuspended
from projections.clocks.clock_shifts import ClockShift
from projections.clocks.law_events import item_histories
from projections.clocks.reading import Reading, read
from projections.clocks.rows import ClockRow
from projections.law.shipped import shipped_law
from tests.examples import REGISTERED, accepted, submitted
from tests.law.questions import at
from tests.projections.clocks.test_clocks import clocks_of, live
from tests.projections.clocks.test_law_events import entries_of
from tests.spec import PROJECT

RIGHT, WRONG = date(2026, 4, 1), date(2026, 4, 3)
BEGUN: tuple[tuple[str, AnyFact], ...] = (("03-02", REGISTERED), ("03-03", submitted()), ("03-04", accepted()))


def announced(day: date, clock: str = "decision") -> DateAnnounced:
    return DateAnnounced(item="land", clock=clock, announced_on=day, calendar="CN/x", provisional=False)


def clock(entries: list[Entry], t: str, known: str = "04-30", name: str = "decision") -> Reading:
    history = item_histories(entries, at(known))["land", 1]
    result = read(history, shipped_law(), at(t), at(known))
    assert result is not None
    return next(clock for clock in result.clocks if clock.clock == name)


def shown(reading: Reading) -> tuple[date | None, bool]:
    return reading.announced_on, reading.announced_differs


def test_an_announced_date_is_shown_from_its_announcement_and_only_on_its_clock() -> None:
    entries = entries_of(*BEGUN, ("03-05", announced(RIGHT)))

    assert shown(clock(entries, "03-04 12:00")) == (None, False)
    assert shown(clock(entries, "03-06")) == (RIGHT, False)
    assert clock(entries, "03-06").due_on == RIGHT
    assert shown(clock(entries, "03-06", name="commitment")) == (None, False)


def test_the_last_announcement_holds_and_a_difference_is_shown() -> None:
    entries = entries_of(*BEGUN, ("03-05", announced(RIGHT)), ("03-09", announced(WRONG)))

    assert shown(clock(entries, "03-06")) == (RIGHT, False)
    assert shown(clock(entries, "03-10")) == (WRONG, True)


def test_a_suspended_clock_is_compared_by_when_it_would_end() -> None:
    stop = ClockSuspended(item="land", suspension="s1", ground="hearing", article="", stops=("decision",))
    entries = entries_of(*BEGUN, ("03-05", announced(RIGHT)), ("03-09", stop))

    assert clock(entries, "03-09 13:00").due_on is None
    assert shown(clock(entries, "03-09 13:00")) == (RIGHT, False)
    assert shown(clock(entries, "03-16")) == (RIGHT, True)


def test_a_retracted_announcement_was_never_made_once_that_is_known() -> None:
    retraction = EntryRetracted(version=4, item="land", reasons="wrong item")
    entries = entries_of(*BEGUN, ("03-05", announced(WRONG)), ("03-10", retraction))

    assert shown(clock(entries, "03-06", known="03-07")) == (WRONG, True)
    assert shown(clock(entries, "03-06")) == (None, False)


def test_an_amended_announcement_was_made_at_the_other_instant_unless_the_amendment_goes() -> None:
    moved = EntryAmended(version=4, item="land", new_occurred_at=at("03-09"), reasons="dated wrongly")
    entries = entries_of(*BEGUN, ("03-05", announced(WRONG)), ("03-10", moved))
    retracted = EntryRetracted(version=5, item="land", reasons="it was right")
    undone = entries_of(*BEGUN, ("03-05", announced(WRONG)), ("03-10", moved), ("03-11", retracted))

    assert shown(clock(entries, "03-06")) == (None, False)
    assert shown(clock(entries, "03-09 13:00")) == (WRONG, True)
    assert shown(clock(undone, "03-06")) == (WRONG, True)


def test_the_view_shows_what_the_law_reads() -> None:
    entries = entries_of(*BEGUN, ("03-05", announced(WRONG)))
    rows = clocks_of(entries)

    assert rows["decision"].announced_on == WRONG
    assert rows["commitment"].announced_on is None
    assert shown(live(entries, at("03-20"))["land", 1, "decision"]) == (WRONG, True)
    assert isinstance(rows["decision"], ClockRow)


def test_a_move_passes_what_was_announced_only_if_it_did_not_before() -> None:
    def passes(before: date | None, after: date | None, *, closed: bool = False) -> bool:
        move = ClockShift(
            project=PROJECT,
            item="land",
            application=1,
            clock="decision",
            department="land",
            due_on_before=before,
            due_on=after,
            days=None,
            provisional_before=False,
            provisional=False,
            state_before=None,
            state=None,
            closed=closed,
            announced_on=RIGHT,
        )
        return move.passes_announced

    assert passes(RIGHT, WRONG)
    assert not passes(WRONG, RIGHT)
    assert not passes(WRONG, date(2026, 4, 8)), "it was passed before"
    assert not passes(RIGHT, WRONG, closed=True)
    assert not passes(RIGHT, None)
