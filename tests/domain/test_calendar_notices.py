"""A notice is imported, approved by a second person where it changes the past, applied, or withdrawn before that."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar.notice import (
    ApplyNotice,
    ApproveNotice,
    ImportNotice,
    NoticeApplied,
    NoticeApproved,
    NoticeImported,
    NoticeWithdrawn,
    WithdrawNotice,
)
from domain.calendar.state import Calendar, stream_of
from domain.core.context import Context
from domain.core.ledger import Actor, Command, Fact, Refused, Role
from domain.core.refusals import REFUSAL_CODES
from tests.examples import APPLICANT, BUREAU, LAND, LAW, LEADER

NOW = datetime.fromisoformat("2026-11-05T09:00:00+08:00")
PAPERS = ("https://www.gov.cn/zhengce/2026/notice.htm",)
NEXT_YEAR = ImportNotice(
    calendar="CN",
    notice="CN-2027",
    published=date(2026, 11, 4),
    covers_to=date(2027, 12, 28),
    papers=PAPERS,
    days={date(2027, 10, 1): 0, date(2027, 1, 1): 0, date(2027, 2, 14): 1},
    title="国务院办公厅关于2027年部分节假日安排的通知",
)
SUDDEN = ImportNotice(
    calendar="CN", notice="CN-2026-2", published=date(2026, 11, 4), papers=PAPERS, days={date(2026, 11, 3): 0}
)
APPROVE, APPLY = (
    ApproveNotice(calendar="CN", notice="CN-2026-2"),
    ApplyNotice(calendar="CN", notice="CN-2026-2"),
)
WITHDRAW = WithdrawNotice(calendar="CN", notice="CN-2026-2", reasons="抄错一天")


class Desk:
    """The calendar CN, and what became of everything said to it."""

    def __init__(self) -> None:
        self.calendar = Calendar(stream_of("CN"))
        self.facts: list[Any] = []

    def say(self, command: Any, by: Actor = BUREAU, at: datetime = NOW) -> tuple[Fact, ...]:
        facts: tuple[Any, ...] = command.decide(self.calendar, Context(by, at, at, LAW))
        for fact in facts:
            fact.apply(self.calendar)
            self.facts.append(fact)
        return facts

    def refused(self, code: str, command: Any, by: Actor = BUREAU, at: datetime = NOW) -> Refused:
        before = msgspec.json.encode(self.calendar)
        with pytest.raises(Refused) as caught:
            self.say(command, by, at)
        assert caught.value.code == code
        assert code in REFUSAL_CODES
        assert msgspec.json.encode(self.calendar) == before
        return caught.value


def changed(command: ImportNotice, **fields: Any) -> ImportNotice:
    return msgspec.structs.replace(command, **fields)


def test_a_notice_of_next_year_is_imported_and_applied_by_one_person() -> None:
    desk = Desk()

    (imported,) = desk.say(NEXT_YEAR)
    assert isinstance(imported, NoticeImported)
    assert (imported.by, imported.covers_to) == (BUREAU.id, date(2027, 12, 28))
    assert list(imported.days) == sorted(NEXT_YEAR.days)
    assert desk.calendar.applied() == []

    assert desk.say(ApplyNotice(calendar="CN", notice="CN-2027")) == (NoticeApplied(calendar="CN", notice="CN-2027"),)
    (notice,) = desk.calendar.applied()
    assert (notice.id, notice.title, notice.days_in_its_past) == ("CN-2027", NEXT_YEAR.title, ())


def test_what_changes_the_past_needs_a_second_person() -> None:
    desk = Desk()
    desk.say(SUDDEN)

    missing = desk.refused("approval-missing", APPLY, LEADER)
    assert missing.details["days"] == ["2026-11-03"]
    desk.refused("second-person", APPROVE, BUREAU)
    desk.refused("second-person", APPROVE, Actor(BUREAU.id, "elsewhere", Role.LEADER))

    assert desk.say(APPROVE, LEADER) == (NoticeApproved(calendar="CN", notice="CN-2026-2"),)
    desk.refused("notice-approved", APPROVE, LEADER)
    desk.say(APPLY)
    assert [notice.id for notice in desk.calendar.applied()] == ["CN-2026-2"]


@pytest.mark.parametrize("day", [date(2026, 11, 3), date(2026, 11, 4)])
def test_the_day_of_publication_is_already_the_past(day: date) -> None:
    desk = Desk()
    desk.say(changed(SUDDEN, days={day: 0}))
    desk.refused("approval-missing", APPLY)


def test_the_day_after_publication_is_not_the_past() -> None:
    desk = Desk()
    desk.say(changed(SUDDEN, days={date(2026, 11, 5): 0}))
    assert desk.say(APPLY)


def test_a_notice_is_withdrawn_with_reasons_and_may_come_again() -> None:
    desk = Desk()
    desk.say(SUDDEN)

    desk.refused("reasons-missing", changed_reasons(" "))
    assert desk.say(WITHDRAW) == (NoticeWithdrawn(calendar="CN", notice="CN-2026-2", reasons="抄错一天"),)
    for command in (APPROVE, APPLY, WITHDRAW):
        assert desk.refused("notice-settled", command, LEADER).details["stage"] == "withdrawn"

    desk.say(changed(SUDDEN, days={date(2026, 11, 6): 0}))
    desk.say(APPLY)
    assert [notice.days for notice in desk.calendar.applied()] == [{date(2026, 11, 6): 0}]


def changed_reasons(reasons: str) -> WithdrawNotice:
    return msgspec.structs.replace(WITHDRAW, reasons=reasons)


def test_an_applied_notice_stays() -> None:
    desk = Desk()
    desk.say(NEXT_YEAR)
    desk.say(ApplyNotice(calendar="CN", notice="CN-2027"))

    for command in (ApplyNotice, ApproveNotice):
        desk.refused("notice-settled", command(calendar="CN", notice="CN-2027"), LEADER)
    desk.refused("notice-settled", WithdrawNotice(calendar="CN", notice="CN-2027", reasons="错"))
    desk.refused("notice-repeated", NEXT_YEAR)


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("notice-empty", {"days": {}}),
        ("notice-unsourced", {"papers": ()}),
        ("notice-unsourced", {"papers": (" ", "")}),
        ("in-the-future", {"published": date(2026, 11, 6)}),
        ("horizon-too-far", {"covers_to": date(2028, 1, 1)}),
        ("wrong-calendar", {"calendar": "NL"}),
    ],
)
def test_what_is_no_notice_is_refused(code: str, fields: dict[str, Any]) -> None:
    assert Desk().refused(code, changed(NEXT_YEAR, **fields)).remedy


def test_today_is_the_day_where_the_law_holds() -> None:
    before_midnight = datetime.fromisoformat("2026-11-03T15:59:00+00:00")
    after = datetime.fromisoformat("2026-11-03T16:00:00+00:00")  # it is the 4th in Shanghai

    Desk().refused("in-the-future", NEXT_YEAR, at=before_midnight)
    assert Desk().say(NEXT_YEAR, at=after)


def test_the_same_notice_is_not_imported_twice() -> None:
    desk = Desk()
    desk.say(SUDDEN)
    desk.refused("notice-repeated", SUDDEN)
    desk.say(APPROVE, LEADER)
    desk.refused("notice-repeated", SUDDEN)


@pytest.mark.parametrize("by", [LAND, APPLICANT, Actor("wu", "", Role.AUDITOR)])
@pytest.mark.parametrize("command", [NEXT_YEAR, APPROVE, APPLY, WITHDRAW])
def test_the_calendar_is_not_for_everyone(command: Command, by: Actor) -> None:
    desk = Desk()
    if command is not NEXT_YEAR:
        desk.say(SUDDEN)
    desk.refused("wrong-role", command, by)


@pytest.mark.parametrize("command", [APPROVE, APPLY, WITHDRAW])
def test_an_unknown_notice_is_refused(command: Command) -> None:
    desk = Desk()
    desk.say(NEXT_YEAR)
    assert "CN-2027" in desk.refused("unknown-notice", command, LEADER).remedy


NOTICES = ("CN-2027", "CN-2026-2")
COMMANDS = [
    NEXT_YEAR,
    SUDDEN,
    *[kind(calendar="CN", notice=code) for kind in (ApproveNotice, ApplyNotice) for code in NOTICES],
    *[WithdrawNotice(calendar="CN", notice=code, reasons="错") for code in NOTICES],
]


@given(st.lists(st.tuples(st.sampled_from(COMMANDS), st.sampled_from([BUREAU, LEADER])), max_size=12))
def test_whatever_is_said_the_facts_lead_to_the_same_calendar(commands: list[tuple[Any, Actor]]) -> None:
    desk = Desk()
    for command, by in commands:
        with suppress(Refused):
            desk.say(command, by)

    replayed = Calendar(stream_of("CN"))
    for fact in msgspec.json.decode(
        msgspec.json.encode(desk.facts), type=list[NoticeImported | NoticeApproved | NoticeApplied | NoticeWithdrawn]
    ):
        fact.apply(replayed)
    assert replayed == desk.calendar
    for notice in replayed.notices.values():  # nothing that changes the past is applied by one person alone
        approvers = [
            fact for fact in desk.facts if isinstance(fact, NoticeApproved) and fact.notice == notice.notice.id
        ]
        assert notice.notice.id == "CN-2027" or notice.stage != "applied" or approvers
