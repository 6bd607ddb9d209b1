"""Drives a project by the client of openapi-python-client. Run with one argument: the scenario, in JSON.

It needs that client as the package `client` on its path, and nothing of ours.
"""

from __future__ import annotations

import json
import sys
from io import BytesIO
from typing import Any
from uuid import UUID

from client.api.commands import post_command
from client.api.materials import list_materials, upload_material
from client.api.projects import get_project
from client.client import AuthenticatedClient
from client.errors import UnexpectedStatus
from client.models import (
    AcceptItem,
    AcceptItemCommand,
    AskCountersignature,
    AskCountersignatureCommand,
    AttachMaterial,
    AttachMaterialCommand,
    CompleteItem,
    CompleteItemCommand,
    Countersign,
    CountersignCommand,
    DeliverDecision,
    DeliverDecisionCommand,
    Enterprise,
    Opinion,
    Outcome,
    PlannedItem,
    Problem,
    Receipt,
    RegisterProject,
    RegisterProjectCommand,
    SubmitItem,
    SubmitItemCommand,
    Uploaded,
)
from client.types import File

SCENARIO: dict[str, Any] = json.loads(sys.argv[1])
PROJECT, ITEM = UUID(SCENARIO["project"]), SCENARIO["item"]
CLIENTS = {
    name: AuthenticatedClient(SCENARIO["address"], key, raise_on_unexpected_status=True)
    for name, key in SCENARIO["keys"].items()
}


def give(by: str, command: Any) -> Receipt:
    """Carry out *command* as the program *by*."""
    key = f"{PROJECT}-{command.command.value}"
    answer = post_command.sync(PROJECT, client=CLIENTS[by], body=command, idempotency_key=key)
    if not isinstance(answer, Receipt):
        raise TypeError(f"{command.command.value} was answered {answer}")
    return answer


def refused(by: str, command: Any) -> str:
    """The code of the problem that *command* is refused with."""
    answer = post_command.sync(PROJECT, client=CLIENTS[by], body=command, idempotency_key=f"{PROJECT}-again")
    if not isinstance(answer, Problem):
        raise TypeError(f"the second delivery was answered {answer}")
    return str(answer.code)


def upload() -> Uploaded:
    """Store the paper."""
    paper = File(payload=BytesIO(SCENARIO["paper"].encode()), mime_type="application/pdf")
    answer = upload_material.sync(client=CLIENTS["applicant"], body=paper)
    if not isinstance(answer, Uploaded):
        raise TypeError(f"the upload was answered {answer}")
    return answer


def drive() -> dict[str, Any]:
    """From registration to delivery; what the server then says of the project."""
    give(
        "manager",
        RegisterProject(
            command=RegisterProjectCommand.REGISTER_PROJECT,
            name="openapi-python-client",
            enterprise=Enterprise(name="Hengxin", uscc=SCENARIO["uscc"]),
            manager="manager",
            items=[PlannedItem(item=ITEM, department="land")],
        ),
    )
    give("applicant", SubmitItem(command=SubmitItemCommand.SUBMIT_ITEM, item=ITEM))
    stored = upload()
    give(
        "applicant",
        AttachMaterial(
            command=AttachMaterialCommand.ATTACH_MATERIAL,
            digest=stored.digest,
            name="plan.pdf",
            media_type=stored.media_type,
            size=stored.size,
            items=[ITEM],
        ),
    )
    give("land", AcceptItem(command=AcceptItemCommand.ACCEPT_ITEM, item=ITEM))
    ask = AskCountersignatureCommand.ASK_COUNTERSIGNATURE
    give("land", AskCountersignature(command=ask, item=ITEM, departments=["fire"]))
    give("fire", Countersign(command=CountersignCommand.COUNTERSIGN, item=ITEM, opinion=Opinion.AGREED))
    decision = CompleteItem(command=CompleteItemCommand.COMPLETE_ITEM, item=ITEM, outcome=Outcome.GRANTED)
    give("land", decision)
    delivery = DeliverDecision(command=DeliverDecisionCommand.DELIVER_DECISION, item=ITEM, method="window")
    receipt = give("land", delivery)
    return {"version": receipt.version, "refused": refused("land", delivery), **result(stored.digest)}


def result(digest: str) -> dict[str, Any]:
    """What the server says of the project, and whether its paper is that of *digest*."""
    project = get_project.sync(PROJECT, client=CLIENTS["manager"])
    papers = list_materials.sync(PROJECT, client=CLIENTS["manager"])
    if project is None or papers is None or isinstance(project, Problem) or isinstance(papers, Problem):
        raise TypeError(f"the project was answered {project}, its papers {papers}")
    same = [paper.digest == digest for paper in papers.materials]
    return {"stage": project.items[0].stage.value, "papers": same}


if __name__ == "__main__":
    try:
        print(json.dumps(drive()))
    except UnexpectedStatus as undocumented:
        sys.exit(f"a status that the document does not have: {undocumented}")
