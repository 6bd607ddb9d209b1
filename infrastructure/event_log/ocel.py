"""OCEL 2.0 as JSON: projects, their items and departments as objects, which wait on disk for the events.

Shape: https://www.ocel-standard.org/specification/formats/json/; every value is a text, every time has an offset.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Any, TextIO

from msgspec import json

from infrastructure.event_log.cases import LogCase, LogCounts, LogEvent, LogTally

INITIAL = "1970-01-01T00:00:00Z"  # of an attribute that an object has from the beginning
PROJECT, ITEM, DEPARTMENT = "project", "item", "department"
OBJECT_ATTRIBUTES = {PROJECT: ("code", "law", "register"), ITEM: ("code", "name"), DEPARTMENT: ("code",)}
EVENT_ATTRIBUTES = {"resource": "string", "role": "string", "label": "string", "recorded_at": "time"}


def write_ocel(cases: Iterable[LogCase], out: TextIO) -> LogCounts:
    """Write the log of *cases* to *out*, in UTF-8; what was written."""
    counter, types, departments = LogTally(), set[str](), set[str]()
    with TemporaryFile("w+", encoding="utf-8") as objects:
        out.write('{"events":[')
        event_comma = object_comma = ""
        for case in cases:
            counter.add(case)
            for event in case.events:
                types.add(event.activity)
                departments |= {event.department} - {""}
                out.write(event_comma + encoded(_event(case, event)))
                event_comma = ",\n"
            departments |= {item.department for item in case.items}
            for described in _objects(case):
                objects.write(object_comma + encoded(described))
                object_comma = ",\n"
        for department in sorted(departments):
            objects.write(object_comma + encoded(_object(DEPARTMENT, department_id(department), {"code": department})))
            object_comma = ",\n"
        out.write('],\n"objects":[')
        objects.seek(0)
        copyfileobj(objects, out)
    out.write(f'],\n"eventTypes":{encoded(_types(dict.fromkeys(sorted(types), EVENT_ATTRIBUTES)))}')
    kinds = {kind: dict.fromkeys(names, "string") for kind, names in OBJECT_ATTRIBUTES.items()}
    out.write(f',\n"objectTypes":{encoded(_types(kinds))}}}\n')
    return counter.counts


def encoded(value: Any) -> str:
    """*value* as JSON."""
    return json.encode(value).decode()


def item_id(case: LogCase, item: str) -> str:
    """The object of an item: its code is unique in its project only."""
    return f"{case.project}/{item}"


def department_id(department: str) -> str:
    """The object of a department."""
    return f"department/{department}"


def _event(case: LogCase, event: LogEvent) -> dict[str, Any]:
    attributes = {name: getattr(event, name) for name in EVENT_ATTRIBUTES if getattr(event, name)}
    related = {str(case.project): "of"}
    if any(item.item == event.item for item in case.items):
        related[item_id(case, event.item)] = "about"
    if event.department:
        related[department_id(event.department)] = "by"
    return {
        "id": event.id,
        "type": event.activity,
        "time": event.at.isoformat(),
        "attributes": [{"name": name, "value": _text(value)} for name, value in attributes.items()],
        "relationships": _related(related),
    }


def _objects(case: LogCase) -> Iterable[dict[str, Any]]:
    values = {"code": case.code, "law": case.law, "register": case.register}
    items = {item_id(case, item.item): "has" for item in case.items}
    yield _object(PROJECT, str(case.project), values, items)
    for item in case.items:
        handled = {department_id(item.department): "handled by"}
        yield _object(ITEM, item_id(case, item.item), {"code": item.item, "name": item.name}, handled)


def _object(kind: str, name: str, values: dict[str, str], related: dict[str, str] | None = None) -> dict[str, Any]:
    attributes = [{"name": key, "value": value, "time": INITIAL} for key, value in values.items() if value]
    return {"id": name, "type": kind, "attributes": attributes, "relationships": _related(related or {})}


def _related(related: dict[str, str]) -> list[dict[str, str]]:
    """The relationships: one qualifier a pair, as readers keep but one."""
    return [{"objectId": name, "qualifier": qualifier} for name, qualifier in related.items()]


def _types(types: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "attributes": [{"name": key, "type": kind} for key, kind in attributes.items()]}
        for name, attributes in types.items()
    ]


def _text(value: str | datetime) -> str:
    return value.isoformat() if isinstance(value, datetime) else value
