"""Every list as XLSX and CSV: the rows of the list, for the same readers, as of one position."""

from __future__ import annotations

import csv
import re
from collections.abc import AsyncIterator
from datetime import datetime
from html import unescape
from io import BytesIO, StringIO
from typing import Any

import httpx
import pytest
import pytest_asyncio
from python_calamine import CalamineWorkbook

from api.exports import download
from domain.core.ledger import Actor, Role
from domain.examples.people import BUREAU, ENTERPRISE, MANAGER
from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door, identity
from tests.api.exports.linked import about_of
from tests.api.guard.two_projects import MARK, OTHER, OWN, PHONE, two_projects
from tests.docs.blocks import ROOT

pytestmark = pytest.mark.pages

LEADER, AUDITOR = Actor("ma.jun", "zone-office", Role.LEADER), Actor("sun.yu", "audit", Role.AUDITOR)
PERIOD = {"first": "2026-03-01", "last": "2026-12-31"}
EXPORTS = "/pages/exports"
# Each list as a file, the same list as JSON, and the member that holds its rows.
LISTS: dict[str, tuple[str, str, dict[str, str]]] = {
    "progress": ("/v1/progress", "projects", {}),
    "information": ("/v1/information", "projects", {}),
    "legal-persons": ("/v1/legal-persons", "persons", {}),
    "clocks": ("/v1/clocks", "clocks", {}),
    "cards": ("/v1/supervision/cards", "cards", PERIOD),
    "decisions": ("/v1/supervision/decisions", "decided", PERIOD),
    "suspensions": ("/v1/supervision/suspensions", "applications", PERIOD),
    "orders": ("/v1/supervision/orders", "orders", {}),
    "waiting": ("/v1/waiting", "waiting", {}),
    "complaints": ("/v1/feedback/complaints", "complaints", {}),
    "evaluations": ("/v1/feedback/evaluations", "evaluations", {}),
}


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """Two projects, projected."""
    async with two_projects(shared_database_url) as opened:
        yield opened


async def get(door: Door, path: str, params: dict[str, str] | None = None, by: Actor = LEADER) -> httpx.Response:
    return await door.client.get(path, params={"lang": "en", **(params or {})}, headers=identity(by))


def lines_in(response: httpx.Response) -> list[list[str]]:
    return list(csv.reader(StringIO(response.content.decode("utf-8-sig"), newline="")))


def sheets_in(response: httpx.Response) -> list[list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(BytesIO(response.content))
    return [book.get_sheet_by_index(index).to_python() for index in range(len(book.sheet_names))]


def as_text(cell: Any) -> str:
    """A cell of a workbook as it is in the CSV file; a workbook has but one kind of number."""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_the_same_as_json_csv_and_xlsx(door: Door, name: str) -> None:
    address, member, params = LISTS[name]
    answer = (await door.client.get(address, params={**params, "limit": "500"}, headers=identity(LEADER))).json()
    lines = lines_in(await get(door, f"{EXPORTS}/{name}/csv", params))
    table, about = sheets_in(await get(door, f"{EXPORTS}/{name}/xlsx", params))
    assert len(lines) - 1 == len(answer[member])
    assert len(set(lines[0])) == len(lines[0])
    assert [[as_text(cell) for cell in row] for row in table] == [
        [f"{float(cell):g}" if re.fullmatch(r"-?\d+\.\d+", cell) else cell for cell in line] for line in lines
    ]
    assert {line[0]: line[1] for line in about}["Rows"] == len(answer[member])


async def test_the_second_sheet_says_what_the_table_is_of(door: Door) -> None:
    response = await get(door, f"{EXPORTS}/cards/xlsx", {"department": "none", "offset": "3", **PERIOD})
    about = {line[0]: line[1] for line in sheets_in(response)[1]}
    assert about["Filter: department"] == "none"
    assert about["Time zone"] == "Asia/Shanghai"
    assert "offset" not in about["Address"]
    digest = about["Digest of the query (SHA-256)"]
    assert digest[:8] in response.headers["content-disposition"]
    other = await get(door, f"{EXPORTS}/cards/csv", {"department": "other", **PERIOD})
    assert digest[:8] not in other.headers["content-disposition"]


# Pages with the lists that they link to, and who reads them; `/` is another page for each role.
PRINTED: list[tuple[str, dict[str, str], tuple[str, ...], Actor]] = [
    ("/", {}, ("attention",), LEADER),
    ("/", {"status": "open"}, ("progress",), LEADER),
    ("/", {}, ("my-projects",), MANAGER),
    ("/audit", {"text": "x"}, ("ledgers",), AUDITOR),
    ("/desk", {}, ("waiting",), LEADER),
    ("/desk", {"department": "planning"}, ("worklist",), LEADER),
    ("/my", {}, ("my-tasks", "my-cases"), ENTERPRISE),
    ("/overview", {}, ("attention",), LEADER),
    ("/pages/cases", {"step": "decision"}, ("cases",), LEADER),
    ("/pages/information", {"q": "恒信"}, ("information",), LEADER),
    ("/pages/my-projects", {}, ("my-projects",), MANAGER),
    ("/pages/progress", {"status": "open", "view": "matrix", "sort": "phase", "limit": "1"}, ("progress",), LEADER),
    ("/pages/supervision/cards", PERIOD, ("cards",), LEADER),
    ("/pages/supervision/clocks", {"offset": "0"}, ("clocks",), LEADER),
    ("/pages/supervision/decisions", PERIOD, ("decisions",), LEADER),
    ("/pages/supervision/timeliness", PERIOD, ("lags",), BUREAU),
    ("/supervision/complaints", {}, ("complaints",), LEADER),
    ("/supervision/orders", {}, ("orders",), LEADER),
]


@pytest.mark.parametrize(("path", "params", "names", "by"), PRINTED, ids=lambda value: value or "")
async def test_print_and_file_of_a_question_have_one_digest(
    door: Door, path: str, params: dict[str, str], names: tuple[str, ...], by: Actor
) -> None:
    page = (await get(door, path, params, by)).text
    (digest,) = re.findall(r'data-foot="[^"]*Digest of the query \(SHA-256\) ([0-9a-f]+)"', page)
    for name in names:
        (href,) = re.findall(rf'href="(/(?:pages|window)/exports/{name}/xlsx[^"]*)"', page)
        about = await about_of(door.client, unescape(href), identity(by))
        assert about["Digest of the query (SHA-256)"] == digest, name
        chinese = await about_of(door.client, unescape(href).replace("lang=en", "lang=zh"), identity(by))
        assert chinese["查询摘要（SHA-256）"] == digest, name


def test_every_list_with_a_link_has_the_page_of_its_digest() -> None:
    linked = re.compile(r'set exported = "([a-z-]+)"')
    templates = "".join(path.read_text("utf-8") for path in (ROOT / "api").glob("*/templates/*.html"))
    assert {match[1] for match in linked.finditer(templates)} == set(download.PAGE_OF)


@pytest.mark.parametrize("name", ["cards", "decisions", "lags", "suspensions"])
async def test_a_list_of_a_period_says_which_where_the_address_has_none(door: Door, name: str) -> None:
    answer = (await door.client.get("/v1/supervision/lags", headers=identity(BUREAU))).json()
    about = await about_of(door.client, f"{EXPORTS}/{name}/xlsx?lang=en", identity(BUREAU))
    assert about["Period"] == f"{answer['first']} – {answer['last']}"


@pytest.mark.parametrize("name", ["progress", "lags", "suspensions"])
async def test_a_table_of_a_past_day_says_so(door: Door, name: str) -> None:
    past = {**LISTS.get(name, ("", "", PERIOD))[2], "as_of": "2026-04-21T00:00:00+08:00"}
    about = {line[0]: line[1] for line in sheets_in(await get(door, f"{EXPORTS}/{name}/xlsx", past))[1]}
    assert str(about["Data as of"]).startswith("2026-04-21"), about


async def test_batches_of_one_row_give_the_same_list(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {name: lines_in(await get(door, f"{EXPORTS}/{name}/csv", LISTS[name][2])) for name in LISTS}
    monkeypatch.setattr(download, "BATCH_ROWS", 1)
    for name, lines in whole.items():
        assert lines_in(await get(door, f"{EXPORTS}/{name}/csv", LISTS[name][2])) == lines


async def test_everyone_gets_the_rows_that_he_may_read(door: Door) -> None:
    every, own = [lines_in(await get(door, f"{EXPORTS}/progress/csv", by=by)) for by in (LEADER, ENTERPRISE)]
    assert {line[-1] for line in every[1:]} >= {str(OWN), str(OTHER)}
    assert {line[-1] for line in own[1:]} == {str(OWN)}
    for name, (_, _, params) in LISTS.items():
        text = (await get(door, f"{EXPORTS}/{name}/csv", params, ENTERPRISE)).text
        assert MARK not in text
        assert str(OTHER) not in text


async def test_no_table_says_whom_to_call(door: Door) -> None:
    for name, (_, _, params) in LISTS.items():
        for by in (ENTERPRISE, BUREAU):
            assert PHONE not in (await get(door, f"{EXPORTS}/{name}/csv", params, by)).text


async def test_a_filter_narrows_the_table_as_it_does_the_page(door: Door) -> None:
    assert len(lines_in(await get(door, f"{EXPORTS}/progress/csv", {"text": "no such project"}))) == 1
    refused = await get(door, f"{EXPORTS}/progress/csv", {"warned": "never"})
    assert refused.status_code == 400
    assert "Back to the page without it" in refused.text
    unknown = await get(door, f"{EXPORTS}/progress/pdf")
    assert unknown.status_code == 400
    assert "Back to the page without it" not in unknown.text  # it is no parameter, and the page would be the same


async def test_pages_link_to_their_lists_with_the_filters_in_force(door: Door) -> None:
    page = (await get(door, "/pages/progress", {"status": "open", "view": "matrix"})).text
    assert "/pages/exports/progress/xlsx?lang=en&amp;status=open" in page
    conduct = (await get(door, "/pages/supervision/timeliness", PERIOD, BUREAU)).text
    for name in ("lags", "suspensions"):
        assert f"/pages/exports/{name}/csv?lang=en&amp;first=2026-03-01" in conduct
