"""Records the examples of the OpenAPI document: `python -m tests.api.web.openapi_examples` requests every address once.

The example story is carried out on a database of its own; what it answers, lists cut to their first members, is stored
beside the document's code. Answers that the story has nothing for are left out: the document makes these up.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from uuid import uuid4

import httpx
from msgspec import json

from api.app import create_app
from domain.examples.story import PROJECT, STORIES
from domain.examples.zone import FLOW_NAME, ZONE_NAME, ZONE_STORIES
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from tests.api.client import Door, identity
from tests.conftest import reachable_folder
from tests.examples import BUREAU, USCC
from tests.infrastructure.projector.running import projecting

EXAMPLES = Path(__file__).parents[3] / "api/openapi/examples.json"
MEMBERS_MAX = 1  # of a list: enough to show its form
NAMES = {
    "/law/calendars/": "CN",
    "/law/packs/": "cn-licensing@2019-04-23",
    "/catalogues/": ZONE_NAME,
    "/flows/": FLOW_NAME,
}
PLACES = {"project_id": str(PROJECT), "edition": "1", "code": USCC, "department": "land", "special": "1"}
QUESTIONS = {
    "get_complaint": {"complaint": "TS-2026-0001"},
    "get_evaluation": {"evaluation": "PJ-2026-0001"},
    "explain_item": {"item": "land-use", "clock": "decision"},
}
NEVER = {"get_health", "get_readiness", "get_log_keys"}  # of this machine, not of the story


def shortened(value: Any) -> Any:
    """*value* with its lists cut to their first members."""
    if isinstance(value, list):
        return [shortened(part) for part in value[:MEMBERS_MAX]]
    if isinstance(value, dict):
        return {name: shortened(part) for name, part in value.items()}
    return value


async def record(url: str, folder: Path) -> dict[str, Any]:
    """The answers to every question of the document, by operation."""
    async with Approvals(url) as approvals:
        app = create_app(approvals, Views(approvals.store), Settings(data=folder))
        transport = httpx.ASGITransport(app=cast("Any", app))
        async with httpx.AsyncClient(transport=transport, base_url="http://countersign", timeout=60) as client:
            door = Door(client)
            await door.store_report()
            for stream, zone_story in ZONE_STORIES:
                for zone_step in zone_story:
                    await approvals.handle(stream, zone_step.dated, zone_step.by, uuid4())
            position = 0
            for project, steps in STORIES:
                for step in steps:
                    position = (await door.done(project, step.dated, step.by))["position"]
            await door.send_story(PROJECT)
            await door.get("/v1/progress", BUREAU, after=position)
            document = (await client.get("/schema/openapi.json")).json()
            answers = {}
            for path, operations in document["paths"].items():
                for operation in (operations[method] for method in ("get",) if method in operations):
                    name = operation["operationId"]
                    answer = await client.get(address(path), params=QUESTIONS.get(name), headers=identity(BUREAU))
                    is_json = answer.headers.get("content-type", "").startswith("application/json")
                    if answer.status_code == httpx.codes.OK and is_json and name not in NEVER:
                        answers[name] = shortened(answer.json())
                    else:
                        print(f"not recorded: {name} {answer.status_code} {answer.text[:150]}")
            return answers


def address(path: str) -> str:
    """*path* with its places filled in."""
    name = next((name for part, name in NAMES.items() if part in path), "x")
    return re.sub(r"{(\w+)}", lambda place: PLACES.get(place[1], name), path)


def main() -> None:
    """Record the examples, and store them."""
    with reachable_folder() as folder, TemporaryDirectory() as data:
        url = EmbeddedPostgres(folder / "server", throw_away=True).start()
        migrate(url)
        with projecting(url):
            answers = asyncio.run(record(url, Path(data)))
    EXAMPLES.write_bytes(json.format(json.encode(answers), indent=1) + b"\n")
    print(f"{len(answers)} examples recorded")


if __name__ == "__main__":
    main()
