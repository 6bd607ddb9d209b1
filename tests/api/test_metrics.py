"""GET /metrics: what a server counted while commands were sent: for everyone, and about no person."""

from __future__ import annotations

from uuid import uuid4

from prometheus_client.parser import text_string_to_metric_families

from infrastructure.projector.projector import Projector
from tests.api.client import REGISTER, Door
from tests.examples import MANAGER

COMMANDS = "countersign_commands_total"


async def read(door: Door) -> dict[tuple[str, str], float]:
    """Every sample, by its name and the value of its label."""
    response = await door.get("/metrics", by=None)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = text_string_to_metric_families(response.text)
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in families
        for sample in family.samples
    }


async def test_commands_are_counted_by_what_became_of_them(door: Door, projector: Projector) -> None:
    before, project, key = await read(door), uuid4(), uuid4()
    for _ in range(2):  # the second one is a repeat
        receipt = await door.post(project, REGISTER, key=key)
    await door.post(project, {"command": "accept_item", "item": "land"}, by=MANAGER)
    await door.get("/v1/progress", after=receipt.json()["position"])
    after = await read(door)

    def more(name: str, label: str = "") -> float:
        return after[name, label] - before.get((name, label), 0)

    assert (more(COMMANDS, "stored"), more(COMMANDS, "repeated")) == (1, 1)
    refused = {label for name, label in after if name == COMMANDS} - {"stored", "repeated"}
    assert sum(more(COMMANDS, label) for label in refused) == 1
    assert more("countersign_append_batch_commands_sum") >= 1
    assert after["countersign_up", ""] == 1
    assert after["countersign_ledger_position", ""] >= receipt.json()["position"]
    assert after["countersign_view_lag_entries", "progress"] == 0
    assert after["countersign_view_lag_seconds", "progress"] == 0


async def test_a_view_that_is_behind_says_since_when(door: Door) -> None:
    await door.post(uuid4(), REGISTER)
    figures = await read(door)
    lags = {label: value for (name, label), value in figures.items() if name == "countersign_view_lag_entries"}
    seconds = {label: value for (name, label), value in figures.items() if name == "countersign_view_lag_seconds"}
    assert all((seconds[view] > 0) is (lag > 0) for view, lag in lags.items())


async def test_no_figure_reveals_a_case(door: Door) -> None:
    project = uuid4()
    await door.post(project, REGISTER)
    text = (await door.get("/metrics", by=None)).text
    assert str(project) not in text
    assert REGISTER["enterprise"]["name"] not in text  # type: ignore[index]  # a mapping
