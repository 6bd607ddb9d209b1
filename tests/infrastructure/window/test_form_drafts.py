"""Drafts of forms: their owner's alone, encrypted, so many and no more, and their files are not swept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import psycopg
import pytest_asyncio

from infrastructure.ledger.reader import Store
from infrastructure.window.drafts import LIFETIME, files_of_drafts
from infrastructure.window.form_drafts import DRAFTS_MAX, FormDraftContent, FormDrafts, FormFile
from tests.law.questions import at

NOW = at("05-20 10:00")
FORM = "/items/1/land/acts/note_step"
CONTENT = FormDraftContent({"activity": ["联系 13800001234"]}, [FormFile("a" * 64, 7, "application/pdf", "图.pdf")])


@pytest_asyncio.fixture(scope="module")
async def drafts(shared_database_url: str) -> AsyncIterator[FormDrafts]:
    store = Store(shared_database_url, 4)
    await store.pool.open()
    yield FormDrafts(store)
    await store.pool.close()


async def test_a_draft_is_its_owners_and_of_one_form(drafts: FormDrafts) -> None:
    assert await drafts.save("li", FORM, CONTENT, NOW)
    draft = await drafts.find("li", FORM, NOW)
    assert draft is not None
    assert (draft.content, draft.saved_at) == (CONTENT, NOW)
    assert await drafts.find("wang", FORM, NOW) is None
    assert await drafts.find("li", FORM + "2", NOW) is None
    assert await drafts.find("li", FORM, NOW + LIFETIME) is None


async def test_what_is_stored_can_not_be_read_or_exchanged(drafts: FormDrafts, shared_database_url: str) -> None:
    await drafts.save("li", FORM, CONTENT, NOW)
    await drafts.save("zhao", FORM, FormDraftContent({"activity": ["x"]}), NOW)
    with psycopg.connect(shared_database_url, autocommit=True) as connection:
        rows = connection.execute("SELECT content FROM process.form_draft WHERE owner = 'li'").fetchall()
        assert rows
        assert b"13800001234" not in b"".join(content for (content,) in rows)
        connection.execute("UPDATE process.form_draft SET content = %s WHERE owner = 'zhao'", [rows[0][0]])
    assert await drafts.find("zhao", FORM, NOW) is None, "a draft is bound to its owner"


async def test_files_are_not_to_be_swept_until_the_draft_is_gone(drafts: FormDrafts, shared_database_url: str) -> None:
    await drafts.save("li", FORM, CONTENT, NOW)
    with psycopg.connect(shared_database_url, autocommit=True) as connection:
        assert files_of_drafts(connection) == {"a" * 64}
        await drafts.delete("li", FORM)
        assert files_of_drafts(connection) == set()


async def test_the_draft_saved_longest_ago_makes_room(drafts: FormDrafts) -> None:
    for nth in range(DRAFTS_MAX + 1):
        await drafts.save("many", f"{FORM}/{nth}", CONTENT, NOW + timedelta(seconds=nth))
    later = NOW + timedelta(minutes=5)
    assert await drafts.find("many", f"{FORM}/0", later) is None
    assert await drafts.find("many", f"{FORM}/1", later) is not None
    assert await drafts.find("many", f"{FORM}/{DRAFTS_MAX}", later) is not None
