"""Whatever is corrected, the law reads the clocks as if it had been right at once, and the rows say the same."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.as_of import settled
from domain.messages import AnyFact, Entry
from domain.project.application.announcement import DateAnnounced
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.countersignature.request import ItemCountersigned
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.state.consultation import Opinion
from projections.clocks.law_events import item_histories
from projections.clocks.reading import Reading, read
from projections.law.shipped import shipped_law
from tests.examples import BUREAU, REGISTERED, accepted, submitted
from tests.histories import World, worlds
from tests.law.questions import at
from tests.projections.clocks.test_clocks import exact, live
from tests.projections.clocks.test_law_events import entries_of
from tests.spec import NOW

EVER = NOW + timedelta(days=400)
ASKED = CountersignatureAsked(item="land", department="fire", step="", limit=7, article="")
ANSWERED = ItemCountersigned(item="land", department="fire", step="", opinion=Opinion.AGREED)

hours = st.integers(-24 * 20, 24 * 20)


@st.composite
def corrected(draw: st.DrawFn) -> World:
    """A project of which anything was corrected afterwards, also what no command would correct like that today."""
    world = draw(worlds())
    for version in draw(st.lists(st.integers(2, max(2, len(world.entries))), max_size=4)):
        item = getattr(world.entries[version - 1].fact, "item", "") if version <= len(world.entries) else ""
        moved = draw(st.none() | hours)
        if item and moved is not None:
            world.take(EntryAmended(version, item, NOW + timedelta(hours=moved), reasons="a slip"), BUREAU)
        elif item:
            world.take(EntryRetracted(version, item, reasons="a mistake"), BUREAU)
    return world


def as_if_right_at_once(entries: list[Entry], t: datetime, known: datetime) -> dict[tuple[str, int, str], Reading]:
    """The clocks at *t* of a project in which everything had been entered as corrected."""
    histories = item_histories(settled(entries, EVER, known))
    judged = (read(history, shipped_law(), t, known) for history in histories.values())
    return {(clock.item, clock.application, clock.clock): clock for item in judged if item for clock in item.clocks}


@given(corrected(), hours, st.integers(0, 24 * 100))
def test_a_corrected_history_reads_as_if_it_had_been_right_at_once(world: World, day: int, later: int) -> None:
    t = NOW + timedelta(hours=day)
    assert exact(world.entries, t, EVER) == as_if_right_at_once(world.entries, t, EVER)
    last = max(entry.occurred_at for entry in settled(world.entries, EVER, EVER))
    t = max(last, NOW) + timedelta(hours=later)
    assert live(world.entries, t) == exact(world.entries, t, t)


def test_a_notice_holds_though_the_submission_before_it_is_retracted() -> None:
    announced = DateAnnounced("land", "decision", date(2026, 4, 1), "CN", provisional=False)
    taken_back = EntryRetracted(2, "land", reasons="x")
    facts: tuple[AnyFact, ...] = (REGISTERED, submitted(), announced, accepted(), taken_back)
    entries = entries_of(*zip(("03-02", "03-02", "03-02", "03-03", "03-16"), facts, strict=True))
    clocks = exact(entries, at("03-20"), at("03-20"))
    assert clocks["land", 0, "decision"].announced_on == date(2026, 4, 1)
    assert live(entries, at("03-20")) == clocks


@pytest.mark.parametrize(
    ("corrections", "started", "used"),
    [
        (
            (EntryAmended(4, "land", at("03-12"), reasons="x"),),
            "03-12",
            0,
        ),  # asked after the answer: ends where it starts
        ((EntryAmended(5, "land", at("03-08"), reasons="x"),), "03-09", 0),  # answered before it was asked: the same
        ((EntryAmended(4, "land", at("03-12"), reasons="x"), EntryRetracted(6, "land", reasons="x")), "03-09", 2),
        (
            (EntryAmended(4, "land", at("03-12"), reasons="x"), EntryAmended(5, "land", at("03-13"), reasons="x")),
            "03-12",
            1,
        ),
    ],
)
def test_an_answer_goes_with_its_question(corrections: tuple[AnyFact, ...], started: str, used: int) -> None:
    facts = (REGISTERED, submitted(), accepted(), ASKED, ANSWERED, *corrections)
    days = ("03-02", "03-02", "03-03", "03-09", "03-11", "03-16", "03-16")
    clock = exact(entries_of(*zip(days, facts, strict=False)), at("03-20"), at("03-20"))["land", 1, "countersign:fire"]
    assert (clock.state, clock.start_on, clock.used) == ("met", at(started).date(), used)
