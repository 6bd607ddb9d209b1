"""A changed law and the cases under way: each stays under the version of its acceptance, or receipt."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from importlib.resources import files
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from msgspec import structs

from domain.core.ledger import Actor, Refused
from domain.core.plan import PlannedItem
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem
from domain.project.application.extension import ExtendLimit
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from infrastructure.law.lawbook import LawBook, law_book
from infrastructure.ledger.approvals import Approvals
from projections.clocks.query import ClocksAt
from projections.clocks.reading import Reading
from tests.examples import APPLICANT, LAND, MANAGER

OLD, NEW = "cn-licensing@2004-07-01", "cn-licensing@2019-04-23"
BUILDING = "construction_permit"  # fifteen days until 2019-04-23, seven since (Construction Law 8)
ITEMS = tuple(PlannedItem(item=code, department="land", special=BUILDING) for code in ("before", "across", "after"))
REGISTER = RegisterProject(name="Fab 4", enterprise=Enterprise("Hengxin"), manager="wang", items=ITEMS)
HANDS = [datetime.fromisoformat("2019-04-01T09:00:00+08:00")]

DatedCommand = tuple[str, Actor, AnyCommand]
COMMANDS: list[DatedCommand] = [
    ("04-01", MANAGER, REGISTER),
    ("04-10", APPLICANT, SubmitItem(item="before")),
    ("04-11", APPLICANT, SubmitItem(item="across")),
    ("04-18", LAND, AcceptItem(item="before")),
    ("04-23", LAND, AcceptItem(item="across")),
    ("04-23", APPLICANT, SubmitItem(item="after")),
    ("04-24", LAND, AcceptItem(item="after")),
]


@pytest_asyncio.fixture
async def approvals(database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(database_url, clock=lambda: HANDS[0]) as opened:
        yield opened


async def carry_out(approvals: Approvals, what: Sequence[DatedCommand]) -> UUID:
    """A project that was sent these commands, each at nine on its day of 2019."""
    project = uuid4()
    for day, by, command in what:
        HANDS[0] = datetime.fromisoformat(f"2019-{day}T09:00:00+08:00")
        await approvals.handle(project, command, by, uuid4())
    return project


async def decisions(approvals: Approvals, project: UUID, t: str) -> dict[str, Reading]:
    """The decision clock of each item."""
    at = datetime.fromisoformat(f"2019-{t}T12:00:00+08:00")
    items = await ClocksAt(approvals.store, approvals.laws, at, at).of_project(project)
    return {clock.item: clock for item in items for clock in item.clocks if clock.clock == "decision"}


async def test_the_version_at_acceptance_stays_with_the_case(approvals: Approvals) -> None:
    clocks = await decisions(approvals, await carry_out(approvals, COMMANDS), "04-25")

    assert {item: (clock.law, clock.length, clock.due_on) for item, clock in clocks.items()} == {
        "before": (f"{OLD}/{BUILDING}", 15, date(2019, 4, 25)),
        "across": (f"{NEW}/{BUILDING}", 7, date(2019, 4, 18)),  # received on the 11th, accepted under the new law
        "after": (f"{NEW}/{BUILDING}", 7, date(2019, 4, 30)),
    }


async def test_until_it_is_accepted_it_is_under_the_version_of_its_receipt(approvals: Approvals) -> None:
    project = await carry_out(approvals, COMMANDS[:3])
    clocks = await decisions(approvals, project, "04-30")

    assert {clock.law for clock in clocks.values()} == {f"{OLD}/{BUILDING}"}
    assert clocks["across"].due_on == date(2019, 4, 26)


def book(old: str, new: str) -> LawBook:
    """The two versions, with *old* in the text of the newer one replaced by *new*."""
    folder = files("domain.law") / "packs"
    texts = {name: (folder / "cn-licensing" / f"{name[-10:]}.toml").read_text("utf-8") for name in (OLD, NEW)}
    texts[NEW] = texts[NEW].replace(old, new, 1)
    shipped = {"cn.json": (files("domain.law") / "calendar" / "data" / "cn.json").read_bytes()}
    return LawBook(texts, shipped, tomllib.loads((folder / "DIGESTS.toml").read_text("utf-8")))


async def test_a_pack_may_leave_what_was_received_before_it_under_the_old_law(database_url: str) -> None:
    laws = book('calendar = "CN"\n', 'calendar = "CN"\ntransition = "received"\n')
    async with Approvals(database_url, clock=lambda: HANDS[0], laws=laws) as approvals:
        clocks = await decisions(approvals, await carry_out(approvals, COMMANDS), "04-25")

    assert {item: (clock.law, clock.due_on) for item, clock in clocks.items()} == {
        "before": (f"{OLD}/{BUILDING}", date(2019, 4, 25)),
        "across": (f"{OLD}/{BUILDING}", date(2019, 4, 26)),
        "after": (f"{NEW}/{BUILDING}", date(2019, 4, 30)),
    }


async def test_what_follows_is_decided_under_the_version_of_the_acceptance(database_url: str) -> None:
    """The newer text is made to allow five days more instead of ten: not to what was accepted before it."""
    plain = REGISTER.items[:2]
    register = structs.replace(REGISTER, items=tuple(structs.replace(plan, special="") for plan in plain))
    without_last = [
        ("04-01", MANAGER, register),
        *(sent for sent in COMMANDS[1:] if getattr(sent[2], "item", "") != "after"),
    ]
    async with Approvals(database_url, clock=lambda: HANDS[0], laws=book("days_max = 10", "days_max = 5")) as approvals:
        project = await carry_out(approvals, without_last)
        longer = ExtendLimit(item="before", days=10, reasons="复杂", approver="agency_head")
        await approvals.handle(project, longer, LAND, uuid4())
        with pytest.raises(Refused) as refused:
            await approvals.handle(project, structs.replace(longer, item="across"), LAND, uuid4())
        state = await approvals.project(project)

    assert (refused.value.code, refused.value.article) == ("extension-exceeds-limit", "行政许可法 42(1)")
    assert {code: item.law for code, item in state.items.items()} == {"before": OLD, "across": NEW}


def test_both_texts_set_the_same_periods_and_one_special_law_differs() -> None:
    old, new = law_book().pack(OLD), law_book().pack(NEW)
    for mode in old.modes:
        assert old.limit(mode) == new.limit(mode)
        assert old.extension("decision", mode) == new.extension("decision", mode)
    for clock in ("intake", "lower_review", "delivery", "hearing_request", "hearing_hold", "renewal_filing"):
        assert old.limit(clock=clock) == new.limit(clock=clock)
    assert (old.under(BUILDING).limit().days, new.under(BUILDING).limit().days) == (15, 7)
    assert law_book().in_force("cn-licensing", date(2019, 4, 22)) is old
    assert law_book().in_force("cn-licensing", date(2019, 4, 23)) is new
