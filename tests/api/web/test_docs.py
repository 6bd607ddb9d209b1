"""The page about the HTTP interface says what the code does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from api.commands.if_match import CHANGES_SHOWN_MAX
from api.commands.sender import ANSWER_SECONDS_MAX
from api.health import LAG_ENTRIES_MAX
from api.web.identity import KEY_CHARACTERS_MAX, KEY_NAMESPACE, ROLES
from api.web.parameters import PAGE_ROWS_MAX
from api.web.problems import HTTP_CODES, KINDS
from api.web.request_body import BODY_BYTES_MAX, DAYS_MAX, YEAR_FIRST, YEAR_LAST
from infrastructure.materials.media import KINDS as KINDS_OF_FILES
from infrastructure.projector.positions import PATIENCE_SECONDS
from tests.api.client import Door
from tests.examples import ROOT

PAGE = (ROOT / "docs/reference/programs/http.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())
UNLIKE_THEIR_NAME = {"jpg", "txt"}  # JPEG, plain text
CODES = re.compile(r"^\| (\d{3}) \| `([a-z-]+)` \|", re.MULTILINE)


def test_every_code_of_http_is_documented_with_its_status() -> None:
    statuses = {code: int(status) for status, code in CODES.findall(PAGE)}
    assert statuses.keys() >= HTTP_CODES.keys()
    assert statuses == {code: KINDS[code].status for code in statuses}


@pytest.mark.parametrize(
    "what",
    [
        str(KEY_NAMESPACE),
        f"1 to {KEY_CHARACTERS_MAX} visible",
        f"years {YEAR_FIRST} to {YEAR_LAST}",
        f"at most {BODY_BYTES_MAX // 2**20} MiB",
        f"Numbers of days are at most {DAYS_MAX:,}",
        f"no result after {ANSWER_SECONDS_MAX:.0f} seconds",
        f"at most {CHANGES_SHOWN_MAX} entries",
        f"at most {PAGE_ROWS_MAX};",
        f"for at most {PATIENCE_SECONDS:.0f} seconds",
        f"more than {LAG_ENTRIES_MAX:,} entries",
        *[f"`{role}`" for role in ROLES],
    ],
)
def test_limits_are_documented_as_they_are(what: str) -> None:
    assert what in TEXT


def test_the_page_about_materials_names_every_type() -> None:
    page = (ROOT / "docs/reference/materials.md").read_text(encoding="utf-8").casefold()
    suffixes = {kind.suffix for kind in KINDS_OF_FILES.values()} - UNLIKE_THEIR_NAME
    assert [suffix for suffix in suffixes if suffix not in page] == []


async def test_every_address_is_documented(door: Door) -> None:
    document: dict[str, Any] = (await door.get("/schema/openapi.json", None)).json()
    for path, item in document["paths"].items():
        for method in item:
            address = path.replace("project_id", "id")
            assert re.search(rf"{method.upper()} {re.escape(address)}(?![\w/])", PAGE), address
