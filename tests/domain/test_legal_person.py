"""A legal person is registered once, changes since a day, is found by older codes, and may be merged and separated."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
import pytest

from domain.core.context import Context
from domain.core.ledger import Actor, Command, Fact, Refused
from domain.core.refusals import REFUSAL_CODES
from domain.examples.legal_person import BRANCH, LEGACY, PERSON, PERSON_EXAMPLES, REGISTERED_PERSON, person_entries
from domain.legal_person.codes import organisation_code
from domain.legal_person.identity import (
    LegacyCodeLinked,
    LegalPersonMerged,
    LegalPersonSeparated,
    LinkLegacyCode,
    MergeLegalPerson,
    SeparateLegalPerson,
    require_survivor,
)
from domain.legal_person.registration import ChangeLegalPerson, LegalPersonRegistered, RegisterLegalPerson
from domain.legal_person.state import LegalPerson, Particulars, PersonKind, PersonStanding, stream_of
from domain.project.application.submission import SubmitItem
from domain.streams import LEGAL_PERSON, decide, replay
from tests.examples import APPLICANT, BUREAU, LAND, LAW, MANAGER

NOW = datetime.fromisoformat("2026-03-16T09:00:00+08:00")
RENAME = ChangeLegalPerson(
    code=PERSON, particulars=Particulars(name="恒信新材料"), effective_on=date(2019, 11, 6), source="变更通知书"
)
LINK = LinkLegacyCode(code=PERSON, legacy="D2143569-X", source="组织机构代码证")
MERGE = MergeLegalPerson(code=PERSON, into=BRANCH, reasons="同一企业")
SEPARATE = SeparateLegalPerson(code=PERSON, reasons="两家企业")


class Desk:
    """One person's stream, and what became of everything said to it."""

    def __init__(self, *commands: Command) -> None:
        self.person = LegalPerson(stream_of(PERSON))
        for command in commands:
            self.say(command)

    def say(self, command: Any, by: Actor = MANAGER) -> tuple[Fact, ...]:
        facts: tuple[Any, ...] = decide(command, self.person, Context(by, NOW, NOW, LAW))
        for fact in facts:
            fact.apply(self.person)
            self.person.version += 1
        return facts

    def refused(self, code: str, command: Any, by: Actor = MANAGER) -> Refused:
        before = msgspec.json.encode(self.person)
        with pytest.raises(Refused) as caught:
            self.say(command, by)
        assert caught.value.code == code
        assert code in REFUSAL_CODES
        assert msgspec.json.encode(self.person) == before
        return caught.value


def test_a_person_is_registered_once_and_with_a_right_code() -> None:
    desk = Desk()
    wrong = RegisterLegalPerson(code=PERSON.lower(), particulars=REGISTERED_PERSON.particulars)
    nameless = msgspec.structs.replace(REGISTERED_PERSON, particulars=Particulars(kind=PersonKind.COMPANY))
    tomorrow = Particulars(name="x", kind=PersonKind.OTHER, founded_on=date(2026, 3, 17))

    desk.refused("wrong-role", REGISTERED_PERSON, APPLICANT)
    desk.refused("wrong-person", wrong)
    desk.refused("particulars-missing", nameless)
    desk.refused("in-the-future", msgspec.structs.replace(REGISTERED_PERSON, particulars=tomorrow))
    assert desk.say(REGISTERED_PERSON, LAND) == (
        LegalPersonRegistered(code=PERSON, particulars=REGISTERED_PERSON.particulars, source="营业执照"),
    )
    desk.refused("person-registered", REGISTERED_PERSON)


def test_a_mistyped_code_is_refused_where_it_would_stand() -> None:
    code = "91420100MA0HX2026F"
    person = LegalPerson(stream_of(code))
    with pytest.raises(Refused, match="should be E, not F"):
        RegisterLegalPerson(code=code, particulars=REGISTERED_PERSON.particulars).decide(
            person, Context(MANAGER, NOW, NOW, LAW)
        )


def test_an_unregistered_person_has_no_record() -> None:
    for command in (RENAME, LINK, MERGE):
        Desk().refused("unknown-person", command)
    Desk().refused("not-merged", SEPARATE)


def test_changes_hold_since_their_day_in_whatever_order_they_are_recorded() -> None:
    earlier = ChangeLegalPerson(
        code=PERSON,
        particulars=Particulars(name="恒信化工", status=PersonStanding.SUSPENDED),
        effective_on=date(2015, 1, 1),
        source="档案",
    )
    person = Desk(REGISTERED_PERSON, RENAME, earlier).person

    assert person.names == ["恒信材料有限公司", "恒信化工", "恒信新材料"]
    assert person.now.name == "恒信新材料"
    assert person.now.status is PersonStanding.SUSPENDED
    assert person.now.address == "高新大道1号"
    assert [person.on(date(year, 1, 1)).name for year in (2010, 2014, 2015, 2019, 2020)] == [
        "恒信材料有限公司",
        "恒信材料有限公司",
        "恒信化工",
        "恒信化工",
        "恒信新材料",
    ]


def test_of_two_changes_for_one_day_the_last_recorded_counts() -> None:
    again = msgspec.structs.replace(RENAME, particulars=Particulars(name="恒信新材料有限公司"))

    assert Desk(REGISTERED_PERSON, RENAME, again).person.now.name == "恒信新材料有限公司"
    assert Desk(REGISTERED_PERSON, again, RENAME).person.now.name == "恒信新材料"


def test_a_change_says_what_since_when_and_from_where() -> None:
    desk = Desk(REGISTERED_PERSON)

    desk.refused("particulars-missing", msgspec.structs.replace(RENAME, particulars=Particulars()))
    desk.refused("change-unsourced", msgspec.structs.replace(RENAME, source=" "))
    desk.refused("in-the-future", msgspec.structs.replace(RENAME, effective_on=date(2026, 3, 17)))
    desk.refused("wrong-role", RENAME, BUREAU)


def test_older_codes_lead_to_the_person() -> None:
    desk = Desk(REGISTERED_PERSON)
    own = LinkLegacyCode(code=PERSON, legacy=organisation_code(PERSON), source="x")

    desk.refused("legacy-unproved", msgspec.structs.replace(LINK, source=""))
    desk.refused("organisation-code-invalid", msgspec.structs.replace(LINK, legacy="D2143569-1"))
    desk.refused("organisation-code-invalid", own)  # this example's own nine characters check by GB 32100 alone
    assert desk.say(LINK) == (LegacyCodeLinked(legacy=LEGACY, source="组织机构代码证"),)
    desk.refused("legacy-linked", LINK)
    assert desk.person.legacy == {LEGACY: "组织机构代码证"}


def test_the_code_that_is_part_of_the_unified_code_needs_no_link() -> None:
    code = "91420100D2143569XL"
    person = LegalPerson(stream_of(code))
    RegisterLegalPerson(code=code, particulars=REGISTERED_PERSON.particulars).decide(
        person, Context(MANAGER, NOW, NOW, LAW)
    )[0].apply(person)  # type: ignore[attr-defined]  # every fact of ours applies

    assert (person.legacy, organisation_code(person.code)) == ({}, LEGACY)
    with pytest.raises(Refused, match="already linked"):
        LinkLegacyCode(code=code, legacy=LEGACY).decide(person, Context(MANAGER, NOW, NOW, LAW))


def test_a_merge_is_a_fact_that_can_be_taken_back() -> None:
    desk = Desk(REGISTERED_PERSON)
    desk.refused("merge-circle", msgspec.structs.replace(MERGE, into=PERSON))
    desk.refused("uscc-invalid", msgspec.structs.replace(MERGE, into=BRANCH.lower()))
    desk.refused("reasons-missing", msgspec.structs.replace(MERGE, reasons=" "))

    assert desk.say(MERGE) == (LegalPersonMerged(into=BRANCH, reasons="同一企业"),)
    for command in (RENAME, LINK, MERGE):
        assert desk.refused("person-merged", command).details["into"] == BRANCH
    desk.refused("reasons-missing", msgspec.structs.replace(SEPARATE, reasons=""))
    assert desk.say(SEPARATE) == (LegalPersonSeparated(was_into=BRANCH, reasons="两家企业"),)
    assert desk.say(RENAME)


def test_a_merge_into_an_unknown_or_merged_person_is_refused() -> None:
    with pytest.raises(Refused, match="no legal person"):
        require_survivor(PERSON, LegalPerson(stream_of(PERSON)))
    with pytest.raises(Refused, match="was itself merged"):
        require_survivor(PERSON, Desk(REGISTERED_PERSON, MERGE).person)
    require_survivor(PERSON, Desk(REGISTERED_PERSON).person)


def test_the_story_holds_an_example_of_every_command_and_fact() -> None:
    entries = [*person_entries(LAW, PERSON), *person_entries(LAW, BRANCH)]

    assert set(PERSON_EXAMPLES) == set(LEGAL_PERSON.by_tag)
    assert {type(entry.fact) for entry in entries} == set(LEGAL_PERSON.facts)
    assert [person.merged_into for person in (_replayed(PERSON), _replayed(BRANCH))] == ["", PERSON]


def _replayed(code: str) -> LegalPerson:
    state = replay(stream_of(code), person_entries(LAW, code))
    assert isinstance(state, LegalPerson)
    return state


def test_a_person_is_no_project() -> None:
    with pytest.raises(Refused, match="is a legal person"):
        decide(SubmitItem(item="land"), _replayed(PERSON), Context(MANAGER, NOW, NOW, LAW))
