"""The feed ends where the views of access have come to: an event of a project they do not know is not passed over."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from domain.access.principal import Caller, PrincipalKind
from domain.core.ledger import Role
from domain.project.application.registration import Enterprise, RegisterProject
from infrastructure.feed import horizon as horizons
from infrastructure.feed import reader
from infrastructure.feed.horizon import FeedHorizon, TailEvent
from infrastructure.feed.reader import Feed, FeedCriteria
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from tests.examples import MANAGER
from tests.infrastructure.projector.test_projector import project_all

WANG = Caller("wang", "wang", PrincipalKind.PERSON, Role.PROJECT_MANAGER)
MA = Caller("ma", "ma", PrincipalKind.PERSON, Role.LEADER)
ALL, NONE = FeedCriteria(), FeedCriteria(frozenset({"flow_published"}))
WAIT_SECONDS_MAX = 60  # a test that passes waits for milliseconds


@pytest.fixture
def database_url(projected_database_url: str) -> str:
    """A fresh database with empty views."""
    return projected_database_url


async def register(approvals: Approvals, manager: str = "wang") -> int:
    """A new project's position."""
    command = RegisterProject(name="Fab", enterprise=Enterprise("Hengxin"), manager=manager)
    return (await approvals.handle(uuid4(), command, MANAGER, uuid4())).receipt.position


async def test_what_the_views_have_not_read_is_not_passed_over(database_url: str) -> None:
    projector = Projector(database_url)
    async with Approvals(database_url) as approvals:
        feed = Feed(approvals.store)
        first = await register(approvals)
        await asyncio.to_thread(project_all, database_url, projector)
        second = await register(approvals)

        before = await feed.page(WANG, ALL, 0, 10)
        assert ([event.entry.position for event in before.events], before.next) == ([first], first)
        assert await feed.head() == second
        await asyncio.to_thread(project_all, database_url, projector)
        after = await feed.page(WANG, ALL, before.next, 10)
        assert ([event.entry.position for event in after.events], after.next) == ([second], second)


async def test_pages_follow_each_other_without_a_gap(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few positions a query looks through, and however few events a page holds."""
    monkeypatch.setattr(reader, "WINDOWS", (2, 4))
    async with Approvals(database_url) as approvals:
        feed = Feed(approvals.store)
        managers = ["wang" if nth % 4 == 1 else "zhou" for nth in range(20)]
        positions = [await register(approvals, manager) for manager in managers]
        await asyncio.to_thread(project_all, database_url)
        for caller, wanted in ((WANG, positions[1::4]), (MA, positions)):
            for limit in (1, 2, 5, 100):
                seen: list[int] = []
                after, more = 0, True
                while more:
                    page = await feed.page(caller, ALL, after, limit)
                    assert len(page.events) <= limit
                    assert page.next > after
                    seen += [event.entry.position for event in page.events]
                    after, more = page.next, page.more
                assert (seen, after) == (wanted, positions[-1])
                assert await _backwards(feed, caller, limit) == wanted[::-1]


async def _backwards(feed: Feed, caller: Caller, limit: int) -> list[int]:
    """The positions of the events that *caller* may see, the newest first, in pages of *limit*."""
    seen: list[int] = []
    before, more = 0, True
    while more:
        page = await feed.latest(caller, ALL, before, limit)
        assert len(page.events) <= limit
        assert not before or page.next < before
        seen += [event.entry.position for event in page.events]
        before, more = page.next, page.more
    return seen


async def test_a_follower_is_woken_by_the_projector(database_url: str) -> None:
    projector = Projector(database_url)
    async with Approvals(database_url) as approvals:
        feed = Feed(approvals.store)
        position = await register(approvals)
        async with feed.horizon.following(), feed.horizon.following():
            assert feed.horizon.followers == 2
            await asyncio.to_thread(project_all, database_url, projector)
            assert await feed.horizon.beyond(position - 1, WAIT_SECONDS_MAX)
            assert [event.entry.position for event in (await feed.new_page(MA, ALL, 0, 10)).events] == [position]
            unwanted = await feed.new_page(MA, NONE, 0, 10)
            assert (unwanted.events, unwanted.next, unwanted.more) == ((), position, False)
            assert not await feed.horizon.beyond(position, 0)
        assert feed.horizon.followers == 0


async def test_the_tail_says_whether_anything_is_wanted(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It never says no of events that it does not hold."""
    monkeypatch.setattr(horizons, "TAIL_EVENTS_MAX", 4)
    projector = Projector(database_url)
    async with Approvals(database_url) as approvals:
        horizon = FeedHorizon(approvals.store)
        seen: list[int] = []
        for size in (2, 3, 6, 1):
            for _ in range(size):
                last = await register(approvals)
            await asyncio.to_thread(project_all, database_url, projector)
            await horizon.refresh()
            assert horizon.position == last

            def note(event: TailEvent) -> bool:
                seen.append(event.seq)
                return False

            for after in range(last):
                seen.clear()
                answered = horizon.wants_any(after, note)
                assert answered or sorted(seen) == list(range(after + 1, last + 1))
            assert not horizon.wants_any(last, note)
