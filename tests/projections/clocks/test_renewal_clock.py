"""延续 a licence's last day in the views and with the watcher: its guard, its warning, and what silence does."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from msgspec import structs

from domain.core.plan import PlannedItem
from domain.core.types import Mode, Outcome, Stage
from domain.law.licensing.clock import Level, State
from domain.law.proof import Rung
from domain.messages import AnyFact
from domain.project.application.acceptance import AcceptItem, ItemAccepted
from domain.project.application.completion import CompleteItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import ItemSubmitted, LicenceToRenew, SubmitItem
from domain.project.application.withdrawal import ItemWithdrawn
from domain.project.state.project import Licence
from infrastructure.law.lawbook import law_book
from projections.clocks.law_events import item_histories
from projections.clocks.reading import read
from tests.examples import APPLICANT, LAND, LAW, MANAGER, REGISTERED, completed
from tests.law.questions import at
from tests.projections.clocks.test_clocks import clocks_of, exact, live
from tests.projections.clocks.test_law_events import entries_of
from tests.projections.watch.watched import Zone

GUARD = "renewal_guard"
LAST = date(2026, 4, 10)
SUBMITTED = ItemSubmitted(item="land", law=LAW.name, renews=Licence(valid_through=LAST, number="L-7"))
LATE = structs.replace(SUBMITTED, renews=Licence(valid_through=date(2026, 3, 30)))
ACCEPTED = ItemAccepted(item="land", mode=Mode.SINGLE, law=LAW.name, limit=20, unit="working_day", article="42")
KEYED = structs.replace(
    REGISTERED, items=(PlannedItem(item="land", department="land", live=False), *REGISTERED.items[1:])
)
LIVES: dict[str, list[tuple[str, AnyFact]]] = {
    "never accepted": [("03-02", SUBMITTED)],
    "not decided": [("03-02", SUBMITTED), ("03-03", ACCEPTED)],
    "filed late": [("03-02", LATE), ("03-03", ACCEPTED)],
    "decided in time": [("03-02", SUBMITTED), ("03-03", ACCEPTED), ("03-20", completed())],
    "decided after it": [("03-02", SUBMITTED), ("03-03", ACCEPTED), ("04-14", completed(outcome=Outcome.REFUSED))],
    "withdrawn": [("03-02", SUBMITTED), ("03-03", ACCEPTED), ("03-09", ItemWithdrawn(item="land", reasons="sold"))],
}


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("registered", [REGISTERED, KEYED], ids=["live", "keyed in"])
def test_the_row_says_on_every_day_what_the_law_says(life: str, registered: AnyFact) -> None:
    entries = entries_of(("03-02", registered), *LIVES[life])
    first = max(entry.occurred_at for entry in entries)
    seen: set[str] = set()
    for days in range(60):
        t = first + timedelta(days=days)
        by_row, by_law = live(entries, t), exact(entries, t, t)
        assert by_row == by_law
        seen |= {key[2] for key in by_row}
    assert GUARD in seen or (registered is KEYED and life == "never accepted")


def test_the_guard_is_yellow_five_working_days_before_and_belongs_to_the_deciding_department() -> None:
    row = clocks_of(entries_of(("03-02", REGISTERED), *LIVES["not decided"]))[GUARD]

    assert (row.length, row.due_on, row.yellow_on) == (None, LAST, date(2026, 4, 3))
    assert (row.yellow_at, row.over_at) == (at("04-03 00:00"), at("04-11 00:00"))
    assert (row.state, row.over_state, row.level, row.over_level) == ("running", "deemed", "green", "red")
    assert (row.department, row.closed) == ("land", False)


def test_an_application_filed_too_late_is_flagged_and_lapses() -> None:
    """Thirty calendar days before the last day is in time, twenty-eight is not; a discharge permit takes sixty."""
    entries = entries_of(("03-02", REGISTERED), *LIVES["filed late"])
    (history,) = item_histories(entries).values()
    before, after = (read(history, law_book(), at(day), at(day)) for day in ("03-30", "03-31"))

    assert before is not None
    assert after is not None
    assert "renewal_filed_late" in before.flags
    assert live(entries, at("03-31"))["land", 1, GUARD].state is State.LAPSED

    plan = PlannedItem(item="land", department="land", special="discharge_permit")
    special = structs.replace(SUBMITTED, law=f"{LAW.name}/discharge_permit")
    of_permit = entries_of(("03-02", structs.replace(REGISTERED, items=(plan,))), ("03-02", special))
    (history,) = item_histories(of_permit).values()
    reading = read(history, law_book(), at("03-09"), at("03-09"))
    assert reading is not None
    assert "renewal_filed_late" in reading.flags


def zone(valid_through: date) -> Zone:
    """A renewal that came in on 2 March 2026 and was accepted the day after."""
    register = RegisterProject(
        name="Fab 2",
        enterprise=Enterprise("Hengxin"),
        manager="wang",
        items=(PlannedItem(item="land", department="land", mode=Mode.RENEWAL),),
    )
    begun = Zone(datetime.fromisoformat("2026-03-02T09:00:00+08:00")).say(MANAGER, register)
    begun.say(APPLICANT, SubmitItem(item="land", renews=LicenceToRenew(valid_through=valid_through)))
    return begun.at("2026-03-03 09:00").say(LAND, AcceptItem(item="land"))


def of_guard(watched: Zone) -> list[tuple[Rung, bool]]:
    """What was recorded about the guard, and whether it was rescinded."""
    return [
        (signal.rung, signal.rescinded) for signal in watched.signals.values() if signal.key and signal.key[1] == GUARD
    ]


def test_silence_renews_exactly_once_after_a_warning() -> None:
    watched = zone(LAST)
    for day in ("04-02", "04-03", "04-10"):
        watched.at(f"2026-{day} 12:00").watch()
    assert of_guard(watched) == [(Rung.WARNING, False)]
    for day in ("04-11", "04-12", "05-20"):
        watched.at(f"2026-{day} 00:00").watch()

    assert of_guard(watched) == [(Rung.WARNING, False), (Rung.RENEWAL, False), (Rung.CARD, False)]
    item = watched.project.items["land"]
    assert (item.stage, item.outcome, item.renewed_by_silence) == (Stage.COMPLETED, Outcome.GRANTED, True)


def test_a_decision_in_time_keyed_in_later_takes_the_renewal_back() -> None:
    watched = zone(LAST).at("2026-04-13 09:00").watch()
    in_time = datetime.fromisoformat("2026-04-10T16:00:00+08:00")
    refuse = CompleteItem(item="land", outcome=Outcome.REFUSED, reasons="the site has changed", occurred_at=in_time)
    watched.say(LAND, refuse).watch()

    assert (Rung.RENEWAL, True) in of_guard(watched)
    item = watched.project.items["land"]
    assert (item.stage, item.outcome, item.renewed_by_silence) == (Stage.COMPLETED, Outcome.REFUSED, False)


def test_a_licence_whose_renewal_was_filed_late_lapses_with_a_card_and_is_not_renewed() -> None:
    watched = zone(date(2026, 3, 30)).at("2026-04-01 09:00").watch()

    assert of_guard(watched) == [(Rung.WARNING, False), (Rung.CARD, False)]
    item = watched.project.items["land"]
    assert (item.stage, item.renewed_by_silence) == (Stage.ACCEPTED, False)
    reading = live(watched.entries, watched.now)["land", 1, GUARD]
    assert (reading.state, reading.level) == (State.LAPSED, Level.RED)
