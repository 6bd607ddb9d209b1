"""The page about the HTTP interface says what the code does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from api.body import BODY_BYTES_MAX, DAYS_MAX, YEAR_FIRST, YEAR_LAST
from api.commands import ANSWER_SECONDS_MAX
from api.conditional import CHANGES_TOLD_MAX
from api.identity import KEY_CHARACTERS_MAX, KEY_NAMESPACE, ROLES
from api.operation import LAG_ENTRIES_MAX
from api.problems import HTTP_CODES, KINDS
from api.views import PAGE_ROWS_MAX
from infrastructure.views import PATIENCE_SECONDS
from tests.api.door import Door
from tests.controls import ROOT

PAGE = (ROOT / "docs/http.md").read_text(encoding="utf-8")
CODES = re.compile(r"^\| (\d{3}) \| `([a-z-]+)` \|", re.MULTILINE)


def test_every_code_of_http_is_told_with_its_status() -> None:
    told = {code: int(status) for status, code in CODES.findall(PAGE)}
    assert told.keys() >= HTTP_CODES.keys()
    assert told == {code: KINDS[code].status for code in told}


@pytest.mark.parametrize(
    "what",
    [
        str(KEY_NAMESPACE),
        f"1 to {KEY_CHARACTERS_MAX} visible",
        f"years {YEAR_FIRST} to {YEAR_LAST}",
        f"at most {BODY_BYTES_MAX // 2**20} MiB",
        f"end at {DAYS_MAX:,}",
        f"After {ANSWER_SECONDS_MAX:.0f} seconds",
        f"at most {CHANGES_TOLD_MAX}\nentries",
        f"at most {PAGE_ROWS_MAX};",
        f"for\n{PATIENCE_SECONDS:.0f} seconds at most",
        f"more than {LAG_ENTRIES_MAX:,} entries",
        *[f"`{role}`" for role in ROLES],
    ],
)
def test_limits_are_told_as_they_are(what: str) -> None:
    assert what in PAGE


async def test_every_address_is_told(door: Door) -> None:
    document: dict[str, Any] = (await door.get("/schema/openapi.json", None)).json()
    told = re.sub(r"/projects/0193\S+/", "/projects/{id}/", PAGE)
    for path, item in document["paths"].items():
        for method in item:
            address = path.replace("project_id", "id")
            assert re.search(rf"{method.upper()} {re.escape(address)}(?![\w/])", told), address
