"""Every day of a case under a law in calendar days has one holder."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

from domain.law.attribution import Holder
from domain.law.generic.attribution import general_held_days
from domain.law.generic.evaluate import GeneralTerms
from domain.law.licensing.countersign import CountersignReply, CountersignRequest
from domain.law.licensing.event import LawEvent
from domain.law.licensing.intake import Accepted, Corrected, CorrectionNotice, Received
from domain.law.licensing.review import Decided, Delivered, WithdrawnEvent
from domain.law.licensing.suspension import Resume, Suspend
from domain.law.licensing.timeline import Timeline
from infrastructure.law.lawbook import law_book


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2012-{text}T09:00").replace(tzinfo=UTC)


def held(until: str, *events: LawEvent, live: bool = True) -> list[tuple[str, str]]:
    """The last day of each stretch of a Dutch permit, and whose it was."""
    book = law_book()
    pack = book.pack("nl-wabo@2010-10-01")
    terms = GeneralTerms(
        pack=pack,
        calendar=book.calendar(pack, date(2012, 12, 31)),
        mode="single",
        lengths={},
        request_days={},
        live=live,
    )
    result = dict[str, str]()
    for day in general_held_days(terms, Timeline(pack.zone, events), at(until), at(until)):
        if result and list(result.values())[-1] == day.holder:
            result.popitem()
        result[day.day.strftime("%m-%d")] = day.holder
    return list(result.items())


PERMIT = (
    Received(id="1", at=at("01-02")),
    CorrectionNotice(id="2", at=at("01-10")),
    Corrected(id="3", at=at("01-20")),
    Accepted(id="4", at=at("01-20")),
    CountersignRequest(id="5", at=at("01-25"), dept="fire"),
    CountersignReply(id="6", at=at("01-30"), dept="fire"),
    Suspend(id="7", at=at("02-03"), sid="a", reason="supplement"),
    Resume(id="8", at=at("02-06"), sid="a"),
    Suspend(id="9", at=at("02-07"), sid="b", reason="coffee"),  # no ground of this law: it stops nothing
)


def test_each_gets_the_days_on_whose_end_he_had_the_case() -> None:
    done = Decided(id="10", at=at("02-20"), outcome="granted"), Delivered(id="11", at=at("02-22"))
    assert held("05-01", *PERMIT, *done) == [
        ("01-09", Holder.DEPARTMENT),
        ("01-19", Holder.APPLICANT),
        ("01-24", Holder.DEPARTMENT),
        ("01-29", Holder.OTHER_DEPARTMENT),
        ("02-02", Holder.DEPARTMENT),
        ("02-05", Holder.APPLICANT),
        ("02-22", Holder.DEPARTMENT),
    ]


def test_today_is_no_ones_and_the_last_day_is_whose_it_was() -> None:
    assert held("01-02", *PERMIT[:1]) == []
    assert held("01-04", *PERMIT[:1], live=False) == [("01-03", Holder.OUTSIDE)]
    assert held("05-01", *PERMIT[:2], WithdrawnEvent(id="3", at=at("01-15"))) == [
        ("01-09", Holder.DEPARTMENT),
        ("01-15", Holder.APPLICANT),
    ]


def test_a_decision_ends_a_suspension_and_its_day_is_the_departments() -> None:
    grounds = law_book().pack("nl-wabo@2010-10-01").reasons("decision")
    (other, *_) = [reason for reason in grounds if reason != "supplement"]
    stopped = Suspend(id="2", at=at("01-10"), sid="a", reason=other)
    refused = Decided(id="3", at=at("01-15"), outcome="denied")
    assert Counter(held("05-01", *PERMIT[:1], stopped, refused)) == Counter(
        [("01-09", Holder.DEPARTMENT), ("01-14", Holder.LEGAL_SUSPENSION), ("01-15", Holder.DEPARTMENT)]
    )


def test_once_the_term_for_an_answer_is_over_the_case_is_the_departments_again() -> None:
    waiting = (
        Received(id="1", at=at("01-02")),
        CorrectionNotice(id="2", at=at("01-10"), respond_by=date(2012, 1, 20)),
        Suspend(id="3", at=at("02-01"), sid="a", reason="supplement", planned_until=date(2012, 2, 10)),
        Suspend(id="4", at=at("02-20"), sid="b", reason="supplement"),  # no term was set: it waits for an answer
    )
    assert held("03-01", *waiting) == [
        ("01-09", Holder.DEPARTMENT),
        ("01-20", Holder.APPLICANT),
        ("01-31", Holder.DEPARTMENT),
        ("02-10", Holder.APPLICANT),
        ("02-19", Holder.DEPARTMENT),
        ("02-29", Holder.APPLICANT),
    ]
