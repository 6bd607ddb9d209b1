"""Events of one instant are in the order in which they were recorded, whatever they are judged by (B1.3)."""

import json
from typing import Any

import msgspec

from domain.law.explained_acts import End
from domain.law.licensing.clock import State
from tests.law.auditor import campaign
from tests.law.questions import USUAL, ask, happened, why

RECEIVED = happened("received", "03-02 09:00")
ACCEPTED = happened("accepted", "03-02 10:00")
EARLY = happened("accepted", "02-27")
TESTING = {"sid": "s", "reason": "testing"}


def test_an_extension_recorded_before_the_receipt_of_its_instant_is_outside_the_clock() -> None:
    result = ask("03-31", EARLY, happened("extension", "03-02 09:00", days=5), RECEIVED)

    assert result.flags == ("accepted_before_receipt", "extension_outside_clock:decision")
    assert result.clocks["decision"].length == USUAL.decision.days


def test_an_extension_recorded_after_the_receipt_of_its_instant_counts() -> None:
    result = ask("03-31", EARLY, RECEIVED, happened("extension", "03-02 09:00", days=5))

    assert result.flags == ("accepted_before_receipt",)
    assert result.clocks["decision"].length == USUAL.decision.days + 5


def test_an_extension_moved_to_the_instant_of_the_receipt_keeps_its_place_on_the_record() -> None:
    moved = happened("amend", "03-05", target="extension", new_at="2026-03-02T09:00:00+08:00")

    result = ask("03-31", EARLY, happened("extension", "03-04", days=5), RECEIVED, moved)
    assert "extension_outside_clock:decision" in result.flags
    result = ask("03-31", EARLY, RECEIVED, happened("extension", "03-04", days=5), moved)
    assert result.flags == ("accepted_before_receipt",)


def test_a_hearing_recorded_as_held_after_the_refusal_of_its_instant_leaves_the_clock_void() -> None:
    requested, refused = happened("hearing_requested", "03-02 10:00"), happened("refused", "03-04")
    held = happened("hearing_held", "03-04")

    assert ask("03-20", RECEIVED, requested, refused, held).clocks["hearing_hold"].state is State.VOID
    assert ask("03-20", RECEIVED, requested, held, refused).clocks["hearing_hold"].state is State.MET


def test_a_suspension_recorded_after_the_decision_of_its_instant_takes_no_day_out() -> None:
    rule = msgspec.structs.replace(USUAL, suspension_day_rule="[s,e]")
    decided, suspended = happened("decided", "03-16", outcome="denied"), happened("suspend", "03-16", **TESTING)

    assert ask("04-20", RECEIVED, ACCEPTED, decided, suspended, rule=rule).clocks["decision"].used == 10
    assert ask("04-20", RECEIVED, ACCEPTED, suspended, decided, rule=rule).clocks["decision"].used == 9


def test_a_suspension_recorded_after_the_decision_of_its_instant_overruns_nothing() -> None:
    until = happened("suspend", "03-16", **TESTING, planned_until="2026-03-10")
    decided = happened("decided", "03-16", outcome="denied")

    assert ask("04-20", RECEIVED, ACCEPTED, decided, until).flags == ()
    assert ask("04-20", RECEIVED, ACCEPTED, until, decided).flags == ("suspension_overrun:s",)


def test_the_explanation_names_what_ended_a_suspension_by_the_same_order() -> None:
    begun = (RECEIVED, ACCEPTED, happened("suspend", "03-10", **TESTING))
    resumed, decided = happened("resume", "03-16", sid="s"), happened("decided", "03-16", outcome="denied")

    assert [each.end for each in why("decision", "04-20", *begun, resumed, decided).suspensions] == [End.RESUMED]
    assert [each.end for each in why("decision", "04-20", *begun, decided, resumed).suspensions] == [End.CLOCK]
    late = happened("suspend", "03-16", id="late", sid="t", reason="testing")
    assert [each.event for each in why("decision", "04-20", *begun, decided, late).suspensions] == ["suspend"]


def test_the_history_on_which_clock_and_auditor_once_differed() -> None:
    """Accepted two days before the receipt, and extended at the receipt's very instant, though recorded before it."""
    length = {"days": 10, "max_extension": 5}
    rule: dict[str, Any] = json.loads(msgspec.json.encode(USUAL)) | {
        "zone": "Asia/Kathmandu",
        "mode": "joint",
        "intake_shift": "next_working_day",
        "close_of_business": "24:00",
        "decision": length,
        "yellow": {"num": 0, "den": 1, "min": 2},
        "live": False,
    }
    history = {
        "rule": rule,
        "events": [
            {"id": "e5", "type": "accepted", "at": "2018-12-08T16:30:00+00:00"},
            {"id": "e6", "type": "extension", "at": "2018-12-10T16:40:00+00:00", "days": 3},
            {"id": "e8", "type": "received", "at": "2018-12-10T16:40:00+00:00"},
        ],
        "t": "2019-02-04T16:00:00+00:00",
        "known": "2019-01-31T16:00:00+00:00",
    }

    result = campaign.by_engine(history)

    assert result["flags"] == ["accepted_before_receipt", "extension_outside_clock:decision"]
    assert (result["clocks"]["decision"]["due"], result["clocks"]["decision"]["length"]) == (
        "2018-12-24",
        length["days"],
    )
    assert result == campaign.by_auditor(history)
