"""What a project's entries are to the law, application by application, corrections included."""

from __future__ import annotations

from datetime import UTC, date, datetime

from msgspec import structs

from domain.core.plan import PlannedItem
from domain.core.types import Mode, Outcome
from domain.examples.story import story_entries
from domain.law.calendar.calendar import CalendarBook
from domain.law.licensing.clock import Level, State
from domain.law.licensing.evaluation import ClockEvaluation, ItemState, evaluate
from domain.law.procedure.generic import GenericProcedure
from domain.law.procedure.history import ItemHistory
from domain.law.procedure.licensing import LicensingProcedure
from domain.messages import AnyFact, Entry
from domain.project.application.acceptance import ItemAccepted
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.application.forwarding import ForwardedItemReceived, ItemForwarded
from domain.project.application.registration import ProjectRegistered
from domain.project.application.supplement import SupplementRequested, SupplementSubmitted
from domain.project.application.withdrawal import ItemWithdrawn
from domain.project.countersignature.request import ItemCountersigned
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.external.results import ExternalResultRecorded
from domain.project.state.consultation import Opinion
from infrastructure.law.lawbook import law_book
from projections.clocks.law_events import item_histories
from projections.clocks.procedures import procedure_of
from tests.examples import LAW, REGISTERED, accepted, completed, submitted
from tests.law.packs.books import china
from tests.law.questions import at
from tests.spec import entry

LAST = datetime(9999, 1, 1, tzinfo=UTC)
SPECIAL = structs.replace(
    REGISTERED, items=(PlannedItem(item="land", department="land", special="construction_permit"),)
)


def entries_of(*facts: tuple[str, AnyFact], recorded: dict[int, str] | None = None) -> list[Entry]:
    """Entries of facts and the days on which they happened; *recorded* says when later ones were keyed in."""
    keyed = recorded or {}
    return [
        entry(version, fact, at=at(day), now=at(keyed[version]) if version in keyed else None)
        for version, (day, fact) in enumerate(facts, 1)
    ]


def judged(history: ItemHistory, t: datetime, known: datetime | None = None, clock: str = "") -> ClockEvaluation:
    """What the law says of *history*."""
    procedure = procedure_of(history, law_book())
    assert isinstance(procedure, LicensingProcedure)
    book: CalendarBook = china()
    return evaluate(procedure.rule_for(history.request_days.get(clock)), history.events, book, t, known)


def test_a_history_knows_its_terms() -> None:
    history = item_histories(entries_of(("03-02", REGISTERED), ("03-03", submitted()), ("03-04", accepted())))[
        "land", 1
    ]

    assert (history.law, history.mode, history.promise_days) == (LAW.name, Mode.SINGLE, 10)
    assert (history.department, history.live, history.special) == ("land", True, "")
    assert [(event.id, event.__struct_config__.tag) for event in history.events] == [
        ("v2", "received"),
        ("v3", "accepted"),
    ]


def test_every_application_has_a_history_of_its_own() -> None:
    entries = entries_of(
        ("03-02", REGISTERED),
        ("03-03", submitted()),
        ("03-04", ItemWithdrawn(item="land")),
        ("03-10", submitted()),
        ("03-11", accepted()),
    )

    first, second = item_histories(entries).values()

    assert judged(first, LAST).item_state is ItemState.WITHDRAWN
    assert judged(second, LAST).clocks["decision"].start == date(2026, 3, 11)


def test_a_correction_moves_nothing_before_it_was_made() -> None:
    entries = entries_of(
        ("03-02", REGISTERED),
        ("03-03", submitted()),
        ("03-04", accepted()),
        ("03-20", EntryAmended(version=3, item="land", new_occurred_at=at("03-05"), reasons="a slip")),
        ("03-24", EntryRetracted(version=4, item="land", reasons="it was right")),
    )
    history = item_histories(entries)["land", 1]

    starts = [judged(history, at(day)).clocks["decision"].start.day for day in ("03-19", "03-21", "03-25")]

    assert starts == [4, 5, 4]


def test_what_was_retracted_is_still_there_for_who_asks_what_was_known() -> None:
    entries = entries_of(
        ("03-02", REGISTERED),
        ("03-03", submitted()),
        ("03-04", accepted()),
        ("03-05", completed()),
        ("03-10", EntryRetracted(version=4, item="land", reasons="another item was meant")),
    )
    history = item_histories(entries)["land", 1]

    assert judged(history, at("03-09")).item_state is ItemState.DECIDED
    assert judged(history, at("03-11")).item_state is ItemState.IN_REVIEW
    assert judged(history, at("03-11"), known=at("03-09")).item_state is ItemState.DECIDED


def test_applications_are_distinguished_by_what_was_known() -> None:
    entries = entries_of(
        ("03-02", REGISTERED),
        ("03-03", submitted()),
        ("03-04", ItemWithdrawn(item="land")),
        ("03-10", submitted()),
        ("03-11", EntryRetracted(version=4, item="land", reasons="it was for another project")),
    )

    assert set(item_histories(entries, at("03-10 13:00"))) == {("land", 1), ("land", 2)}
    now = item_histories(entries)
    assert set(now) == {("land", 1)}
    assert judged(now["land", 1], LAST).item_state is ItemState.WITHDRAWN


def test_a_result_keyed_in_late_counts_from_its_own_day() -> None:
    result = ExternalResultRecorded(item="tax", outcome=Outcome.GRANTED, evidence="scan")
    history = item_histories(entries_of(("03-02", REGISTERED), ("03-05", result), recorded={2: "03-20"}))["tax", 1]

    assert not history.live
    assert judged(history, at("03-19")).item_state is ItemState.NONEXISTENT
    assert judged(history, at("03-19"), known=at("03-21")).clocks["decision"].state is State.MET


def test_a_department_is_held_to_the_days_it_was_given() -> None:
    def question_to(limit: int) -> CountersignatureAsked:
        return CountersignatureAsked(item="land", department="fire", step="", limit=limit, article="")

    answer = ItemCountersigned(item="land", department="fire", step="", opinion=Opinion.AGREED)
    entries = entries_of(
        ("03-02", REGISTERED),
        ("03-02", submitted()),
        ("03-02", accepted()),
        ("03-02", question_to(3)),
        ("03-05", answer),
        ("03-06", question_to(7)),
    )
    history = item_histories(entries)["land", 1]

    first = judged(history, at("03-06"), clock="countersign:fire").clocks["countersign:fire"]
    again = judged(history, at("03-06"), clock="countersign:fire/#2").clocks["countersign:fire/#2"]

    assert (first.length, first.state, again.length, again.state) == (3, State.MET, 7, State.RUNNING)


def test_the_upper_level_is_known_by_name() -> None:
    entries = entries_of(
        ("03-02", REGISTERED),
        ("03-02", submitted("discharge")),
        ("03-03", accepted("discharge")),
        ("03-04", ItemForwarded(item="discharge", upper="province")),
        ("03-06", ForwardedItemReceived(item="discharge")),
    )
    history = item_histories(entries)["discharge", 1]

    assert (history.department, history.upper) == ("water", "province")
    assert judged(history, LAST).clocks["decision"].start == date(2026, 3, 6)


def test_only_a_complete_supplement_begins_a_round() -> None:
    entries = entries_of(
        ("03-02", REGISTERED),
        ("03-02", submitted()),
        ("03-03", SupplementRequested(item="land", missing=("map", "seal"))),
        ("03-04", SupplementSubmitted(item="land", provided=("map",), complete=False)),
        ("03-05", SupplementSubmitted(item="land", provided=("seal",), complete=True)),
    )
    clocks = judged(item_histories(entries)["land", 1], at("03-05")).clocks

    assert [(name, clock.start.day) for name, clock in clocks.items()] == [("intake#1", 2), ("intake#2", 5)]


def test_the_law_at_acceptance_is_the_law_of_the_decision() -> None:
    fixed = ItemAccepted(
        item="land", mode=Mode.SINGLE, law=LAW.name, limit=12, unit="working_day", article="-", promise_days=4
    )
    history = item_histories(entries_of(("03-02", REGISTERED), ("03-02", submitted()), ("03-03", fixed)))["land", 1]

    clocks = judged(history, LAST).clocks

    assert (clocks["decision"].length, clocks["commitment"].length) == (12, 4)


def test_a_law_that_counts_otherwise_has_no_rule_of_the_usual_clocks() -> None:
    registered: ProjectRegistered = SPECIAL
    submission = structs.replace(submitted(), law=f"{LAW.name}/construction_permit")

    history = item_histories(entries_of(("03-02", registered), ("03-02", submission)))["land", 1]

    assert history.special == "construction_permit"
    assert isinstance(procedure_of(history, law_book()), GenericProcedure)


def test_the_story_is_judged_whole() -> None:
    judgements = {
        key: judged(history, LAST)
        for key, history in item_histories(story_entries(LAW)).items()
        if isinstance(procedure_of(history, law_book()), LicensingProcedure)
    }

    land_use = judgements["land-use", 1]
    assert land_use.item_state is ItemState.DELIVERED
    assert {clock.level for clock in land_use.clocks.values()} <= {Level.NONE, Level.RED}
    assert len(judgements) >= 5
