"""The legal-person base: days as known at instants, codes, merges; and the words that texts are found by."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st
from msgspec import structs

from domain.core.ledger import Recorded
from domain.examples.legal_person import BRANCH, LEGACY, PERSON, person_entries
from domain.legal_person.codes import is_legacy, organisation_code
from domain.legal_person.registration import LegalPersonChanged, LegalPersonRegistered
from domain.legal_person.state import LegalPerson, Particulars, PersonKind, stream_of
from domain.messages import AnyFact, Entry
from domain.streams import replay
from projections.information.words import forms, plain, question, vector, words
from projections.legal_person.fold import Persons
from projections.view import Rows, fold
from tests.examples import LAW, MANAGER

VIEW = Persons()
START = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
COLUMNS = {table.name: [name for name, _ in table.columns] for table in VIEW.tables}


def rows_of(entries: list[Entry]) -> Rows:
    folded = fold((VIEW,), entries[0].stream, entries)
    return VIEW.rows(folded.states["persons"], folded.project)


def believed(rows: Rows, day: date, known: datetime) -> list[str]:
    """The names of the rows that hold on *day* as known at *known*."""
    persons = []
    for row in rows["person"]:
        person = dict(zip(COLUMNS["person"], row, strict=True))
        in_days = (person["valid_from"] or date.min) <= day < (person["valid_to"] or date.max)
        if (
            in_days
            and person["known_from"] <= known
            and (person["known_until"] is None or known < person["known_until"])
        ):
            persons.append(person["name"])
    return persons


def test_a_change_holds_from_its_day_and_is_known_from_its_recording() -> None:
    rows = rows_of(person_entries(LAW, PERSON))
    recorded = datetime.fromisoformat("2026-02-24T09:10:00+08:00")
    before = recorded - timedelta(minutes=1)

    assert believed(rows, date(2019, 11, 5), recorded) == ["恒信材料有限公司"]
    assert believed(rows, date(2019, 11, 6), recorded) == ["恒信新材料有限公司"]
    assert believed(rows, date(2019, 11, 6), before) == ["恒信材料有限公司"]
    assert believed(rows, date(2019, 11, 6), before - timedelta(days=1)) == []


def test_a_stretch_of_days_is_shown_with_its_source() -> None:
    rows = rows_of(person_entries(LAW, PERSON))
    current = [dict(zip(COLUMNS["person"], row, strict=True)) for row in rows["person"] if row[17] is None]

    assert [(row["valid_from"], row["valid_to"], row["source"]) for row in current] == [
        (None, date(2019, 11, 6), "营业执照"),
        (date(2019, 11, 6), None, "变更登记通知书（示例）"),
    ]
    assert {row["known_by"] for row in current} == {"wang.min"}


def test_a_person_is_found_by_its_own_code_the_older_one_in_it_and_linked_ones() -> None:
    codes = {
        code: {row[1]: row[2] for row in rows_of(person_entries(LAW, code))["person_code"]} for code in (PERSON, BRANCH)
    }

    assert not is_legacy(organisation_code(PERSON)), "nobody was ever known by what does not check"
    assert codes[PERSON] == {PERSON: "unified", LEGACY: "linked"}
    assert codes[BRANCH] == {BRANCH: "unified", "765409211": "organisation"}


def test_a_merge_holds_until_it_is_taken_back() -> None:
    first, second = rows_of(person_entries(LAW, BRANCH))["person_merge"]

    assert (first[2], first[3], first[4]) == (BRANCH, stream_of(PERSON), PERSON)
    assert first[9] is not None
    assert first[10] is not None
    assert (second[9], second[10]) == (None, None)


@for_any(st.lists(st.tuples(st.integers(1, 28), st.sampled_from(["a", "b", "c"])), max_size=8))
def test_what_was_known_at_an_instant_is_what_a_replay_until_then_says(changes: list[tuple[int, str]]) -> None:
    stream = stream_of(PERSON)
    first = LegalPersonRegistered(code=PERSON, particulars=Particulars(name="first", kind=PersonKind.COMPANY))
    facts: list[AnyFact] = [first, *(_changed(day, name) for day, name in changes)]
    entries = [
        Entry(stream, nth, START, START + timedelta(hours=nth), fact, Recorded(MANAGER, UUID(int=nth), LAW.name))
        for nth, fact in enumerate(facts, 1)
    ]
    rows = rows_of(entries)

    for entry in entries:
        person = replay(stream, entries[: entry.version])
        assert isinstance(person, LegalPerson)
        for day in range(1, 29):
            on = date(2020, 1, day)
            assert believed(rows, on, entry.recorded_at) == [person.on(on).name]


def _changed(day: int, name: str) -> LegalPersonChanged:
    return LegalPersonChanged(particulars=Particulars(name=name), effective_on=date(2020, 1, day), source="notice")


def test_rows_don_t_depend_on_how_the_entries_came() -> None:
    entries = person_entries(LAW, PERSON)
    folded = fold((VIEW,), entries[0].stream, entries[:1])
    for entry in entries[1:]:
        entry.fact.apply(folded.project)
        folded.project.version = entry.version
        VIEW.fold(folded.states["persons"], entry, folded.project)

    assert VIEW.rows(folded.states["persons"], folded.project) == rows_of(entries)


def test_two_changes_known_at_once_leave_the_later_one() -> None:
    first, second, *_ = person_entries(LAW, PERSON)
    again = structs.replace(second, version=3, fact=_changed(1, "other"))
    rows = rows_of([first, second, again])

    assert believed(rows, date(2020, 1, 1), second.recorded_at) == ["other"]


def test_chinese_is_kept_as_characters_and_pairs_and_all_else_as_words() -> None:
    assert words("恒信材 Fab-2") == {"恒", "信", "材", "恒信", "信材", "fab", "2"}
    assert vector([("A", "恒信"), ("D", "恒信 fab")]) == "'fab':4D '信':1A '恒':1A '恒信':1A"
    assert plain("ＡＢ　Ｃ") == "ab c"


@pytest.mark.parametrize(
    ("query", "sought"),
    [
        ("恒信材", "'恒信' & '信材'"),
        ("材", "'材'"),
        ("Composites", "('composites':* | 'composit':* | 'composite':*)"),
        ("  ", ""),
        ("&|!'", ""),
        ("2603-42", "('2603':*) & ('42':*)"),
    ],
)
def test_a_question_is_put_in_the_same_words(query: str, sought: str) -> None:
    assert question(query).words == sought


def test_what_a_word_may_be_a_form_of() -> None:
    assert forms("factories") == ["factories", "factory", "factori", "factorie"]
    assert forms("building") == ["building", "build", "builde"]
    assert forms("factory") == ["factory", "factories"]
    assert forms("glass") == ["glass"]
    assert forms("bus") == ["bus"]
    assert forms("r2s") == ["r2s"]
