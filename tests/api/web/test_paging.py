"""Cursors: while others write, the pages of a list show the rows of its first page's moment, each once."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec import msgpack

from api.cursors import CHECK_BYTES, CURSOR_VERSION, cursor_text, mark_of, read_cursor
from api.web.problems import Problem
from infrastructure.ledger.approvals import Approvals
from tests.api.client import REGISTER, Door, problem
from tests.examples import APPLICANT, LAND

NOTE = {"command": "note_step", "item": "land", "step": "site_visit", "text": "seen"}
PROJECTS = 12
FEW = 3
LISTS = {  # each with what distinguishes its rows, and a writer's change that moves them
    "progress": ("projects", ("project",)),
    "clocks": ("clocks", ("project", "item", "clock")),
    "waiting": ("waiting", ("project", "item", "kind", "ref")),
    "information": ("projects", ("project",)),
}


@pytest.fixture(scope="module", autouse=True)
def _working(projector: object) -> None:
    """The views follow."""


async def crowd(door: Door, manager: str) -> list[UUID]:
    """Projects of one manager with an application each."""
    projects = [uuid4() for _ in range(PROJECTS)]
    for project in projects:
        await door.done(project, REGISTER | {"manager": manager, "name": f"Fab {manager}"})
        await door.done(project, {"command": "submit_item", "item": "land"}, APPLICANT)
    return projects


def keys(page: dict[str, Any], name: str) -> list[tuple[Any, ...]]:
    rows, members = LISTS[name]
    return [tuple(row[member] for member in members) for row in page[rows]]


@pytest.mark.parametrize("name", LISTS)
async def test_pages_neither_lose_nor_double_a_row_while_others_write(
    door: Door, approvals: Approvals, name: str
) -> None:
    manager = f"pages-{name}"
    projects = await crowd(door, manager)
    own: dict[str, Any] = {"manager": manager} if name != "clocks" else {"item": "land"}
    whole = (await door.get(f"/v1/{name}", **own, limit=500, after=await approvals.store.head())).json()
    assert whole["next"] is None
    assert len(keys(whole, name)) >= PROJECTS

    page = (await door.get(f"/v1/{name}", **own, limit=FEW)).json()
    first, seen = page, keys(page, name)
    while page["next"] is not None:
        # The last rows come first, some end, and there are new ones.
        await door.done(projects.pop(), {"command": "accept_item", "item": "land"}, LAND)
        added = uuid4()
        await door.done(added, REGISTER | {"manager": manager, "name": f"Fab {manager}"})
        receipt = await door.done(added, {"command": "submit_item", "item": "land"}, APPLICANT)
        page = (await door.get(f"/v1/{name}", **own, limit=FEW, cursor=page["next"], after=receipt["position"])).json()
        seen += keys(page, name)
    assert seen == keys(whole, name)
    assert page["as_of"] == first["as_of"]
    now = (await door.get(f"/v1/{name}", **own, limit=500)).json()
    assert keys(now, name) != keys(whole, name)


def written(parts: list[Any]) -> str:
    """A cursor of *parts*, as anybody can make it."""
    packed = msgpack.encode(parts)
    return urlsafe_b64encode(packed + sha256(packed).digest()[:CHECK_BYTES]).rstrip(b"=").decode()


def forged(**changes: Any) -> str:
    fields = {
        "version": CURSOR_VERSION,
        "mark": b"x" * 12,
        "at": datetime(2026, 3, 1, tzinfo=UTC),
        "position": 1,
        "last": [1],
    }
    return written([*(fields | changes).values()])


@pytest.mark.parametrize(
    "cursor",
    ["x", "é", "%00", "AAAA", "=" * 8, "a" * 1999, forged(), forged(version=1), forged(last="x"), forged(position=-1)],
)
async def test_what_is_no_cursor_of_this_list_is_refused(door: Door, cursor: str) -> None:
    refused = problem(await door.get("/v1/progress", cursor=cursor), "invalid-cursor")
    assert refused["parameter"] == "cursor"


@pytest.mark.parametrize(
    "last",
    [[], ["x"], [1, 2], [datetime(2026, 3, 1, tzinfo=UTC), "no id"], [datetime(1, 1, 1, tzinfo=UTC), str(uuid4())]],
)
async def test_a_cursor_whose_values_were_changed_is_refused(door: Door, approvals: Approvals, last: list[Any]) -> None:
    await crowd(door, "forger")
    page = (await door.get("/v1/progress", manager="forger", limit=1, after=await approvals.store.head())).json()
    text = page["next"].encode()
    parts = msgpack.decode(urlsafe_b64decode(text + b"=" * (-len(text) % 4))[:-CHECK_BYTES])
    changed = written([*parts[:4], last])
    problem(await door.get("/v1/progress", manager="forger", limit=1, cursor=changed), "invalid-cursor")


@pytest.mark.parametrize("number", [1e-300, 1e300, float("inf"), float("nan")])
async def test_a_rank_that_no_row_has_is_refused(door: Door, number: float) -> None:
    mark = mark_of("/v1/legal-persons", [("text", "Fab")])
    cursor = cursor_text(mark, datetime(2026, 3, 1, tzinfo=UTC), 0, [number, "Fab", str(uuid4())])
    problem(await door.get("/v1/legal-persons", text="Fab", cursor=cursor), "invalid-cursor")


def test_a_cursor_of_which_a_character_was_changed_is_none() -> None:
    mark = mark_of("/v1/progress", [])
    cursor = cursor_text(mark, datetime(2026, 3, 1, tzinfo=UTC), 7, ["Fab", 3])
    assert read_cursor(cursor, mark).last == ["Fab", 3]
    for place, character in enumerate(cursor):
        other = "A" if character != "A" else "B"
        with pytest.raises(Problem) as refused:
            read_cursor(cursor[:place] + other + cursor[place + 1 :], mark)
        assert refused.value.kind.code == "invalid-cursor"


async def test_a_cursor_belongs_to_its_address_and_filters(door: Door, approvals: Approvals) -> None:
    await crowd(door, "owner")
    after = await approvals.store.head()
    cursor = (await door.get("/v1/progress", manager="owner", limit=2, after=after)).json()["next"]
    assert (await door.get("/v1/progress", manager="owner", limit=5, cursor=cursor)).status_code == 200
    problem(await door.get("/v1/progress", manager="other", limit=2, cursor=cursor), "invalid-cursor")
    problem(await door.get("/v1/waiting", manager="owner", limit=2, cursor=cursor), "invalid-cursor")
    problem(await door.get("/v1/progress", manager="owner", offset=2), "invalid-parameter")
