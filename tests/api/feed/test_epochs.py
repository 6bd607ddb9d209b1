"""After a restore: ids name their epoch, and a reader at a lost position learns where to begin again."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from msgspec import Struct

from domain.core.ledger import Actor, Role
from domain.epochs.restore import RecordRestore
from domain.epochs.state import EPOCHS_STREAM
from infrastructure.ledger.approvals import Approvals
from tests.api.client import REGISTER, Door, identity, problem
from tests.examples import LEADER

LOST = 5  # positions behind the restore that were given once before
pytestmark = pytest.mark.usefixtures("projector")


class Restored(Struct):
    """A ledger of one project that was restored behind it, and another project since."""

    before: UUID
    kept_to: int
    since: UUID
    position: int
    list_cursor: str


async def page(door: Door, **params: Any) -> Any:
    return await door.client.get("/v1/events", params=params, headers=identity(LEADER))


@pytest_asyncio.fixture(scope="module")
async def restored(door: Door, approvals: Approvals) -> Restored:
    before, since = uuid4(), uuid4()
    receipts = [await door.done(before, REGISTER), await door.done(uuid4(), REGISTER)]
    lists = (await door.get("/v1/progress", limit=1, after=receipts[-1]["position"])).json()
    kept_to = receipts[-1]["position"] - 1
    command = RecordRestore(kept_to=kept_to, lost_to=kept_to + LOST, log="zone")
    await approvals.handle(EPOCHS_STREAM, command, Actor("operator", "", Role.SYSTEM), uuid4())
    position = (await door.done(since, REGISTER))["position"]
    await door.get("/v1/progress", limit=1, after=position)
    return Restored(before, kept_to, since, position, lists["next"])


async def test_ids_of_a_later_epoch_have_it_in_them(door: Door, restored: Restored) -> None:
    earlier = (await page(door, project=str(restored.before), wait=30)).json()
    later = (await page(door, project=str(restored.since), wait=30)).json()
    assert [event["id"] for event in earlier["events"]] == ["1"]
    assert [event["id"] for event in later["events"]] == [f"BDA.2:{restored.position}"]
    assert (later["next"], later["cursor"]) == (restored.position, f"BDA.2:{restored.position}")
    assert (await page(door, cursor=later["cursor"])).json()["events"] == []


async def test_a_lost_position_is_gone_with_what_to_do(door: Door, restored: Restored) -> None:
    lost = problem(await page(door, after=restored.kept_to + 1), "position-lost")
    assert (lost["status"], lost["kept_to"], lost["lost_to"]) == (410, restored.kept_to, restored.kept_to + LOST)
    assert f"go on from position {restored.kept_to}" in lost["remedy"]
    for named in ({"cursor": str(restored.position)}, {"lastEventId": str(restored.position)}):
        problem(await page(door, **named), "position-lost")
    headers = identity(LEADER) | {"Last-Event-ID": str(restored.position)}
    problem(await door.client.get("/v1/events", headers=headers), "position-lost")


async def test_what_both_epochs_have_can_be_gone_on_from(door: Door, restored: Restored) -> None:
    going_on = (await page(door, after=restored.kept_to, type="project_registered", wait=30)).json()
    assert going_on["events"][-1]["source"] == f"/projects/{restored.since}"
    assert (await page(door, cursor=f"BDA.2:{restored.kept_to}")).status_code == 200


async def test_the_id_of_a_webhook_is_one_of_an_event(door: Door, restored: Restored) -> None:
    """In the first epoch it begins with the zone alone: who missed deliveries reads on behind the last that came."""
    first = (await page(door, after=0, limit=1)).json()["events"][0]["id"]
    assert (await page(door, lastEventId=f"BDA:{first}", limit=1)).json()["events"][0]["id"] != first
    problem(await page(door, lastEventId=f"BDA:{restored.kept_to + 1}"), "position-lost")


@pytest.mark.parametrize("cursor", ["", "BDA.3:1", "ABC.2:1", "BDA.2:", "ABC:1", "BDA.2:x", "１", "-1"])
async def test_what_is_no_cursor_is_refused(door: Door, restored: Restored, cursor: str) -> None:
    refused = problem(await page(door, cursor=cursor), "invalid-parameter")
    assert refused["parameter"] == "cursor"


async def test_lines_and_messages_name_the_epoch(door: Door, restored: Restored) -> None:
    headers = identity(LEADER) | {"Accept": "application/x-ndjson"}
    lines = await door.client.get("/v1/events", params={"after": restored.kept_to}, headers=headers)
    assert f'"cursor":"BDA.2:{restored.position}"' in lines.text.splitlines()[-1]


async def test_a_receipt_of_a_lost_position_is_gone_until_the_position_is_given_again(
    door: Door, restored: Restored
) -> None:
    lost = problem(await door.get("/v1/progress", after=restored.kept_to + LOST), "position-lost")
    assert lost["kept_to"] == restored.kept_to
    problem(await door.get("/v1/progress", after=restored.kept_to + LOST + 1), "invalid-parameter")
    assert (await door.get("/v1/progress", after=restored.position)).status_code == 200


async def test_a_list_that_was_begun_before_the_restore_is_begun_again(door: Door, restored: Restored) -> None:
    problem(await door.get("/v1/progress", limit=1, cursor=restored.list_cursor), "position-lost")
