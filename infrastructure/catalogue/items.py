"""Converts a row of a list to a service item, and reports irregularities of the row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from domain.catalogue.item import DAYS_MAX, RequiredMaterial, ServiceItem, TaskType
from domain.core.characters import hidden_in_line, hidden_in_prose, spelled, visible
from domain.core.types import LINE_CHARACTERS_MAX
from domain.legal_person.codes import fault_of, is_legacy

TASK_TYPES = {
    "1": TaskType.LICENCE,
    "2": TaskType.PENALTY,
    "3": TaskType.COERCION,
    "4": TaskType.LEVY,
    "5": TaskType.PAYMENT,
    "6": TaskType.INSPECTION,
    "7": TaskType.CONFIRMATION,
    "8": TaskType.REWARD,
    "9": TaskType.ADJUDICATION,
    "10": TaskType.OTHER_POWER,
    "20": TaskType.PUBLIC_SERVICE,
    "行政许可": TaskType.LICENCE,
    "行政处罚": TaskType.PENALTY,
    "行政强制": TaskType.COERCION,
    "行政征收": TaskType.LEVY,
    "行政给付": TaskType.PAYMENT,
    "行政检查": TaskType.INSPECTION,
    "行政确认": TaskType.CONFIRMATION,
    "行政奖励": TaskType.REWARD,
    "行政裁决": TaskType.ADJUDICATION,
    "其他行政权力": TaskType.OTHER_POWER,
    "公共服务": TaskType.PUBLIC_SERVICE,
}
LISTS = ("by_law", "special_procedure", "other_dept")
TRUTHS = {"1": True, "true": True, "是": True, "0": False, "false": False, "否": False}
FLAGS = ("is_online", "is_fee", "pre_phase", "live", "by_undertaking")
NAMES = ("task_code", "task_name", "dept_code", "dept_name", "org_code", "catalog_code")
DAYS = ("anticipate_day", "promise_day")
SHOWN_CHARACTERS_MAX = 40  # of a value in a finding
MISSING = re.compile(r"Object missing required field `(\w+)`$")
PLACE = re.compile(r" - at `\$\.(\w+).*`")
OWN = frozenset(ServiceItem.__struct_fields__)


class Finding(Struct, frozen=True):
    """Something odd about one row. *kind* is stable; *detail* is a sentence."""

    line: int
    kind: str
    detail: str


def item_from(line: int, row: Mapping[str, Any]) -> tuple[ServiceItem | None, list[Finding]]:
    """The item of one row, None if it is invalid, and the findings."""
    findings = list(_odd(line, row))
    fields = {name: value for name, value in _fields(row).items() if name in OWN}
    try:
        item = msgspec.convert(fields, ServiceItem, strict=False)
    except msgspec.ValidationError as error:
        code = visible(str(row.get("task_code") or "a row without code").strip()[:SHOWN_CHARACTERS_MAX])
        return None, [*findings, Finding(line, "no-item", f"{code}: {_fault_of(fields, str(error))}")]
    if hidden := _hidden(item):
        return None, [*findings, Finding(line, "no-item", f"{visible(item.task_code)}: {hidden}")]
    if not findings:
        return item, []
    remarks = tuple(f"{finding.kind}: {finding.detail}"[:LINE_CHARACTERS_MAX] for finding in findings)
    return msgspec.structs.replace(item, remarks=remarks), findings


def _fault_of(fields: Mapping[str, Any], error: str) -> str:
    """What is wrong with *fields*, by the *error* of decoding them: which column, and what it may hold."""
    if missing := MISSING.match(error):
        return f"it has no {missing[1]}"
    place = PLACE.search(error)
    if place is None:
        return error
    name = place[1]
    value = visible(str(fields.get(name, "")))[:SHOWN_CHARACTERS_MAX]
    if name in DAYS:
        return f"{name} holds {value!r}: write a whole number of days, 0 to {DAYS_MAX}, and nothing else"
    if name == "task_type":
        return f"task_type holds {value!r}: write a number, 1 to 10 or 20, or its word, such as 行政许可"
    if name in FLAGS:
        return f"{name} holds {value!r}: write 1 or 0"
    return f"{name} holds {value!r}: {error[: place.start()]}"


def _hidden(item: ServiceItem) -> str:
    """Which hidden character a text of *item* holds: in a code or name any, else a control character; empty if none."""
    for name, value in msgspec.to_builtins(item).items():
        allowed = hidden_in_line if name in NAMES else hidden_in_prose
        if hidden := next(filter(None, map(allowed, _texts(value))), ""):
            return f"{name} holds the character {spelled(hidden)}; take it out"
    return ""


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for part in value.values():
                yield from _texts(part)
        case list() | tuple():
            for part in value:
                yield from _texts(part)
        case _:
            return


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    stripped = {name: value.strip() if isinstance(value, str) else value for name, value in row.items()}
    fields = {name: value for name, value in stripped.items() if value not in ("", None)}
    for name in LISTS:
        if isinstance(fields.get(name), str):
            fields[name] = _parts(fields[name])
    for name in FLAGS:
        if isinstance(fields.get(name), str):
            fields[name] = TRUTHS.get(fields[name].lower(), fields[name])
    if isinstance(fields.get("materials"), str):
        late = _parts(str(fields.get("tolerable", "")))
        fields["materials"] = [
            RequiredMaterial(material_name=name, tolerable=name in late) for name in _parts(fields["materials"])
        ]
    if "task_type" in fields:
        kind = str(fields["task_type"])
        fields["task_type"] = TASK_TYPES.get(kind.lstrip("0") or kind, kind)
    # Lists from other systems identify departments by name, and their codes are unreliable: use the name as code.
    name = fields.get("dept_name", "")
    if name and ("dept_code" not in fields or "org_code" in row):
        fields["dept_code"] = name
    return fields


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.replace("；", ";").split(";") if part.strip()]


def _odd_code(line: int, code: str) -> Finding | None:
    """The finding about an organisation's code; None for a valid one of eighteen characters."""
    if is_legacy(code):
        return Finding(line, "organisation-code-legacy", f"{code} is an organisation code of nine characters")
    fault, remedy = fault_of(code)
    if not fault:
        return None
    return Finding(line, "organisation-code-junk", f"{code}: {fault}{f'; {remedy}' if remedy else ''}")


def _odd(line: int, row: Mapping[str, Any]) -> list[Finding]:
    """Findings about a row's organisation codes, and about values that have no field here."""
    findings = []
    if "org_code" in row:
        codes = [str(row.get(name) or "").strip() for name in ("org_code", "dept_code")]
        if not codes[0]:
            findings.append(Finding(line, "organisation-code-missing", "the row names no organisation"))
        findings += [odd for code in dict.fromkeys(codes) if code and (odd := _odd_code(line, code))]
        if codes[1] and codes[0] != codes[1]:
            findings.append(
                Finding(line, "organisation-codes-differ", f"{codes[0] or 'none'} in one column, {codes[1]} in another")
            )
    listed = _parts(str(row.get("materials") or ""))
    if unlisted := [name for name in _parts(str(row.get("tolerable") or "")) if name not in listed]:
        detail = f"{'; '.join(unlisted)} may be missing, and is not asked for"
        findings.append(Finding(line, "tolerable-unlisted", detail))
    if part_of := str(row.get("part_of") or "").strip():
        findings.append(Finding(line, "part-of", part_of))
    return findings
