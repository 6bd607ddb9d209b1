"""How tests ask the law: questions to post, answers to read, and one thing changed at a time."""

from __future__ import annotations

import gzip
import json
from copy import deepcopy
from typing import Any

import httpx

from api.openapi.law_schemas import body_examples
from tests.api.client import Door
from tests.examples import ROOT

Body = dict[str, Any]

VECTORS = ROOT / "tests/law/data/vectors.jsonl.gz"
CHINA: Body = json.loads((ROOT / "domain/law/calendar/data/cn.json").read_bytes())["calendars"]["CN"]
BY_RULE: Body = body_examples("explain")["by_rule"]["value"]
BY_PACK: Body = body_examples("explain")["by_pack"]["value"]
NOT_ANSWERED = {"clock"}  # of an explanation's body, an evaluation's has all but this


def by_hand() -> list[Body]:
    """The vectors that were counted by hand."""
    with gzip.open(VECTORS, "rt", encoding="utf-8") as lines:
        return [vector for vector in map(json.loads, lines) if vector.get("hand_checked")]


def question(vector: Body) -> Body:
    """What a vector asks."""
    questions = [{name: instant[name] for name in ("t", "known") if name in instant} for instant in vector["as_of"]]
    return {"rule": vector["rule"], "calendar": vector["calendar"], "events": vector["events"], "as_of": questions}


async def ask(door: Door, what: str, body: Body | bytes) -> httpx.Response:
    """Post *body* to /v1/law/evaluate or /v1/law/explain, as no person in particular."""
    if isinstance(body, bytes):
        return await door.client.post(f"/v1/law/{what}", content=body, headers={"Content-Type": "application/json"})
    return await door.client.post(f"/v1/law/{what}", json=body)


async def evaluated(door: Door, body: Body) -> list[Body]:
    response = await ask(door, "evaluate", {name: part for name, part in body.items() if name not in NOT_ANSWERED})
    assert response.status_code == 200, response.text
    evaluations: list[Body] = response.json()["evaluations"]
    return evaluations


async def explained(door: Door, body: Body) -> list[Body]:
    response = await ask(door, "explain", body)
    assert response.status_code == 200, response.text
    explanations: list[Body] = response.json()["explanations"]
    return explanations


def changed(body: Body, path: str, value: Any) -> Body:
    """*body* with another *value* at a dotted path; None takes it away."""
    body = deepcopy(body)
    *before, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = body
    for part in before:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return body
