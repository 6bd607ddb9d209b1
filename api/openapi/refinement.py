"""Makes the document one that foreign generators read whole: forms that some of them drop are written in plainer ones.

Each component's title is its name, a union of tagged messages has its discriminator, a tuple is an array of so many
items, bounds of integers are integers, and each property is described.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

Schema = dict[str, Any]

REF = "#/components/schemas/"
COMPONENTS = "#/components/"
TIME_OF_DAY = "^[0-9]{1,2}:[0-9]{2}:[0-9]{2}$"
INTEGER_MAX = 2**63 - 1  # what a signed integer of 64 bits holds: the largest that generators have a type for
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
UNIONS = ("anyOf", "oneOf")
NOT_SCHEMA = {"example", "examples", "default", "const", "enum", "mapping"}  # values, in which nothing is rewritten
TAGS = ("command", "fact", "type")  # properties that say which kind a message is
PROPERTIES_FILE = "properties.toml"


def refined(document: Schema) -> Schema:
    """*document* in plainer forms, of equal meaning. The argument is left as it is."""
    components = document["components"]
    schemas: dict[str, Schema] = components["schemas"]
    tagged = {name: tags for name, schema in schemas.items() if (tags := _tags(schema))}
    unions = {frozenset(_refs(schema)): name for name, schema in schemas.items() if "discriminator" in schema}
    plain: Schema = _rewritten(document, lambda schema: _plain(schema, tagged, unions))
    described = {
        name: {**_described(name, schema), "title": name} for name, schema in plain["components"]["schemas"].items()
    }
    document = {**plain, "components": {**plain["components"], "schemas": described}}
    return _without_unused(document)


def _rewritten(value: Any, rewrite: Callable[[Schema], Schema]) -> Any:
    """*value* with *rewrite* applied to all objects in it, the inner ones first; examples and defaults are left."""
    if isinstance(value, list):
        return [_rewritten(part, rewrite) for part in value]
    if not isinstance(value, dict):
        return value
    return rewrite({key: part if key in NOT_SCHEMA else _rewritten(part, rewrite) for key, part in value.items()})


def _plain(schema: Schema, tagged: Mapping[str, Mapping[str, str]], unions: Mapping[frozenset[str], str]) -> Schema:
    for rule in (_integer_bounds, _array_of_tuple, _single, _time_of_day):
        schema = rule(schema)
    if "name" in schema and "in" in schema and "schema" in schema:
        return {**schema, "schema": _without_null(schema["schema"])}
    return _discriminated(schema, tagged, unions)


def _integer_bounds(schema: Schema) -> Schema:
    """Bounds of integers as integers: JSON Schema allows 1.0, generators make a float of it."""
    bounds = {
        name: min(int(schema[name]), INTEGER_MAX)
        for name in BOUNDS
        if isinstance(schema.get(name), float) and schema[name].is_integer()
    }
    return {**schema, **bounds}


def _array_of_tuple(schema: Schema) -> Schema:
    """A tuple as an array of so many items, each of any of its kinds."""
    if "prefixItems" not in schema:
        return schema
    parts = schema["prefixItems"]
    kinds = [part for number, part in enumerate(parts) if part not in parts[:number]]
    items = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    rest = {name: part for name, part in schema.items() if name != "prefixItems"}
    return {**rest, "items": items, "minItems": len(parts), "maxItems": len(parts)}


def _single(schema: Schema) -> Schema:
    """A union of one kind is that kind."""
    for union in UNIONS:
        if isinstance(schema.get(union), list) and len(schema[union]) == 1:
            part: Schema = schema[union][0]
            return part | {name: value for name, value in schema.items() if name != union}
    return schema


def _time_of_day(schema: Schema) -> Schema:
    """A length of time is sent as hours, minutes and seconds, which is not the form that `duration` names."""
    if schema.get("format") != "duration":
        return schema
    rest = {name: value for name, value in schema.items() if name != "format"}
    return {**rest, "pattern": TIME_OF_DAY}


def _without_null(schema: Schema) -> Schema:
    """The schema of a parameter: one that may be left out is never sent as null."""
    for union in UNIONS:
        if union in schema:
            parts = [part for part in schema[union] if part.get("type") != "null"]
            return _single({**schema, union: parts})
    return schema


def _discriminated(
    schema: Schema, tagged: Mapping[str, Mapping[str, str]], unions: Mapping[frozenset[str], str]
) -> Schema:
    """A union of tagged messages with its discriminator; a null beside them becomes one of two kinds."""
    union = next((name for name in UNIONS if isinstance(schema.get(name), list)), None)
    if union is None:
        return schema
    parts = schema[union]
    names = [part["$ref"].removeprefix(REF) for part in parts if "$ref" in part]
    others = [part for part in parts if "$ref" not in part]
    tag = next((tag for tag in TAGS if len(names) > 1 and all(tag in tagged.get(name, {}) for name in names)), None)
    if tag is None or (others and others != [{"type": "null"}]):
        return schema
    rest = {name: part for name, part in schema.items() if name not in (*UNIONS, "discriminator")}
    known = unions.get(frozenset(names))
    if known and "title" not in rest:
        kind: Schema = {"$ref": f"{REF}{known}"}
        return {**rest, "anyOf": [kind, *others]} if others else {**rest, **kind}
    mapping = {tagged[name][tag]: f"{REF}{name}" for name in names}
    kinds = {
        "oneOf": [{"$ref": f"{REF}{name}"} for name in names],
        "discriminator": {"propertyName": tag, "mapping": mapping},
    }
    return {**rest, "anyOf": [kinds, *others]} if others else {**rest, **kinds}


def _refs(schema: Schema) -> list[str]:
    """The names of the components that a union consists of."""
    return [part["$ref"].removeprefix(REF) for part in schema.get("oneOf", ()) if "$ref" in part]


def _tags(schema: Schema) -> dict[str, str]:
    """The properties with a fixed value by which messages are distinguished, and that value."""
    properties = schema.get("properties", {})
    values = {tag: properties[tag].get("const", properties[tag].get("enum")) for tag in TAGS if tag in properties}
    single = {tag: value[0] if isinstance(value, list) and len(value) == 1 else value for tag, value in values.items()}
    return {tag: value for tag, value in single.items() if isinstance(value, str)}


@cache
def property_texts() -> Mapping[str, Any]:
    """What properties mean: by their name, and by component where a name has another meaning there."""
    texts: dict[str, Any] = tomllib.loads(files("api.openapi").joinpath(PROPERTIES_FILE).read_text("utf-8"))
    return texts


def property_text(component: str, name: str) -> str:
    """What the property *name* of *component* means; empty where no text is written."""
    texts = property_texts()
    own = texts["of"].get(component.removeprefix("Law"), {})
    text: str = own.get(name) or texts["any"].get(name, "")
    return text


def _described(component: str, schema: Schema) -> Schema:
    """*schema* with a description for each of its properties."""
    if "properties" not in schema:
        return schema
    tags = _tags(schema)
    return {
        **schema,
        "properties": {
            name: part
            if part.get("description")
            else {**part, "description": _tag_text(tags[name]) if name in tags else property_text(component, name)}
            for name, part in schema["properties"].items()
        },
    }


def _tag_text(value: str) -> str:
    return f"Which kind of message this is: `{value}`."


def _without_unused(document: Schema) -> Schema:
    """The document without components that nothing leads to."""
    components = document["components"]
    used: set[str] = set()
    waiting = list(_references({name: part for name, part in document.items() if name != "components"}))
    while waiting:
        reference = waiting.pop()
        if reference in used:
            continue
        used.add(reference)
        _, kind, name = reference.removeprefix("#/").split("/", 2)
        waiting += _references(components[kind][name])
    kinds = {
        kind: {name: part for name, part in parts.items() if f"{COMPONENTS}{kind}/{name}" in used}
        if kind in ("schemas", "responses")
        else parts
        for kind, parts in components.items()
    }
    return {**document, "components": kinds}


def _references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [reference for part in value for reference in _references(part)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    inner = [reference for key, part in value.items() if key not in NOT_SCHEMA for reference in _references(part)]
    return own + inner
