"""JSON Schema of requests and responses: every command and fact with its example, the receipt, the problem."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from msgspec import Struct, json, to_builtins

from api.web.problems import KINDS, PATH, ProblemKind
from api.web.request_body import COUNTED, DATED, YEAR_FIRST, YEAR_LAST, largest
from api.webhooks.schemas import ReplayRequest, SubscriptionRequest
from domain.examples.story import COMMAND_EXAMPLES, PROJECT, fact_examples
from domain.messages import COMMANDS, FACTS
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.entry_draft import Receipt

Schema = dict[str, Any]

REF = "#/components/schemas/"
EXAMPLE_LAW = "cn-licensing@2019-04-23"  # the law of the example story
EXAMPLE_REMEDY = "what would make it pass"
EXAMPLE_REQUEST_ID = "4f1c6f0b2a7d4d3e9c1b0a5e8d7f6c21"
PLAIN_BODIES: Mapping[str, type[Struct]] = {"subscribe": SubscriptionRequest, "replay_events": ReplayRequest}
BODY_EXAMPLES: Mapping[str, Schema] = {
    "subscribe": {"url": "https://erp.example.org/countersign", "types": ["item_accepted", "item_completed"]},
    "replay_events": {"from": 1, "to": 1200},
}
YEARS = f"In the years {YEAR_FIRST} to {YEAR_LAST}."


@cache
def schemas() -> Mapping[str, Schema]:
    """All of them by name: the Python class's, and AnyCommand, AnyFact and Problem."""
    structs = [Receipt, *COMMANDS.values(), *FACTS.values(), *PLAIN_BODIES.values()]
    _, components = json.schema_components(structs, ref_template=REF + "{name}")
    facts = fact_examples(law_book().pack(EXAMPLE_LAW))
    for tag, command in COMMANDS.items():
        schema = components[command.__name__]
        schema["examples"] = [command_example(tag)]
        for name in DATED[command]:
            schema["properties"][name] = _dated(schema["properties"][name])
        for name in COUNTED[command]:
            schema["properties"][name] = _counted(schema["properties"][name], largest(name))
    for tag, fact in FACTS.items():
        components[fact.__name__]["examples"] = [to_builtins(facts[tag])]
    receipt = Receipt(project=PROJECT, position=8, version=8, facts=("item_submitted",))
    components["Receipt"]["examples"] = [to_builtins(receipt)]
    components["AnyCommand"] = _union("AnyCommand", "command", COMMANDS)
    components["AnyFact"] = _union("AnyFact", "fact", FACTS)
    components["Problem"] = problem()
    return components


def command_example(tag: str) -> Schema:
    """The body of the example story's first command of this kind, as it has to be sent to have happened then."""
    example: Schema = to_builtins(COMMAND_EXAMPLES[tag].dated)
    return {name: value for name, value in example.items() if value is not None}


def problem_example(kind: ProblemKind) -> Schema:
    """An answer of this *kind*, without the members that only it has."""
    return {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.title,
        "instance": f"/v1/projects/{PROJECT}",
        "code": kind.code,
        "article": "",
        "remedy": EXAMPLE_REMEDY,
        "request_id": EXAMPLE_REQUEST_ID,
    }


def problem() -> Schema:
    """The schema of every answer that is no success."""
    text = {"type": "string"}
    return {
        "title": "Problem",
        "description": "RFC 9457. `code` is stable; `detail` is for people. Further members depend on the code, such "
        "as `path`, the place of a wrong field in the body, or `unmet`, the preconditions still to be granted.",
        "type": "object",
        "properties": {
            "type": {**text, "format": "uri-reference", "examples": [f"{PATH}/precondition-unmet"]},
            "title": {**text, "description": "What the code means; the same in every answer."},
            "status": {"type": "integer"},
            "detail": {**text, "description": "What is wrong this time."},
            "instance": {**text, "description": "The path that was asked for."},
            "code": {**text, "enum": sorted(KINDS)},
            "article": {**text, "description": "The article of the law or rule; empty where none is cited."},
            "remedy": {**text, "description": "What would make it pass."},
            "request_id": {**text, "description": "As in X-Request-Id, and in the server's log."},
            "path": {**text, "description": "The place in the body of what is wrong, such as $.items[0].item."},
        },
        "required": ["type", "title", "status", "detail", "instance", "code", "article", "remedy", "request_id"],
    }


def _union(name: str, tag_field: str, kinds: Mapping[str, type[Struct]]) -> Schema:
    refs = {tag: f"{REF}{kind.__name__}" for tag, kind in kinds.items()}
    return {
        "title": name,
        "oneOf": [{"$ref": ref} for ref in refs.values()],
        "discriminator": {"propertyName": tag_field, "mapping": refs},
    }


def _dated(schema: Schema) -> Schema:
    """A day or an instant, as it is required here: with an offset, and in years the calendars know."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [_dated(part) if part["type"] == "string" else part for part in schema["anyOf"]]}
    form = schema.get("format", "date-time")
    offset = " With its offset from UTC." if form == "date-time" else ""
    return {**schema, "format": form, "description": YEARS + offset}


def _counted(schema: Schema, most: int) -> Schema:
    if "anyOf" in schema:
        parts = schema["anyOf"]
        return {**schema, "anyOf": [_counted(part, most) if part["type"] == "integer" else part for part in parts]}
    return {**schema, "maximum": most}
