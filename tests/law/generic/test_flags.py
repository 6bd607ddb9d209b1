"""What the acts of an item are flagged for under the packs of other laws, by examples (rule book B13)."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec import structs

from domain.law.generic.evaluate import GeneralTerms
from domain.law.generic.item import general_course, general_item
from domain.law.licensing.clock import State
from domain.law.licensing.event import LawEvent
from domain.law.licensing.forecast import DISTANT
from domain.law.licensing.timeline import Timeline
from domain.law.proof import Rung
from tests.law.generic.test_evaluate import ACCEPTED, LAWS, RECEIVED, read, terms
from tests.law.questions import at, happened

EIA, DUTCH, SPAIN, TAIWAN = LAWS[1], LAWS[0], "es-39-2015@2016-10-02", LAWS[3]
FOREIGN = (
    *(DUTCH, "nl-awb@2009-10-01", "nl-omgevingswet@2024-01-01", SPAIN, TAIWAN, "kr-petitions@2016-02-12"),
    *("nz-rma@2015-03-03", "uk-planning@2021-08-01", "us-fcc-shotclock@2019-01-14", "eu-services@2009-12-28"),
)
GRANTED = happened("decided", "03-20", outcome="granted")


def flags(law: str | GeneralTerms, t: str, *events: LawEvent) -> tuple[str, ...]:
    item = terms(law) if isinstance(law, str) else law
    return general_item(item, Timeline(item.pack.zone, events), at(t), DISTANT).flags


# -- B5.9: a decision on what nobody had accepted --------------------------------------------------------------------


def test_a_decision_without_an_acceptance_is_flagged_where_the_law_asks_for_one() -> None:
    decided = happened("decided", "03-05", outcome="granted")
    assert flags(EIA, "03-06", RECEIVED, decided) == ("decided_without_acceptance",)
    assert flags(EIA, "03-06", RECEIVED, ACCEPTED, decided) == ()
    assert flags("cn-medical-devices@2021-10-01", "03-06", RECEIVED, decided) == ("decided_without_acceptance",)


def test_what_silence_has_accepted_may_be_decided_on() -> None:
    """Five working days from Monday Mar 2 are over with the 9th."""
    in_round, after = (happened("decided", f"03-{day} 12:00", outcome="denied") for day in ("09", "10"))
    assert flags(EIA, "03-11", RECEIVED, in_round) == ("decided_without_acceptance",)
    assert flags(EIA, "03-11", RECEIVED, after) == ()


@pytest.mark.parametrize("law", FOREIGN)
def test_a_law_that_counts_from_receipt_asks_for_no_acceptance(law: str) -> None:
    assert not any(flag.startswith("decided") for flag in flags(law, "03-21", RECEIVED, GRANTED))


def test_an_acceptance_by_an_answer_dated_after_the_round_needs_proof_where_the_department_is_outside() -> None:
    """B11.1: nothing on record proves no silence there, until someone attests it before the answer comes."""
    outside, refused = terms(EIA, live=False), happened("refused", "03-12")
    attested, later = happened("attest", "03-11"), happened("attest", "03-13")

    assert read(outside, at("03-14"), RECEIVED, refused)["intake"].state is State.LATE
    assert read(outside, at("03-14"), RECEIVED, refused, later)["intake"].state is State.LATE
    assert read(outside, at("03-14"), RECEIVED, attested, refused)["intake"].state is State.DEEMED
    assert read(terms(EIA), at("03-14"), RECEIVED, refused)["intake"].state is State.DEEMED

    def rungs(item: GeneralTerms) -> set[Rung]:
        course = general_course(item, Timeline(item.pack.zone, [RECEIVED, refused]), at("03-14"))
        return {passed.rung for passed in course.passed}

    assert Rung.ACCEPTANCE not in rungs(outside)
    assert Rung.ACCEPTANCE in rungs(terms(EIA))


# -- B5.6: the date set for missing papers ---------------------------------------------------------------------------

NOTICE = happened("correction_notice", "03-04", respond_by=date(2026, 3, 12))


def test_a_date_for_missing_papers_that_has_passed_is_flagged_until_they_come() -> None:
    answered = happened("corrected", "03-16")
    assert flags(EIA, "03-12 23:59", RECEIVED, NOTICE) == ()
    assert flags(EIA, "03-13 00:00", RECEIVED, NOTICE) == ("correction_response_overdue",)
    assert flags(EIA, "03-17", RECEIVED, NOTICE, answered) == ()
    assert flags(EIA, "03-17", RECEIVED, NOTICE, happened("withdrawn", "03-16")) == ()
    assert flags(EIA, "03-17", RECEIVED, NOTICE, happened("refused", "03-16")) == ()


def test_a_date_set_by_a_notice_without_effect_is_none() -> None:
    late = happened("correction_notice", "03-10", respond_by=date(2026, 3, 12))
    assert flags(EIA, "03-20", RECEIVED, late) == ("correction_notice_late",)


@pytest.mark.parametrize("law", FOREIGN)
def test_the_end_of_a_term_under_another_law_is_no_neglect(law: str) -> None:
    """There the term itself ends the suspension, or no text was read that gives its passing a meaning (D1)."""
    assert "correction_response_overdue" not in flags(law, "03-20", RECEIVED, NOTICE)


# -- B7.9: suspensions, and what the applicant was informed of -------------------------------------------------------


def suspended(reason: str, *, notified: bool = False, until: date | None = date(2026, 3, 12)) -> LawEvent:
    return happened("suspend", "03-09", sid="s", reason=reason, notified=notified, planned_until=until)


def test_the_applicant_is_informed_of_the_time_needed_and_it_is_not_exceeded() -> None:
    """Art. 45: announced until the 12th, it takes out the 12th, and the 13th counts again."""
    events = RECEIVED, ACCEPTED, suspended("technical_assessment")
    assert flags(EIA, "03-12 23:59", *events) == ("suspend_not_notified:s",)
    assert flags(EIA, "03-13", *events) == ("suspend_not_notified:s", "suspension_overrun:s")
    for day, expected in (("03-13", ()), ("03-14", ("suspension_overrun:s",))):
        resumed = happened("resume", day, sid="s")
        assert flags(EIA, "03-20", RECEIVED, ACCEPTED, suspended("hearing", notified=True), resumed) == expected


def test_the_end_of_the_application_is_the_end_of_a_suspension() -> None:
    begun = suspended("hearing", notified=True)
    decided = happened("decided", "03-12", outcome="denied")
    afterwards = happened("suspend", "03-16", sid="x", reason="hearing", planned_until=date(2026, 3, 17))
    assert flags(EIA, "04-20", RECEIVED, ACCEPTED, begun, decided, afterwards) == ()


def test_a_foreign_law_owes_the_notice_of_some_grounds_or_of_none() -> None:
    assert flags(DUTCH, "03-10", RECEIVED, suspended("force_majeure")) == ("suspend_not_notified:s",)
    assert flags(DUTCH, "03-10", RECEIVED, suspended("applicant_delay")) == ()
    assert flags(SPAIN, "03-10", RECEIVED, suspended("report")) == ("suspend_not_notified:s",)
    assert flags(SPAIN, "03-10", RECEIVED, suspended("supplement")) == ()
    assert flags(TAIWAN, "03-10", RECEIVED, suspended("force_majeure")) == ()


def test_a_dutch_postponement_is_no_longer_than_was_agreed() -> None:
    """Awb 4:15(2)(a); nothing is said of how long a delay of the applicant may be."""
    agreed, delayed = (suspended(reason, notified=True) for reason in ("agreed_postponement", "applicant_delay"))
    assert flags(DUTCH, "03-20", RECEIVED, agreed) == ("suspension_overrun:s",)
    assert flags(DUTCH, "03-20", RECEIVED, delayed) == ()


# -- B8: extensions --------------------------------------------------------------------------------------------------


def test_an_extension_that_was_not_made_known_has_effect_and_is_flagged() -> None:
    """Wabo 3.9(2); both sides agree to one under the English order, so nobody has to be told."""
    extended = happened("extension", "03-20", days=14, notified=False)
    assert flags(DUTCH, "03-21", RECEIVED, extended) == ("extension_not_notified:decision",)
    assert read(terms(DUTCH), at("03-21"), RECEIVED, extended)["decision"].standing.length == 56 + 14
    assert flags("uk-planning@2021-08-01", "03-21", RECEIVED, extended) == ()


def test_a_void_extension_is_flagged_with_its_clock_and_not_for_its_notice() -> None:
    long = happened("extension", "06-20", days=14, notified=False)
    assert flags("nl-awb@2009-10-01", "06-21", RECEIVED, long) == ("extension_late:decision",)


def test_an_extension_of_a_clock_that_is_over_or_never_began_is_outside_it() -> None:
    after, none = (happened("extension", "03-23", days=9, clock=clock) for clock in ("decision", "lower_review"))
    assert flags(DUTCH, "03-24", RECEIVED, GRANTED, after) == ("extension_outside_clock:decision",)
    assert flags(DUTCH, "03-24", RECEIVED, none) == ("extension_outside_clock:lower_review",)


# -- B9.3, B9.4: countersignatures and hearings ----------------------------------------------------------------------


def test_a_department_that_consents_by_silence_is_flagged_and_its_late_answer_too() -> None:
    item = terms(EIA, fire=3)
    clock = structs.replace(item.pack.clocks["countersign"], on_silence="deemed_consent")
    consents = structs.replace(item, pack=structs.replace(item.pack, clocks=item.pack.clocks | {"countersign": clock}))
    request = RECEIVED, ACCEPTED, happened("countersign_request", "03-04", dept="fire")
    reply = happened("countersign_reply", "03-12", dept="fire")

    assert flags(consents, "03-09", *request) == ()
    assert flags(consents, "03-10", *request) == ("countersign_deemed:fire",)
    assert flags(consents, "03-13", *request, reply) == (
        "countersign_deemed:fire",
        "countersign_reply_after_deemed:fire",
    )
    assert flags(item, "03-13", *request, reply) == ()


def test_hearings_of_a_special_law_are_flagged_as_those_of_the_act() -> None:
    informed = RECEIVED, ACCEPTED, happened("hearing_told", "03-04")
    late = happened("hearing_requested", "03-12")
    in_window = happened("decided", "03-11", outcome="denied")
    notice = happened("hearing_notice", "03-09", hearing_date=date(2026, 3, 18))

    assert flags(EIA, "03-20", *informed, late) == ("hearing_request_late",)
    assert flags(EIA, "03-20", *informed, in_window) == ("decided_before_hearing_window_closed",)
    assert flags(EIA, "03-20", *informed, notice) == ("hearing_notice_short",)
    assert flags(DUTCH, "03-20", RECEIVED, *informed[2:], notice) == ()


def test_what_came_before_there_was_an_application_is_not_judged() -> None:
    assert flags(EIA, "03-20", suspended("hearing")) == ()
