"""Instants and days in addresses, by the OpenAPI document: what no calendar answers for is refused alike everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar
from msgspec import Struct

from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from tests.api.client import REGISTER, Door, identity, problem
from tests.examples import LEADER

PROJECT = UUID(int=0x1990)
INSTANTS = (
    *("2026-03-02T09:00:00", "2026-03-02T09:00:00 08:00", "2026-03-02", "2026-03-02T09:00Z", "2026-03-02T24:00:00Z"),
    *("2026-06-30T23:59:60Z", "2026-02-30T00:00:00Z", "2026-03-02T09:00:00+24:00", "+2026-03-02T09:00:00Z", ""),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1989-12-31T23:59:59Z", "2100-01-01T00:00:00Z"),
    *("1990-01-01T00:00:00+14:00", "2099-12-31T23:59:59-14:00"),  # in these years there, not where days begin here
)
DAYS = ("0001-01-01", "1989-12-31", "2100-01-01", "9999-12-31", "2026-02-30", "2026-W01", "2026-03-02T00:00:00Z", "")
SAMPLES = {"project_id": str(PROJECT), "name": "CN", "code": "91420100MA0LM20268", "edition": "1"}
REQUIRED = {"item": "land", "clock": "decision", "department": "land"}
UNKNOWN_FIRST = {"/deadlines/{file}"}  # whose name is a credential


class TimeParameter(Struct, frozen=True):
    """A parameter of an address that is an instant or a day, and the others that the address needs."""

    path: str
    name: str
    is_day: bool
    others: dict[str, str]


def time_parameters(app: Litestar) -> Iterator[TimeParameter]:
    """All of those of the OpenAPI document, but of what has to be there before its time is looked at."""
    paths: dict[str, Any] = app.openapi_schema.to_schema()["paths"]
    for template, operations in paths.items():
        declared = [each for each in operations.get("get", {}).get("parameters", ()) if each["in"] == "query"]
        path = re.sub(r"\{([^}]*)\}", lambda match: SAMPLES.get(match[1], "none"), template)
        others = {each["name"]: REQUIRED.get(each["name"], "x") for each in declared if each.get("required")}
        others |= {"principal": "wang"} if template == "/v1/access" else {}
        for each in declared if template not in UNKNOWN_FIRST else ():
            formats = set(re.findall(r"'format': '(date|date-time)'", str(each["schema"])))
            if formats:
                yield TimeParameter(path, each["name"], formats == {"date"}, others)


async def test_what_no_calendar_answers_for_is_refused_everywhere(
    app: Litestar, door: Door, approvals: Approvals, projector: Projector
) -> None:
    await door.done(PROJECT, REGISTER)
    parameters = list(time_parameters(app))
    assert len(parameters) > 80, "the document says which parameters are times"
    for parameter in parameters:
        for text in DAYS if parameter.is_day else INSTANTS:
            params = {**parameter.others, parameter.name: text}
            answer = await door.client.get(parameter.path, params=params, headers=identity(LEADER))
            assert answer.status_code == 400, (parameter, text, answer.status_code, answer.text[:300])
            assert problem(answer, "invalid-parameter")["parameter"] == parameter.name, (parameter, text)


@pytest.mark.parametrize(
    "instant",
    ["2026-03-02t09:00:00z", "2026-03-02T09:00:00+08:00", "1990-01-01T00:00:00Z", "2099-12-31T15:59:59Z"],
)
async def test_what_a_calendar_answers_for_is_answered(door: Door, projector: Projector, instant: str) -> None:
    for path in ("/v1/supervision/board", "/v1/clocks", "/v1/progress", "/v1/waiting"):
        answer = await door.get(path, as_of=instant)
        assert answer.status_code == 200, (path, answer.text[:300])
