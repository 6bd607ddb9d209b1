"""Examples of answers: recorded ones of the example story, and for the rest such as their schema allows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from msgspec import json

Schema = dict[str, Any]

REF = "#/components/schemas/"
RECORDED_FILE = "examples.json"  # by operation; tests/api/web/openapi_examples.py records them
JSON, TEXT, BYTES, CALENDAR = "application/json", "text/plain", "application/octet-stream", "text/calendar"
DEPTH_MAX = 6  # of what is made up: an answer may hold itself
HOUR_EXAMPLE = "17:30:00"
TEXT_EXAMPLES = {
    "date": "2026-03-02",
    "date-time": "2026-03-02T01:00:00Z",
    "uuid": "0193f0a2-7c00-7000-8000-00000000f003",
}
PLAIN = {
    TEXT: "approvals.example.org/bda\n12\nq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n",
    BYTES: "\x00\x01",
    CALENDAR: "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Countersign//EN\r\nEND:VCALENDAR\r\n",
}


@cache
def recorded() -> Mapping[str, Any]:
    """The recorded answers in JSON, by operation."""
    answers: dict[str, Any] = json.decode(files("api.openapi").joinpath(RECORDED_FILE).read_bytes())
    return answers


def with_examples(document: Schema) -> Schema:
    """*document* with an example for each answer that is a success. The argument is left as it is."""
    schemas = document["components"]["schemas"]
    return {
        **document,
        "paths": {
            path: {method: _operation(operation, schemas) for method, operation in item.items()}
            for path, item in document["paths"].items()
        },
    }


def _operation(operation: Schema, schemas: Mapping[str, Schema]) -> Schema:
    name = operation["operationId"]
    answers = {
        status: {
            **answer,
            "content": {
                media_type: {"example": _example(name, media_type, part.get("schema", {}), schemas), **part}
                for media_type, part in answer["content"].items()
            },
        }
        if "content" in answer
        else answer
        for status, answer in operation["responses"].items()
    }
    return {**operation, "responses": answers}


def _example(operation: str, media_type: str, schema: Schema, schemas: Mapping[str, Schema]) -> Any:
    if media_type in PLAIN:
        return PLAIN[media_type]
    return recorded()[operation] if operation in recorded() else made_up(schema, schemas)


def made_up(schema: Schema, schemas: Mapping[str, Schema], depth: int = 0) -> Any:
    """A value that *schema* allows: the first of each kind, its own example where it has one."""
    if "$ref" in schema:
        return made_up(schemas[schema["$ref"].removeprefix(REF)], schemas, depth + 1)
    for name in ("examples", "enum"):
        if schema.get(name):
            return schema[name][0]
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    if union := schema.get("oneOf") or schema.get("anyOf"):
        empty = next((part for part in union if part.get("type") == "null"), None)
        return made_up(empty if empty and depth >= DEPTH_MAX else union[0], schemas, depth + 1)
    return _of_type(schema, schemas, depth)


def _of_type(schema: Schema, schemas: Mapping[str, Schema], depth: int) -> Any:
    kinds = schema.get("type", "null")
    match kinds if isinstance(kinds, str) else kinds[0]:
        case "object":
            required = schema.get("required", ())
            parts = schema.get("properties", {}).items()
            return {name: made_up(part, schemas, depth + 1) for name, part in parts if name in required}
        case "array":
            least = max(schema.get("minItems", 0), int(depth < DEPTH_MAX))
            return [made_up(schema["items"], schemas, depth + 1) for _ in range(least)]
        case "string":
            made = TEXT_EXAMPLES.get(schema.get("format", ""), "text")
            return HOUR_EXAMPLE if ":" in schema.get("pattern", "") else made
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
    return None
