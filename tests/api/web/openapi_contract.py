"""Breaking changes between two OpenAPI documents, and the snapshot of the last release: `python -m` this writes it.

A change breaks where a program written for the older document may fail with the newer: something it sends is no longer
taken, or something it reads is no longer there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
from msgspec import json

Document = dict[str, Any]

RELEASES = Path(__file__).parents[2] / "samples/openapi"
SNAPSHOT = max(RELEASES.glob("*.json"), key=lambda file: [int(number) for number in file.stem.split(".")])  # the newest
FOR_PEOPLE = {"description", "summary", "example", "examples", "title", "tags", "info"}  # free to change
MAPS = {"properties", "paths", "schemas", "mapping", "responses", "securitySchemes", "content", "headers"}
NUMBER_DIGITS_MAX = 19  # of 64 bits
OUTER = {"get", "post", "put", "patch", "delete", "head"}


def contract_of(document: Document) -> Document:
    """What of *document* programs rely on: all but what it says to people."""
    return {"paths": _plain(document["paths"], is_map=True), "components": _plain(document["components"])}


def _plain(value: Any, *, is_map: bool = False) -> Any:
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {name: _plain(part, is_map=name in MAPS) for name, part in value.items() if is_map or name not in FOR_PEOPLE}


class Comparison:
    """Two documents: what breaks from *old* to *new*, each as a sentence with its place."""

    def __init__(self, old: Document, new: Document) -> None:
        self._old, self._new = contract_of(old), contract_of(new)
        self._compared: set[tuple[str, str, bool]] = set()

    def breaks(self) -> list[str]:
        """All breaking changes."""
        return list(self._operations())

    def _operations(self) -> Iterator[str]:
        for path, item in self._old["paths"].items():
            for method, old in item.items():
                new = self._new["paths"].get(path, {}).get(method)
                place = f"{method.upper()} {path}"
                if new is None:
                    yield f"{place}: the operation is gone"
                elif method in OUTER:
                    yield from self._operation(place, old, new)

    def _operation(self, place: str, old: Document, new: Document) -> Iterator[str]:
        if old["operationId"] != new["operationId"]:
            yield f"{place}: operationId was {old['operationId']}, generated clients call it so"
        yield from self._parameters(place, _by_name(old), _by_name(new))
        yield from self._contents(f"{place} body", old.get("requestBody", {}), new.get("requestBody", {}), sent=True)
        if not old.get("requestBody") and new.get("requestBody", {}).get("required"):
            yield f"{place}: a body is now required"
        for status, answer in old["responses"].items():
            if status not in new["responses"]:
                yield f"{place}: {status} is no longer answered"
            else:
                yield from self._contents(f"{place} {status}", answer, new["responses"][status], sent=False)

    def _parameters(self, place: str, old: Mapping[str, Document], new: Mapping[str, Document]) -> Iterator[str]:
        for name, parameter in old.items():
            if name not in new:
                yield f"{place}: the parameter {name} is gone"
            elif not _takes_numbers_too(parameter["schema"], new[name]["schema"]):
                yield from self._schema(f"{place} {name}", parameter["schema"], new[name]["schema"], sent=True)
        for name, parameter in new.items():
            if parameter.get("required") and not old.get(name, {}).get("required"):
                yield f"{place}: the parameter {name} is now required"

    def _contents(self, place: str, old: Document, new: Document, *, sent: bool) -> Iterator[str]:
        for media_type, part in old.get("content", {}).items():
            if media_type not in new.get("content", {}):
                yield f"{place}: {media_type} is gone"
            else:
                after = new["content"][media_type]
                yield from self._schema(place, part.get("schema", {}), after.get("schema", {}), sent=sent)

    def _schema(self, place: str, old: Document, new: Document, *, sent: bool) -> Iterator[str]:
        """Differences of what is *sent* to the server, or else read from it."""
        if "$ref" in old and "$ref" in new:
            pair = (old["$ref"], new["$ref"], sent)
            if pair in self._compared:
                return
            self._compared.add(pair)
        place = f"{place} {old['$ref'].rpartition('/')[2]}" if "$ref" in old else place
        old, new = _resolved(self._old, old), _resolved(self._new, new)
        if sorted(_types(old)) != sorted(_types(new)):
            yield f"{place}: was {_types(old)}, is {_types(new)}"
            return
        yield from _values(place, old, new, sent=sent)
        yield from self._properties(place, old, new, sent=sent)
        if "items" in old:
            yield from self._schema(f"{place}[]", old["items"], new.get("items", {}), sent=sent)
        yield from self._union(place, old, new, sent=sent)

    def _properties(self, place: str, old: Document, new: Document, *, sent: bool) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, part in before.items():
            if name not in after:
                yield f"{place}: the property {name} is gone"
                continue
            if not sent and name in old.get("required", ()) and name not in new.get("required", ()):
                yield f"{place}: the property {name} may now be missing"
            yield from self._schema(f"{place}.{name}", part, after[name], sent=sent)
        if sent:
            for name in new.get("required", ()):
                if name not in old.get("required", ()):
                    yield f"{place}: the property {name} is now required"

    def _union(self, place: str, old: Document, new: Document, *, sent: bool) -> Iterator[str]:
        before, after = _members(old), _members(new)
        for name, part in before.items():
            if name in after:
                yield from self._schema(place, part, after[name], sent=sent)
            elif sent:
                yield f"{place}: {name} is no longer taken"
        if not sent and "discriminator" not in old:
            yield from (f"{place}: may now be {name}" for name in after if name not in before)


def _takes_numbers_too(old: Document, new: Document) -> bool:
    """Whether a parameter that was a number is now any text: in an address, a number is one."""
    kinds = [[kind for kind in _types(schema) if kind != "null"] for schema in (old, new)]
    is_bound = {"pattern", "enum", "format"} & new.keys() or new.get("maxLength", NUMBER_DIGITS_MAX) < NUMBER_DIGITS_MAX
    return kinds == [["integer"], ["string"]] and not is_bound


def _values(place: str, old: Document, new: Document, *, sent: bool) -> Iterator[str]:
    """Values of an enumeration, and bounds of what is sent."""
    if sent:
        for value in old.get("enum", ()):
            if "enum" in new and value not in new["enum"]:
                yield f"{place}: {value} is no longer taken"
        for bound, is_narrower in (("maximum", float.__lt__), ("minimum", float.__gt__), ("maxLength", float.__lt__)):
            if bound in new and (bound not in old or is_narrower(float(new[bound]), float(old[bound]))):
                yield f"{place}: {bound} is now {new[bound]}"
    if old.get("const") != new.get("const"):
        yield f"{place}: was {old.get('const')}, is {new.get('const')}"
    if old.get("format") != new.get("format"):
        yield f"{place}: its form was {old.get('format')}, is {new.get('format')}"


def _by_name(operation: Document) -> dict[str, Document]:
    return {f"{parameter['in']} {parameter['name']}": parameter for parameter in operation.get("parameters", ())}


def _members(schema: Document) -> dict[str, Document]:
    parts = schema.get("oneOf") or schema.get("anyOf") or []
    return {
        part.get("$ref", "").rpartition("/")[2] or str(part.get("type", number)): part
        for number, part in enumerate(parts)
    }


def _types(schema: Document) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _resolved(document: Document, schema: Document) -> Document:
    while "$ref" in schema:
        place: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            place = place[part]
        schema = place
    return schema


def main(address: str) -> None:
    """Store what the server at *address* promises, as the snapshot of a release."""
    document = httpx.get(f"{address}/schema/openapi.json", timeout=60).json()
    (RELEASES / f"{version('countersign')}.json").write_bytes(
        json.encode(contract_of(document), order="sorted") + b"\n"
    )


if __name__ == "__main__":
    main(sys.argv[1])
