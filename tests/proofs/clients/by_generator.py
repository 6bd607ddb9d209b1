"""Drives a project by the Python client of openapi-generator. Run with one argument: the scenario, in JSON.

It needs that client as the package `openapi_client` on its path, and nothing of ours.
"""

from __future__ import annotations

import json
import sys
from typing import Any
from uuid import UUID

from openapi_client import ApiClient, Configuration
from openapi_client.api.commands_api import CommandsApi
from openapi_client.api.materials_api import MaterialsApi
from openapi_client.api.projects_api import ProjectsApi
from openapi_client.exceptions import ApiException
from openapi_client.models import (
    AcceptItem,
    AnyCommand,
    AskCountersignature,
    AttachMaterial,
    CompleteItem,
    Countersign,
    DeliverDecision,
    Enterprise,
    Opinion,
    Outcome,
    PlannedItem,
    RegisterProject,
    SubmitItem,
)

SCENARIO: dict[str, Any] = json.loads(sys.argv[1])
PROJECT, ITEM = UUID(SCENARIO["project"]), SCENARIO["item"]
CLIENTS = {
    name: ApiClient(Configuration(host=SCENARIO["address"], access_token=key)) for name, key in SCENARIO["keys"].items()
}


def give(by: str, command: Any, again: str = "") -> Any:
    """Carry out *command* as the program *by*; the receipt. Raises ApiException."""
    key = f"{PROJECT}-{command.command}{again}"
    return CommandsApi(CLIENTS[by]).post_command(PROJECT, key, AnyCommand(command))


def refused(by: str, command: Any) -> str:
    """The code of the problem that *command* is refused with."""
    try:
        give(by, command, "-again")
    except ApiException as problem:
        return str(problem.data.code)
    raise TypeError("the second delivery was carried out")


def drive() -> dict[str, Any]:
    """From registration to delivery; what the server then says of the project."""
    give(
        "manager",
        RegisterProject(
            command="register_project",
            name="openapi-generator",
            enterprise=Enterprise(name="Hengxin", uscc=SCENARIO["uscc"]),
            manager="manager",
            items=[PlannedItem(item=ITEM, department="land")],
        ),
    )
    give("applicant", SubmitItem(command="submit_item", item=ITEM))
    stored = MaterialsApi(CLIENTS["applicant"]).upload_material(SCENARIO["paper"].encode())
    give(
        "applicant",
        AttachMaterial(
            command="attach_material",
            digest=stored.digest,
            name="plan.pdf",
            media_type=stored.media_type,
            size=stored.size,
            items=[ITEM],
        ),
    )
    give("land", AcceptItem(command="accept_item", item=ITEM))
    give("land", AskCountersignature(command="ask_countersignature", item=ITEM, departments=["fire"]))
    give("fire", Countersign(command="countersign", item=ITEM, opinion=Opinion.AGREED))
    give("land", CompleteItem(command="complete_item", item=ITEM, outcome=Outcome.GRANTED))
    delivery = DeliverDecision(command="deliver_decision", item=ITEM, method="window")
    receipt = give("land", delivery)
    project = ProjectsApi(CLIENTS["manager"]).get_project(PROJECT)
    papers = MaterialsApi(CLIENTS["manager"]).list_materials(PROJECT)
    return {
        "stage": project.items[0].stage.value,
        "version": receipt.version,
        "papers": [paper.digest == stored.digest for paper in papers.materials],
        "refused": refused("land", delivery),
    }


if __name__ == "__main__":
    print(json.dumps(drive()))
