"""Drafts: of their owner alone, stored for ninety days, and never lost to a second page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest_asyncio
from msgspec import structs

from infrastructure.ledger.reader import Store
from infrastructure.window.drafts import (
    DAYS,
    OPEN_MAX,
    ApplicationDraft,
    ApplicationDrafts,
    DraftContent,
    DraftFile,
    files_of_drafts,
)

NOW = datetime(2026, 5, 20, 10, tzinfo=UTC)
ITEM = "land"


@pytest_asyncio.fixture(scope="module")
async def drafts(shared_database_url: str) -> AsyncIterator[ApplicationDrafts]:
    store = Store(shared_database_url, 4)
    await store.pool.open()
    yield ApplicationDrafts(store)
    await store.pool.close()


async def begun(drafts: ApplicationDrafts, owner: str, item: str = ITEM, at: datetime = NOW) -> ApplicationDraft:
    draft = await drafts.begin(owner, uuid4(), item, at)
    assert draft is not None
    return draft


def with_paper(name: str) -> Callable[[DraftContent], DraftContent]:
    return lambda content: structs.replace(content, on_paper=(*content.on_paper, name))


async def test_a_draft_is_found_by_its_owner_alone(drafts: ApplicationDrafts) -> None:
    draft = await begun(drafts, "li")
    assert await drafts.find(draft.id, "li", NOW) == draft
    assert await drafts.find(draft.id, "wang", NOW) is None
    assert await drafts.change(draft.id, "wang", NOW, with_paper("a")) is None
    assert not await drafts.delete(draft.id, "wang")
    assert draft in await drafts.of("li", NOW)
    assert draft not in await drafts.of("wang", NOW)


async def test_an_application_has_one_open_draft_of_a_person(drafts: ApplicationDrafts) -> None:
    project = uuid4()
    first = await drafts.begin("li", project, ITEM, NOW)
    again = await drafts.begin("li", project, ITEM, NOW + timedelta(days=1))
    other = await drafts.begin("wang", project, ITEM, NOW)
    assert first is not None
    assert again == first
    assert other is not None
    assert other.id != first.id


async def test_what_two_pages_save_at_once_both_counts(drafts: ApplicationDrafts) -> None:
    draft = await begun(drafts, "li")
    names = [f"paper {nth}" for nth in range(12)]
    await asyncio.gather(*(drafts.change(draft.id, "li", NOW, with_paper(name)) for name in names))
    saved = await drafts.find(draft.id, "li", NOW)
    assert saved is not None
    assert sorted(saved.content.on_paper) == sorted(names)


async def test_a_draft_is_kept_for_ninety_days_after_it_was_saved(drafts: ApplicationDrafts) -> None:
    draft = await begun(drafts, "li")
    saved = NOW + timedelta(days=40)
    await drafts.change(draft.id, "li", saved, with_paper("a"))
    last = saved + timedelta(days=DAYS)
    assert await drafts.find(draft.id, "li", last - timedelta(seconds=1)) is not None
    assert await drafts.find(draft.id, "li", last) is None


async def test_what_was_handed_in_is_changed_no_more(drafts: ApplicationDrafts) -> None:
    project = uuid4()
    draft = await drafts.begin("li", project, ITEM, NOW)
    assert draft is not None
    await drafts.hand_in(draft.id, "li", "BDA2026-000001-0", NOW)
    assert await drafts.change(draft.id, "li", NOW, with_paper("a")) is None
    after = await drafts.begin("li", project, ITEM, NOW)
    assert after is not None
    assert after.id != draft.id


async def test_a_person_has_so_many_open_drafts_and_no_more(drafts: ApplicationDrafts) -> None:
    for _ in range(OPEN_MAX):
        await begun(drafts, "many")
    assert await drafts.begin("many", uuid4(), ITEM, NOW) is None
    assert await drafts.begin("few", uuid4(), ITEM, NOW) is not None


async def test_files_of_open_drafts_are_not_to_be_swept(drafts: ApplicationDrafts, shared_database_url: str) -> None:
    def file(digest: str) -> Callable[[DraftContent], DraftContent]:
        return lambda content: structs.replace(
            content, files=(DraftFile(digest, "a.pdf", "application/pdf", 1, "plan"),)
        )

    waiting, handed_in = await begun(drafts, "li"), await begun(drafts, "li")
    await drafts.change(waiting.id, "li", NOW, file("a" * 64))
    await drafts.change(handed_in.id, "li", NOW, file("b" * 64))
    await drafts.hand_in(handed_in.id, "li", "BDA2026-000001-0", NOW)
    with psycopg.connect(shared_database_url) as connection:
        assert files_of_drafts(connection) == {"a" * 64}


async def test_a_draft_that_never_was_is_none(drafts: ApplicationDrafts) -> None:
    assert await drafts.find(UUID(int=7), "li", NOW) is None
