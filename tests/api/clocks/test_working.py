"""The working behind a clock as people read it: every citation, quotation, act and notice, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape

import pytest

from api.clocks.display import clock_functions
from api.html.citations import cited
from api.html.page import PageAddress, PageContext, templates
from api.html.translations import TABLES, Language
from domain.examples.story import STORIES, story_entries
from domain.law.authority import Subject
from domain.law.explained_acts import End
from domain.law.licensing.clock import State
from domain.law.licensing.explain import Explanation
from domain.law.packs.pack import Extension
from infrastructure.law.lawbook import law_book
from projections.clocks.explanation import explanation
from projections.clocks.law_events import item_histories
from projections.clocks.reading import read
from tests.effort import chosen
from tests.examples import LAW
from tests.law.questions import at, happened
from tests.law.test_documented import golden, why_elsewhere

LANGUAGES: tuple[Language, ...] = ("zh", "en")
TAG = re.compile(r"<[^>]+>")
TEMPLATE = (
    '{% from "working.html" import document with context %}{% from "days.html" import day_table with context %}'
    '{{ document(explained, "working_day") }}{{ day_table(bureau("days"), "", explained) }}'
)
FILED = happened("received", "03-02")
ASKED = happened("suspend", "03-10", sid="s1", reason="supplement")
LONGER = happened("extension", "03-12", days=7)

APPROVERS, CONFIDENCES, DETAILS = TABLES["approver_of"], TABLES["confidence_of"], TABLES["detail_of"]
SUBJECTS, VOID, WORKING = TABLES["subject_of"], TABLES["void_because"], TABLES["working"]


def paper(lang: Language) -> PageContext:
    return PageContext(PageAddress(query={"lang": lang}), LAW.name)


LOOKED_AT = datetime(2026, 6, 1, tzinfo=UTC)
PAPERS = {lang: paper(lang) for lang in LANGUAGES}
PAGE = templates.from_string(TEMPLATE)


def printed(explained: Explanation, lang: Language) -> str:
    """What is to be read of *explained*."""
    on = PAPERS[lang]
    words = on.context(explained=explained, **clock_functions(on, LOOKED_AT))
    return " ".join(unescape(TAG.sub("\n", PAGE.render(words))).split())


def flat(text: str) -> str:
    return " ".join(text.split())


def check(explained: Explanation, lang: Language) -> None:
    """Everything that *explained* rests on is there to be read."""
    text, column = printed(explained, lang), LANGUAGES.index(lang)
    for authority in explained.authorities:
        assert cited(authority.article, lang) in text
        assert flat(authority.quote) in text
        assert SUBJECTS[authority.subject][column] in text
        assert not authority.detail or authority.detail not in DETAILS or DETAILS[authority.detail][column] in text
        assert flat(authority.note_zh if lang == "zh" else authority.note) in text
        assert authority.confidence == "text" or CONFIDENCES[authority.confidence][column] in text
    for stop in explained.suspensions:
        assert flat(stop.title_zh if lang == "zh" else stop.title) in text
        assert (cited(stop.article, lang) or "–") in text
        assert flat(stop.quote) in text
        assert str(stop.from_on) in text
        assert WORKING["told_yes" if stop.notified else "told_no"][column] in text
        assert WORKING[stop.end][column] in text
        assert not stop.planned_until or WORKING["planned_until"][column].format(day=stop.planned_until) in text
        assert not stop.recorded or stop.recorded.by in text
    for longer in explained.extensions:
        assert (cited(longer.article, lang) or "–") in text
        assert flat(longer.quote) in text
        assert flat(longer.reasons) in text
        assert longer.approved_by in text
        assert APPROVERS.get(longer.approver, ("", ""))[column] in text
        assert VOID.get(longer.void, ("", ""))[column] in text
    for notice in explained.notices:
        assert (notice.title or notice.id) in text
        assert all(cited(number, lang) in text for number in notice.numbers)
        assert all(address in text for address in notice.addresses)
        assert WORKING["published"][column].format(day=notice.published) in text
    late = [day.overdue for day in explained.days if day.overdue]
    assert text.count(WORKING["due_mark"][column]) == sum(day.is_due for day in explained.days)
    assert not late or WORKING["overdue_mark"][column].format(number=late[-1]) in text


@pytest.mark.long
def test_every_golden_vector_shows_what_it_rests_on() -> None:
    seen = 0
    for _, explained in golden():
        for lang in chosen(LANGUAGES[seen % 2 :][:1], LANGUAGES):  # in the suite in turn
            check(explained, lang)
        seen += 1
    assert seen > 377


def every_explanation() -> Iterator[Explanation]:
    """Every clock of every story of the examples, while its items are under way and at the end."""
    stories = [story_entries(LAW), *(story_entries(LAW, project, steps) for project, steps in STORIES)]
    for entries in stories:
        for t in (at("03-20"), at("04-10"), max(entry.recorded_at for entry in entries)):
            known = [entry for entry in entries if entry.recorded_at <= t]
            for history in item_histories(known).values():
                reading = read(history, law_book(), t, t)
                for clock in reading.clocks if reading else ():
                    yield explanation(history, law_book(), clock.clock, t, t, known)


def test_every_story_of_the_examples_shows_what_it_rests_on() -> None:
    explanations = list(every_explanation())
    for explained in explanations:
        for lang in LANGUAGES:
            check(explained, lang)
    assert any(stop.recorded and stop.end_recorded for explained in explanations for stop in explained.suspensions)
    assert any(longer.approved_by for explained in explanations for longer in explained.extensions)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "law",
    [name for name in law_book().names if law_book().pack(name).zone != "Asia/Shanghai"]
    + ["cn-licensing@2019-04-23/eia_report", "cn-licensing@2019-04-23/construction_permit"],
)
def test_every_other_law_shows_what_it_rests_on(law: str, lang: Language) -> None:
    explained = why_elsewhere(law, "05-20", FILED, ASKED, LONGER)
    check(explained, lang)
    assert {Subject.LENGTH, Subject.UNIT, Subject.FIRST_DAY} <= {
        authority.subject for authority in explained.authorities
    }


def test_there_are_words_for_everything_that_may_be_shown() -> None:
    approvers = {
        extension.approver
        for name in law_book().names
        for pack in [law_book().pack(name)]
        for law in (pack, *map(pack.under, pack.specials))
        for terms in law.clocks.values()
        for extension in (terms.extension, *(mode.extension for mode in terms.modes.values()))
        if isinstance(extension, Extension)
    }
    assert approvers <= APPROVERS.keys()
    assert set(Subject) == SUBJECTS.keys()
    assert set(End) <= WORKING.keys()
    assert all(chinese != english for chinese, english in [*SUBJECTS.values(), *VOID.values(), *APPROVERS.values()])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_code_is_left_on_the_page(lang: Language) -> None:
    for explained in every_explanation():
        text = printed(explained, lang)
        codes = [flag for flag in (*VOID, *APPROVERS, *DETAILS, *State) if "_" in flag and flag in text]
        assert codes == []
