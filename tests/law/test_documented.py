"""An explanation cites what it rests on: articles with the law's words, acts with recipients, notices by number."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec
import pytest

from domain.law.authority import Authority, Subject
from domain.law.calendar.calendar import CalendarBook
from domain.law.documented import documented, kind_of
from domain.law.explained_acts import End
from domain.law.generic.expand import closed_book
from domain.law.generic.explain import explain_general
from domain.law.licensing.clock import SILENT, State
from domain.law.licensing.evaluation import evaluate
from domain.law.licensing.event import LawEvent
from domain.law.licensing.explain import DayPhase, DayReason, Explanation, explain
from domain.law.licensing.forecast import DISTANT
from domain.law.licensing.timeline import Timeline
from domain.law.packs.expand import expand
from domain.law.packs.pack import Pack
from domain.law.vectors.licensing import Vector
from infrastructure.law.lawbook import law_book
from tests.examples import LAW
from tests.law.generic.test_evaluate import terms
from tests.law.licensing.test_vectors import VECTORS
from tests.law.packs.books import china, shipped
from tests.law.questions import at, happened

ART_42 = "除可以当场作出行政许可决定的外，行政机关应当自受理行政许可申请之日起二十日内作出行政许可决定"
EXAMINED = (
    happened("received", "02-10"),
    happened("accepted", "02-10"),
    happened("suspend", "02-13", sid="s1", reason="testing", planned_until=date(2026, 2, 20), notified=False),
    happened("resume", "02-24", sid="s1"),
)
LAWS = [
    (name, special) for name in law_book().names for special in ("", *law_book().pack(name).specials)
]  # every version of every law, by itself and under each of its special laws


def why(t: str, *events: LawEvent, clock: str = "decision", pack: Pack = LAW, **rule: Any) -> Explanation:
    """The documented explanation of *clock* at *t* under *pack*."""
    explanation = explain(expand(pack, **rule), events, china(), at(t), None, clock)
    return documented(explanation, pack, rule.get("mode", "single"), china(), china().as_known(at(t).date()))


def why_elsewhere(law: str, t: str, *events: LawEvent) -> Explanation:
    """The same under a law that counts otherwise."""
    counted = terms(law)
    explanation = explain_general(counted, Timeline(counted.pack.zone, events), at(t), DISTANT, "decision")
    return documented(explanation, counted.pack, counted.mode, book_of(counted.pack), counted.calendar)


def book_of(pack: Pack) -> CalendarBook:
    return closed_book(pack, law_book().calendars()[pack.calendar])


def by_subject(explanation: Explanation) -> dict[Subject, Authority]:
    return {authority.subject: authority for authority in explanation.authorities}


@pytest.mark.parametrize(("name", "special"), LAWS)
def test_every_law_says_by_which_text_its_days_are_counted_so(name: str, special: str) -> None:
    pack = law_book().pack(name).under(special)
    for clock, of in pack.clocks.items():
        units = {of.unit, *(mode.unit or of.unit for mode in of.modes.values())}
        needed = {*units, "first_day", *(["last_day"] if of.roll != "none" else [])}
        assert needed <= pack.counting_rules.keys(), clock
    for rule, cited in pack.counting_rules.items():
        assert cited.article, rule
        assert cited.quote or cited.confidence == "memory", rule
        assert cited.confidence != "decision" or (cited.note and cited.note_zh), rule
        assert bool(cited.note) == bool(cited.note_zh), "what is said in one language is said in both"
    assert "suspended_days" in pack.counting_rules or not pack.grounds
    assert pack.language


def test_the_paragraph_the_unit_and_the_first_day_are_cited_in_the_words_of_the_law() -> None:
    explanation = by_subject(why("02-27", *EXAMINED))

    assert explanation[Subject.LENGTH] == Authority(Subject.LENGTH, "行政许可法 42(1)", ART_42, "text")
    assert explanation[Subject.UNIT].article == "行政许可法 82"
    assert explanation[Subject.UNIT].quote == "本法规定的行政机关实施行政许可的期限以工作日计算，不含法定节假日"
    assert explanation[Subject.UNIT].detail == "working_day"
    assert explanation[Subject.FIRST_DAY].article == "民法典 201(1)"
    assert explanation[Subject.FIRST_DAY].quote == "按照年、月、日计算期间的，开始的当日不计入，自下一日开始计算"
    assert explanation[Subject.SUSPENDED_DAYS].confidence == "decision"
    assert explanation[Subject.NOTICE].quote == "行政机关应当将所需时间书面告知申请人"


def test_a_suspension_shows_its_ground_its_notice_and_what_it_took_out() -> None:
    (suspension,) = why("02-27", *EXAMINED).suspensions

    assert (suspension.article, suspension.title_zh, suspension.stops) == ("行政许可法 45", "检测", True)
    assert "检测" in suspension.quote
    assert suspension.quote.endswith("所需时间不计算在本节规定的期限内")
    assert (suspension.from_on, suspension.until_on, suspension.end) == (
        date(2026, 2, 13),
        date(2026, 2, 24),
        End.RESUMED,
    )
    assert (suspension.event, suspension.end_event) == ("suspend", "resume")
    assert suspension.days_out == 2  # Friday 13 and the make-up Saturday 14; the Spring Festival is off anyway
    assert (suspension.notified, suspension.planned_until, suspension.overran) == (False, date(2026, 2, 20), True)


def test_a_suspension_that_goes_on_or_ended_with_the_clock_says_so() -> None:
    going_on = why("02-18", *EXAMINED[:3]).suspensions[0]
    decided = why("02-27", *EXAMINED[:3], happened("decided", "02-25", outcome="granted")).suspensions[0]

    assert (going_on.end, going_on.until_on, going_on.overran) == (End.OPEN, None, False)
    assert (decided.end, decided.until_on, decided.end_event) == (End.CLOCK, date(2026, 2, 25), "")


def test_a_ground_that_the_law_does_not_have_is_shown_and_stops_nothing() -> None:
    other = happened("suspend", "02-11", sid="s9", reason="site_survey", id="other")
    explanation = why("02-27", EXAMINED[0], EXAMINED[1], other)

    (suspension,) = explanation.suspensions
    assert (suspension.ground, suspension.stops, suspension.days_out) == ("site_survey", False, 0)
    assert Subject.SUSPENDED_DAYS not in by_subject(explanation)


def test_an_extension_says_whether_it_counts_and_why_not() -> None:
    in_time = happened("extension", "03-02", days=5, id="x1", notified=False)
    again = happened("extension", "03-03", days=2, id="x2")
    explanation = why("03-04", *EXAMINED, in_time, again)

    first, second = explanation.extensions
    assert (first.days, first.approved_on, first.void, first.notified) == (5, date(2026, 3, 2), "", False)
    assert first.article == "行政许可法 42(1)"
    assert (
        first.quote == "二十日内不能作出决定的，经本行政机关负责人批准，可以延长十日，并应当将延长期限的理由告知申请人"
    )
    assert (second.event, second.void) == ("x2", "extension_repeated")
    assert explanation.extended == 5


def test_a_day_off_is_by_a_notice_with_title_number_day_and_address() -> None:
    (notice,) = why("02-27", *EXAMINED).notices

    assert notice.id == "CN-2026"
    assert notice.title == "国务院办公厅关于2026年部分节假日安排的通知"
    assert notice.numbers == ("国办发明电〔2025〕7号",)
    assert notice.published == date(2025, 11, 4)
    assert notice.addresses == ("https://www.gov.cn/zhengce/zhengceku/202511/content_7047091.htm",)


def test_every_notice_of_the_state_council_has_its_title_and_number() -> None:
    for notice in shipped()["CN"].data.notices:
        assert notice.title, notice.id
        assert len(notice.numbers) == 1, notice.id
        assert len(notice.addresses) <= 1, "the address of a revision is not that of what it revises"


def test_the_last_day_is_marked_and_days_after_it_are_numbered_as_overdue() -> None:
    # Feb 11-13 = 1-3, Sat 14 (make-up) = 4, 24-27 = 5-8, Sat 28 (make-up) = 9, Mar 2-6 = 10-14, 9-13 = 15-19, 16 = 20
    explanation = why("03-30", *EXAMINED[:2])
    days = {day.day: day for day in explanation.days}
    due = [day.day for day in explanation.days if day.is_due]

    assert due == [explanation.clock.due] == [date(2026, 3, 16)]
    assert (days[date(2026, 3, 16)].number, days[date(2026, 3, 16)].overdue) == (20, None)
    assert (days[date(2026, 3, 17)].number, days[date(2026, 3, 17)].overdue) == (None, 1)
    assert (days[date(2026, 3, 21)].number, days[date(2026, 3, 21)].overdue) == (None, None)  # a Saturday
    assert days[date(2026, 3, 30)].overdue == explanation.clock.overdue_days == 10


def test_a_supposed_last_day_is_not_marked() -> None:
    explanation = why("02-18", *EXAMINED[:3])

    assert explanation.assumes_resumption
    assert not any(day.is_due for day in explanation.days)


def test_an_overdue_decision_cites_the_remedy() -> None:
    explanation = why("03-30", *EXAMINED[:2])

    assert explanation.lawsuit is not None
    assert (explanation.lawsuit.from_on, explanation.lawsuit.until_on) == (date(2026, 3, 17), date(2026, 9, 16))
    assert "六个月" in by_subject(explanation)[Subject.LAWSUIT].quote


def test_silence_that_decided_is_cited() -> None:
    explanation = by_subject(why("02-27", EXAMINED[0], clock="intake#1"))

    assert explanation[Subject.SILENCE].detail == "deemed_accepted"
    assert explanation[Subject.SILENCE].quote.endswith("逾期不告知的，自收到申请材料之日起即为受理")


def test_a_rule_written_out_has_notices_and_no_articles_of_a_law() -> None:
    explanation = explain(expand(LAW), EXAMINED, china(), at("02-27"), None, "decision")
    result = documented(explanation, None, "single", china(), china().as_known(date(2026, 2, 27)))

    assert result.authorities == ()
    assert [notice.id for notice in result.notices] == ["CN-2026"]


def test_calendar_days_and_a_last_day_that_moves_are_cited_from_the_special_law() -> None:
    events = (happened("received", "03-02"), happened("accepted", "03-03"))
    explanation = by_subject(why_elsewhere("cn-licensing@2019-04-23/eia_report", "05-06", *events))

    assert explanation[Subject.LENGTH].article == "环境影响评价法 22(3)"
    assert (explanation[Subject.UNIT].detail, explanation[Subject.UNIT].confidence) == ("calendar_day", "decision")
    assert explanation[Subject.LAST_DAY].article == "民法典 203(1)"  # 60 days from 2 March end on Labour Day


def test_a_term_that_ended_a_dutch_suspension_is_shown() -> None:
    request = happened("suspend", "03-10", sid="s1", reason="supplement", planned_until=date(2026, 4, 7))
    longer = [happened("extension", f"04-2{day}", days=42, id=f"x{day}") for day in (0, 1)]
    explanation = why_elsewhere("nl-awb@2009-10-01", "04-22", happened("received", "03-02"), request, *longer)

    (suspension,) = explanation.suspensions
    assert (suspension.end, suspension.until_on, suspension.days_out, suspension.overran) == (
        End.TERM,
        date(2026, 4, 7),
        28,
        False,
    )
    assert suspension.article == "Awb 4:15(1)(a)"
    assert by_subject(explanation)[Subject.FIRST_DAY].article == "Awb 4:13(2)"
    assert [extension.void for extension in explanation.extensions] == ["", "extension_repeated"]


@pytest.mark.parametrize(
    ("reason", "article"),
    [("force_majeure", "Awb 4:15(1)(b), (3)"), ("applicant_delay", None), ("supplement", None)],
)
def test_the_notice_of_a_suspension_is_cited_where_the_law_asks_for_one(reason: str, article: str | None) -> None:
    """The Dutch article on suspension is no duty to say how long it takes, but on some of its grounds."""
    suspended = happened("suspend", "03-09", sid="s", reason=reason)
    explanation = why_elsewhere("nl-wabo@2010-10-01", "03-20", happened("received", "03-02"), suspended)
    notice = by_subject(explanation).get(Subject.NOTICE)
    assert (notice.article if notice else None) == article


def golden() -> Iterator[tuple[Vector, Explanation]]:
    """Every clock of every golden vector at its last question, documented by the Licensing Law."""
    with gzip.open(VECTORS, "rt", encoding="utf-8") as lines:
        vectors = [msgspec.json.decode(line, type=Vector) for line in lines]
    for vector in vectors:
        question, book = vector.as_of[-1], shipped()[vector.calendar]
        timeline = Timeline(vector.rule.zone, vector.events)
        calendar = book.as_known((question.known or question.t).astimezone(at("01-01").tzinfo).date())
        for name in evaluate(vector.rule, timeline, book, question.t, question.known).clocks:
            explanation = explain(vector.rule, timeline, book, question.t, question.known, name)
            yield vector, documented(explanation, LAW, vector.rule.mode, book, calendar)


def test_every_golden_vector_is_documented() -> None:
    seen: set[Subject] = set()
    for vector, explanation in golden():
        result, kind = by_subject(explanation), kind_of(explanation.name)
        assert result[Subject.LENGTH].quote, vector.id
        assert result[Subject.UNIT].quote, vector.id
        assert (Subject.FIRST_DAY in result) == bool(explanation.clock.length), vector.id
        assert (Subject.SUSPENDED_DAYS in result) == any(suspension.stops for suspension in explanation.suspensions), (
            vector.id
        )
        assert (Subject.SILENCE in result) == (explanation.clock.state in SILENT), vector.id
        assert (Subject.LAWSUIT in result) == (kind == "decision" and explanation.clock.state is State.OVERDUE), (
            vector.id
        )
        assert {day.notice for day in explanation.days} - {""} == {notice.id for notice in explanation.notices}, (
            vector.id
        )
        assert all(notice.title and notice.numbers for notice in explanation.notices if notice.id.startswith("CN-")), (
            vector.id
        )
        assert (
            sum(extension.days for extension in explanation.extensions if not extension.void) == explanation.extended
        ), vector.id
        out = {(sid, reason) for day in explanation.days for sid, reason in day.suspended_by}
        assert out <= {
            (suspension.sid, suspension.ground) for suspension in explanation.suspensions if suspension.stops
        }, vector.id
        lost = sum(
            day.reason is DayReason.SUSPENDED and day.phase is not DayPhase.AFTER_DUE for day in explanation.days
        )
        assert sum(suspension.days_out for suspension in explanation.suspensions) >= lost, vector.id
        seen |= result.keys()
    assert seen >= set(Subject) - {Subject.LAST_DAY}, "no vector rolls; every other subject is met"
