"""What the rows of the registers we know mean, and what a rule of ours refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.core.types import Mode, Outcome
from domain.project.application.acceptance import ItemAccepted
from domain.project.application.completion import ItemCompleted
from domain.project.application.delivery import DecisionDelivered
from domain.project.application.extension import LimitExtended
from domain.project.application.note import StepNoted
from domain.project.application.procedure import ModeChanged
from domain.project.application.submission import ItemSubmitted
from domain.project.application.supplement import SupplementRequested, SupplementSubmitted
from domain.project.application.suspension import ClockResumed, ClockSuspended
from domain.project.application.withdrawal import ItemWithdrawn
from domain.project.countersignature.request import ItemCountersigned
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.feedback.complaint import ComplaintAnswered, ComplaintFiled
from scripts.importing.planning import RowStatus
from scripts.importing.reading import CaseListing
from scripts.importing.receipt import ReceiptRegister
from tests.scripts.importing.plans import (
    ASKED,
    COMPLETE,
    DECIDED,
    DESIRED,
    RECEIVED,
    SENT,
    fates,
    kinds,
    meant,
    planned,
)


def test_a_permit_from_application_to_delivery() -> None:
    plan = planned(RECEIVED, COMPLETE, ("2012-03-20", "01_HOOFD_250"), ("2012-04-02", "01_HOOFD_260"), DECIDED, SENT)

    assert kinds(plan) == [
        ItemSubmitted,
        ItemAccepted,
        CountersignatureAsked,
        ItemCountersigned,
        ItemCompleted,
        DecisionDelivered,
    ]
    assert fates(plan) == [RowStatus.MAPPED] * 6


@pytest.mark.parametrize(
    ("typed", "on"),
    [
        ("20-3-2012 0:00:00", date(2012, 3, 20)),
        ("2-4-2012", date(2012, 4, 2)),
        ("08-Feb-11", date(2012, 4, 3)),
        ("31-2-2012", date(2012, 4, 3)),
        ("1-1-0001 0:00:00", date(2012, 4, 3)),  # no date, as the register's own software writes it
        ("31-12-9999", date(2012, 4, 3)),
        ("", date(2012, 4, 3)),
    ],
)
@pytest.mark.parametrize("accepted", [False, True])
def test_missing_data_stops_the_clock_until_the_day_that_was_typed(typed: str, on: date, accepted: bool) -> None:
    begun = [RECEIVED, COMPLETE] if accepted else [RECEIVED]
    plan = planned(*begun, ASKED, ("2012-04-03", "08_AWB45_040", typed))

    expected = [ClockSuspended, ClockResumed] if accepted else [SupplementRequested, SupplementSubmitted]
    assert kinds(plan)[-2:] == expected
    command = plan.acts[-2].command
    assert command.occurred_at is not None
    assert command.occurred_at.astimezone(ZoneInfo("Europe/Amsterdam")).date() == on
    assert plan.acts[-1].command.occurred_at == datetime(2012, 4, 3, 8, tzinfo=UTC)  # the row stays where it was
    assert bool(plan.remarks) is (typed != "" and on == date(2012, 4, 3))


def test_the_term_for_missing_data_goes_with_the_request() -> None:
    plan = planned(RECEIVED, ("2012-03-06", "08_AWB45_010", "28"), ASKED)

    (request,) = [fact for fact in meant(plan) if isinstance(fact, SupplementRequested)]
    assert request.respond_by == date(2012, 4, 3)


def test_who_extends_an_application_has_taken_it_in() -> None:
    plan = planned(RECEIVED, ("2012-04-01", "06_VD_020", "42"))

    assert kinds(plan) == [ItemSubmitted, ItemAccepted, LimitExtended]


@pytest.mark.parametrize("typed_first", [True, False])
def test_a_term_is_extended_by_the_decision_and_not_when_its_days_were_typed(typed_first: bool) -> None:
    """Weeks later, along with the rest of the file, when the term was over."""
    days = ("2012-06-10", "06_VD_020", "42")
    decided = ("2012-04-20", "06_VD_030_5", "", "enter date decision procedure term extension")
    plan = planned(RECEIVED, *([days, decided] if typed_first else [decided, days]), ("2012-06-12", "99_A"))

    dated = {type(act.facts[0]): act.command.occurred_at for act in plan.acts}
    assert dated[LimitExtended] == dated[ItemAccepted] == datetime(2012, 4, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "mode"),
    [
        (("2012-03-02", "01_HOOFD_060", "False", "regular procedure without MER"), Mode.EXTENDED),
        (("2012-03-02", "04_BPT_005", "False", "regular procedure without MER"), Mode.EXTENDED),
        (("2012-03-02", "04_BPT_020", "Uitgebreid", "activities regular procedure"), Mode.EXTENDED),
        (("2012-03-02", "01_HOOFD_195_1", "", "detailed procedure applies"), Mode.EXTENDED),
        (("2012-03-02", "10_UOV_010", "True", "open draft decision for inspection"), Mode.EXTENDED),
        (("2012-03-02", "10_UOV_010", "False", "open draft decision for inspection"), None),
        (("2012-03-02", "01_HOOFD_060", "True", "regular procedure without MER"), None),
        (("2012-03-02", "01_HOOFD_060", "", "regular procedure without MER"), None),
        (("2012-03-02", "04_BPT_005", "False", "request is exempt"), None),
        (("2012-03-02", "01_HOOFD_195_1", "", "another activity"), None),
        (("2012-03-02", "04_BPT_020", "Regulier", "activities regular procedure"), None),
    ],
)
def test_the_register_says_which_procedure_a_permit_goes_through(row: tuple[str, ...], mode: Mode | None) -> None:
    changes = [fact for fact in meant(planned(RECEIVED, row, COMPLETE)) if isinstance(fact, ModeChanged)]

    assert [(change.mode, change.limit, change.unit) for change in changes] == ([(mode, 6, "month")] if mode else [])
    taken_in = next(fact for fact in meant(planned(RECEIVED, row, COMPLETE)) if isinstance(fact, ItemAccepted))
    assert taken_in.mode == (mode or Mode.SINGLE)


@pytest.mark.parametrize(
    "back",
    [
        ("2012-04-02", "01_HOOFD_190_1", "", "regular procedure applies"),
        ("2012-04-02", "04_BPT_020", "Regulier", "activities regular procedure"),
        ("2012-04-02", "01_HOOFD_060", "True", "regular procedure without MER"),
    ],
)
def test_a_permit_goes_back_to_the_regular_procedure(back: tuple[str, ...]) -> None:
    begun = ("2012-03-02", "04_BPT_020", "Uitgebreid", "activities regular procedure")
    plan = planned(RECEIVED, COMPLETE, begun, begun, back)

    assert [fact.mode for fact in meant(plan) if isinstance(fact, ModeChanged)] == [Mode.EXTENDED, Mode.SINGLE]
    assert plan.steps[3].reason == "the case is in this procedure already"


def test_an_extension_beyond_the_law_is_kept_with_the_rule_that_refused_it() -> None:
    plan = planned(RECEIVED, ("2012-04-01", "06_VD_020", "250"))

    assert kinds(plan) == [ItemSubmitted]  # not even what it would have implied
    assert fates(plan) == [RowStatus.MAPPED, "extension-exceeds-limit"]
    note = plan.acts[-1].facts[0]
    assert isinstance(note, StepNoted)
    assert note.reason == "extension-exceeds-limit: the clock decision can't be extended by 250 days"


@pytest.mark.parametrize("typed", ["", "six weeks", "42000", "-7"])
def test_what_is_no_number_of_days_extends_nothing(typed: str) -> None:
    plan = planned(RECEIVED, ("2012-04-01", "06_VD_030", typed))

    assert plan.steps[-1].status is RowStatus.NOTED
    assert "is no number of days" in plan.steps[-1].reason


@pytest.mark.parametrize(
    ("answer", "outcome"), [("True", Outcome.REFUSED), ("False", Outcome.GRANTED), ("", Outcome.GRANTED)]
)
def test_grounds_for_refusal_decide_how_it_was_decided(answer: str, outcome: Outcome) -> None:
    plan = planned(RECEIVED, COMPLETE, ("2012-04-20", "01_HOOFD_380", answer), DECIDED)

    (completed,) = [fact for fact in meant(plan) if isinstance(fact, ItemCompleted)]
    assert completed.outcome is outcome


def test_what_was_sent_was_decided_and_a_second_delivery_is_kept_as_a_note() -> None:
    plan = planned(RECEIVED, SENT, ("2012-05-02", "01_HOOFD_490_5"), ("2012-06-18", "01_HOOFD_510_2"))

    assert kinds(plan) == [ItemSubmitted, ItemCompleted, DecisionDelivered]
    assert fates(plan) == [RowStatus.MAPPED, RowStatus.MAPPED, RowStatus.NOTED, "wrong-stage"]


def test_silence_grants_and_unprocessed_cases_end() -> None:
    silent = planned(RECEIVED, ("2012-04-30", "01_HOOFD_480", "True"))
    unprocessed = planned(RECEIVED, ASKED, ("2012-05-30", "08_AWB45_070_3"), ("2012-05-31", "08_AWB45_090_2"))

    assert [fact.outcome for fact in meant(silent) if isinstance(fact, ItemCompleted)] == [Outcome.GRANTED]
    assert [fact.outcome for fact in meant(unprocessed) if isinstance(fact, ItemCompleted)] == [Outcome.TERMINATED]
    assert planned(RECEIVED, ("2012-04-30", "01_HOOFD_480", "False")).steps[-1].status is RowStatus.NOTED


def test_a_withdrawal_counts_from_the_day_the_request_came() -> None:
    plan = planned(RECEIVED, DESIRED)

    assert kinds(plan) == [ItemSubmitted, ItemWithdrawn]
    assert plan.acts[-2].command.occurred_at == datetime(2012, 4, 8, 22, tzinfo=UTC)  # midnight in Amsterdam


def test_objections_are_filed_and_answered() -> None:
    objected = ("2012-06-01", "01_BB_540", "True", "objection lodged")
    answered = ("2012-09-01", "01_BB_730", "False", "contested decision affected")
    plan = planned(RECEIVED, SENT, objected, objected, ("2012-06-01", "01_BB_540", "False"), answered)

    filed = [fact for fact in meant(plan) if isinstance(fact, ComplaintFiled)]
    assert [fact.complaint for fact in filed] == ["objection-1-003", "objection-1-004"]
    assert [fact.upheld for fact in meant(plan) if isinstance(fact, ComplaintAnswered)] == [False, False]
    assert len({act.id for act in plan.acts}) == len(plan.acts)


def test_a_suspension_without_a_statutory_ground_is_kept_with_the_refusal() -> None:
    begun, ended = ("2012-03-10", "07_OPS_051", "9-3-2012"), ("2012-03-24", "07_OPS_071", "24-3-2012")
    plan = planned(RECEIVED, COMPLETE, begun, ended)

    assert fates(plan)[2:] == ["no-statutory-ground", RowStatus.NOTED]


def test_a_code_with_several_labels_goes_by_its_label() -> None:
    letter = ("2012-03-05", "01_HOOFD_205", "True", "send letter in progress")
    phase = ("2012-03-05", "01_HOOFD_205", "", "phase application receptive")
    submit = ("2012-03-05", "01_HOOFD_491", "False", "submit decision")
    register = ("2012-03-05", "01_HOOFD_491", "", "register date environmental permit decision")

    assert kinds(planned(RECEIVED, letter)) == [ItemSubmitted]
    assert kinds(planned(RECEIVED, phase)) == [ItemSubmitted, ItemAccepted]
    assert kinds(planned(RECEIVED, submit)) == [ItemSubmitted]
    assert kinds(planned(RECEIVED, register)) == [ItemSubmitted, ItemCompleted]


def test_the_receipt_phase_runs_from_when_the_case_was_begun_to_when_it_ended() -> None:
    begun, last, ended = (datetime(2011, month, 3, 22, tzinfo=UTC) for month in (3, 4, 5))
    listing = CaseListing(
        line=2, dataset="town", case_id="1", started_at=begun, deadline_at=last, ended_at=ended, columns={"fee": "3"}
    )
    plan = planned(
        ("2011-03-09", "Confirmation of receipt"),
        ("2011-03-10", "T05 Print and send confirmation of receipt"),
        ("2011-03-11", "T08 Draft and send request for advice"),
        ("2011-03-12", "T09-2 Process or receive external advice from party 2"),
        ("2011-03-13", "T07-1 Draft intern advice aspect 1"),
        ("2011-03-14", "T10 Determine necessity to stop indication"),
        register=ReceiptRegister(),
        listing=listing,
    )

    when = {type(fact): act.command.occurred_at for act in plan.acts for fact in act.facts}
    assert (when[ItemSubmitted], when[ItemCompleted]) == (begun, ended)
    assert kinds(plan).count(ItemCountersigned) == 2
    notes = [fact for act in plan.acts for fact in act.facts if isinstance(fact, StepNoted)]
    assert [note.value for note in notes if note.activity == "case:deadline_at"] == [last.isoformat()]
    assert notes[-1].reason == '{"fee":"3"}'
