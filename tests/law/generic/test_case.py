"""An item's own history read by the packs of other laws."""

from __future__ import annotations

from datetime import UTC, date, datetime

from domain.law.generic.state import ClockStanding
from domain.law.licensing.event import Amend, LawEvent
from domain.law.licensing.intake import Accepted, Corrected, CorrectionNotice, Received, RefusedEvent
from domain.law.licensing.review import Decided, ExtensionEvent, WithdrawnEvent
from domain.law.licensing.suspension import Resume, Suspend
from domain.law.licensing.timeline import Timeline
from infrastructure.law.lawbook import law_book
from tests.law.generic.case_clocks import general_clocks


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2012-{text}T09:00").replace(tzinfo=UTC)


PERMIT: list[LawEvent] = [
    Received(id="1", at=at("01-02")),
    CorrectionNotice(id="2", at=at("01-10")),
    Corrected(id="3", at=at("02-01")),
    Accepted(id="4", at=at("02-02")),
    ExtensionEvent(id="5", at=at("03-19"), days=42),
]


def clocks(
    events: list[LawEvent], t: str, law: str = "nl-wabo@2010-10-01", mode: str = "single"
) -> dict[str, ClockStanding]:
    book = law_book()
    pack = book.pack(law)
    calendar = book.calendar(pack, at(t).date())
    return general_clocks(pack, calendar, Timeline(pack.zone, events), at(t))


def test_a_request_for_papers_suspends_a_dutch_permit() -> None:
    waiting = clocks(PERMIT, "01-20")["decision"]
    assert (waiting.state, waiting.due) == ("suspended", None)
    assert clocks(PERMIT, "02-01")["decision"].due == date(2012, 3, 19)
    extended = clocks(PERMIT, "03-20")["decision"]
    assert (extended.start, extended.due, extended.flags) == (date(2012, 1, 2), date(2012, 5, 1), ())


def test_a_decision_in_time_meets_it_and_silence_grants() -> None:
    decided = [*PERMIT, Decided(id="6", at=at("05-01"), outcome="granted")]
    assert clocks(decided, "06-01")["decision"].state == "met"
    silent = clocks(PERMIT, "06-01")["decision"]
    assert (silent.state, silent.deemed) == ("deemed", "deemed_granted")


def test_before_the_start_there_is_no_clock_and_after_withdrawal_a_void_one() -> None:
    assert clocks(PERMIT, "01-01") == {}
    withdrawn = [*PERMIT, WithdrawnEvent(id="6", at=at("04-01"))]
    assert clocks(withdrawn, "06-01")["decision"].state == "void"


def test_the_other_grounds_count_under_their_own_names() -> None:
    stopped = [
        PERMIT[0],
        Suspend(id="7", at=at("01-10"), sid="a", reason="agreed_postponement"),
        Suspend(id="8", at=at("01-11"), sid="b", reason="hearing"),
        Resume(id="9", at=at("01-20"), sid="a"),
    ]
    result = clocks(stopped, "01-21")["decision"]
    assert result.due == date(2012, 3, 7)
    assert result.flags == ("suspend_no_statutory_ground:hearing",)


def test_a_corrected_receipt_moves_the_clock() -> None:
    moved = [PERMIT[0], Amend(id="6", at=at("01-05"), target="1", new_at=at("01-04"))]
    assert clocks(moved, "01-04")["decision"].start == date(2012, 1, 2)
    assert clocks(moved, "01-05")["decision"].start == date(2012, 1, 4)


def test_a_special_law_in_calendar_days_runs_from_receipt() -> None:
    result = clocks(PERMIT[:1], "01-05", law="cn-licensing@2019-04-23/eia_report")
    assert result["decision"].due == date(2012, 3, 2)
    assert "commitment" not in result
    assert "renewal_filing" not in result


def test_a_recorded_length_replaces_the_pack_s() -> None:
    book = law_book()
    pack = book.pack("nl-wabo@2010-10-01")
    calendar = book.calendar(pack, at("01-05").date())
    result = general_clocks(pack, calendar, Timeline(pack.zone, PERMIT[:1]), at("01-05"), lengths={"decision": 7})
    assert result["decision"].due == date(2012, 1, 9)


EIA = "cn-licensing@2019-04-23/eia_form"


def test_the_answer_to_a_request_for_papers_begins_a_round_of_its_own() -> None:
    result = clocks(PERMIT[:3], "02-02", law=EIA)
    assert (result["intake"].state, result["intake#2"].state) == ("met", "running")
    assert (result["intake#2"].start, result["intake#2"].due) == (date(2012, 2, 1), date(2012, 2, 8))
    assert result["decision"].start == date(2012, 1, 2)


def test_a_period_from_receipt_runs_on_while_the_applicant_corrects() -> None:
    """The law names no ground to wait for papers (ADR 0014)."""
    result = clocks(PERMIT[:2], "01-20", law=EIA)
    assert (result["intake"].state, result["decision"].state, result["decision"].used) == ("met", "running", 17)


def test_silence_on_the_answer_accepts_as_of_its_day() -> None:
    result = clocks(PERMIT[:3], "02-09", law=EIA)
    assert (result["intake"].state, result["intake#2"].state) == ("met", "deemed")
    late = [*PERMIT[:3], CorrectionNotice(id="4", at=at("02-10")), Corrected(id="5", at=at("02-11"))]
    assert clocks(late, "03-20", law=EIA).keys() == {"intake", "intake#2", "decision"}


def flags(events: list[LawEvent], t: str) -> dict[str, tuple[str, ...]]:
    """The flags of each round of intake, where it has any."""
    return {name: clock.flags for name, clock in clocks(events, t, law=EIA).items() if clock.flags}


def test_a_request_for_other_papers_is_flagged_in_its_round() -> None:
    """B5.5, also where silence on that round accepts the application afterwards."""
    repeated = [*PERMIT[:3], CorrectionNotice(id="4", at=at("02-02"), new_items=True)]
    for t in ("02-03", "02-09"):
        assert flags(repeated, t) == {"intake#2": ("correction_repeated_new_items",)}
    assert flags([*PERMIT[:3], CorrectionNotice(id="4", at=at("02-02"))], "02-03") == {}
    assert flags([PERMIT[0], CorrectionNotice(id="2", at=at("01-05"), new_items=True)], "01-06") == {}


def test_what_comes_after_silence_has_accepted_is_flagged() -> None:
    """B5.4: the five days from Feb 1 are over on the 9th."""
    late: dict[str, LawEvent] = {
        "correction_notice_late": CorrectionNotice(id="6", at=at("02-10")),
        "refused_after_deemed": RefusedEvent(id="6", at=at("02-10")),
        "accepted_after_deemed": Accepted(id="6", at=at("02-10")),
    }
    for flag, event in late.items():
        assert flags([*PERMIT[:3], event], "02-11") == {"intake#2": (flag,)}


def test_what_comes_after_an_acceptance_is_flagged() -> None:
    """B5.7; the second receipt begins nothing (B4)."""
    late: dict[str, LawEvent] = {
        "correction_after_acceptance": CorrectionNotice(id="6", at=at("02-03")),
        "refused_after_acceptance": RefusedEvent(id="6", at=at("02-03")),
        "duplicate_acceptance": Accepted(id="6", at=at("02-03")),
        "duplicate_receipt": Received(id="6", at=at("02-03")),
    }
    for flag, event in late.items():
        assert flags([*PERMIT[:4], event], "02-06") == {"intake#2": (flag,)}


def test_only_the_complete_answer_begins_a_further_round() -> None:
    """B4: a second receipt, while the applicant corrects, is flagged and begins none."""
    twice = [*PERMIT[:2], Received(id="6", at=at("01-20"))]
    assert "intake#2" not in clocks(twice, "01-21", law=EIA)
    assert flags(twice, "01-21") == {"intake": ("duplicate_receipt",)}
    answered = clocks([*twice, PERMIT[2]], "02-02", law=EIA)
    assert answered["intake#2"].start == date(2012, 2, 1)
    assert "intake" not in clocks([Corrected(id="3", at=at("01-20"))], "02-02", law=EIA)


def test_a_request_for_other_papers_than_the_first_one_s_leaves_the_round_running() -> None:
    for new_items, state in ((True, "running"), (False, "met")):
        repeated = [*PERMIT[:3], CorrectionNotice(id="4", at=at("02-02"), new_items=new_items)]
        assert clocks(repeated, "02-03", law=EIA)["intake#2"].state == state


def test_without_a_receipt_there_is_no_round_of_intake() -> None:
    assert "intake" not in clocks(PERMIT[3:], "02-10", law=EIA)


def test_what_was_answered_has_no_further_round() -> None:
    accepted = [*PERMIT[:2], Accepted(id="6", at=at("01-12")), PERMIT[2]]
    assert "intake#2" not in clocks(accepted, "02-10", law=EIA)


def test_a_lawful_suspension_is_no_fault_of_clocks_that_nothing_stops() -> None:
    heard = [
        *PERMIT,
        Suspend(id="6", at=at("02-03"), sid="h", reason="hearing"),
        Resume(id="7", at=at("02-06"), sid="h"),
    ]
    assert [standing.flags for standing in clocks(heard, "02-07", law=EIA).values()] == [(), (), ()]


def test_the_end_of_a_suspension_without_effect_is_not_flagged_again() -> None:
    surveyed = [
        PERMIT[0],
        Suspend(id="8", at=at("01-10"), sid="s", reason="site_survey"),
        Resume(id="9", at=at("01-12"), sid="s"),
    ]
    assert clocks(surveyed, "01-13", law=EIA)["decision"].flags == ("suspend_no_statutory_ground:site_survey",)
    again = [*surveyed, Resume(id="10", at=at("01-13"), sid="s")]
    assert "resume_without_suspend" in clocks(again, "01-14", law=EIA)["decision"].flags


def test_a_suspension_without_a_ground_is_flagged_also_after_the_end() -> None:
    """What the law allows is passed over by a clock that nothing stops, anything else is not (ADR 0014)."""
    granted = [*PERMIT, Decided(id="6", at=at("02-10"), outcome="granted")]
    surveyed = [*granted, Suspend(id="7", at=at("02-14"), sid="s", reason="site_survey")]
    closed = [*surveyed, Resume(id="8", at=at("02-15"), sid="s")]
    for events in (surveyed, closed):
        assert clocks(events, "02-16", law=EIA)["delivery"].flags == ("suspend_no_statutory_ground:site_survey",)
    heard = [*granted, Suspend(id="7", at=at("02-14"), sid="s", reason="hearing")]
    assert clocks(heard, "02-16", law=EIA)["delivery"].flags == ()
    twice = [*heard, *(Resume(id=f"r{day}", at=at(f"02-{day}"), sid="s") for day in (15, 16))]
    assert clocks(twice, "02-17", law=EIA)["delivery"].flags == ("resume_without_suspend",)
