"""JSON Schema and examples of requests to the law, and of commands to calendars and other aggregates."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from msgspec import json, to_builtins

from api.commands.aggregates import command_examples
from api.commands.targets import CHECKS, TARGETS
from api.law.requests import EVALUATIONS, EXPLANATIONS, WORK_MAX
from api.law.what_if_bodies import EXAMPLES, WHAT_IF
from api.web.request_body import DAYS_MAX, YEAR_FIRST, YEAR_LAST
from domain.law.packs.expand import expand
from infrastructure.law.lawbook import law_book

Schema = dict[str, Any]

PREFIX = "Law"  # apart from the facts, some of which have the names of the law's events
PACK = "cn-licensing@2019-04-23"
QUESTIONS: dict[str, tuple[type, ...]] = {  # by operation
    "evaluate": EVALUATIONS,
    "explain": EXPLANATIONS,
}
OF_COMMANDS = {**TARGETS, **CHECKS}
BODIES = {**QUESTIONS, **WHAT_IF, **{operation: target.kind.commands for operation, target in OF_COMMANDS.items()}}
BOUNDS = f"Days and instants lie in the years {YEAR_FIRST} to {YEAR_LAST}, numbers end at {DAYS_MAX}."
WORK = f"At most {WORK_MAX} events times instants. "
HISTORY: list[Schema] = [
    {"id": "e1", "type": "received", "at": "2026-03-02T10:00:00+08:00"},
    {"id": "e2", "type": "accepted", "at": "2026-03-06T11:00:00+08:00"},
    {
        "id": "e3",
        "type": "suspend",
        "sid": "s1",
        "reason": "expert_review",
        "planned_until": "2026-03-18",
        "at": "2026-03-10T09:00:00+08:00",
    },
    {"id": "e4", "type": "resume", "sid": "s1", "at": "2026-03-18T16:00:00+08:00"},
]
EXAMPLE_HISTORY: Schema = {
    "events": HISTORY,
    "as_of": [
        {"t": "2026-03-12T09:00:00+08:00"},
        {"t": "2026-04-03T09:00:00+08:00", "known": "2026-03-17T09:00:00+08:00"},
    ],
}


@cache
def law_schemas(ref: str) -> Mapping[str, Schema]:
    """All of them by name; *ref* is where the document keeps its schemas."""
    kinds = [kind for body in BODIES.values() for kind in body]
    _, components = json.schema_components(kinds, ref_template=f"{ref}{PREFIX}{{name}}")
    for target in TARGETS.values():
        for tag, example in command_examples(target).items():
            components[target.kind.by_tag[tag].__name__]["examples"] = [example["value"]]
    return {f"{PREFIX}{name}": schema for name, schema in components.items()}


def request_body(operation: str, ref: str) -> Schema:
    """The body of one of BODIES: what it may be, and an example of each."""
    refs = [f"{ref}{PREFIX}{kind.__name__}" for kind in BODIES[operation]]
    content = {
        "schema": {
            "anyOf": [{"$ref": ref} for ref in refs],
            "description": BOUNDS if operation in OF_COMMANDS else WORK + BOUNDS,
        },
        "examples": body_examples(operation),
    }
    return {"required": True, "content": {"application/json": content}}


@cache
def body_examples(operation: str) -> Mapping[str, Schema]:
    """The same question under a rule written out and under the pack it comes from; every command of an aggregate."""
    if operation in WHAT_IF:
        return EXAMPLES[operation]
    if operation in OF_COMMANDS:
        return command_examples(OF_COMMANDS[operation])
    rule = expand(law_book().pack(PACK), commitment_days=12)
    clock = {"clock": "decision"} if operation == "explain" else {}
    return {
        "by_rule": {
            "summary": "Under a rule that is written out",
            "value": {"rule": to_builtins(rule), "calendar": "CN", **EXAMPLE_HISTORY, **clock},
        },
        "by_pack": {
            "summary": "Under a rule pack and its own calendar",
            "value": {"rule": {"pack": PACK, "commitment_days": 12}, **EXAMPLE_HISTORY, **clock},
        },
    }
