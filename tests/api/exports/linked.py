"""The file of a list as a page links to it, for tests that compare both."""

from __future__ import annotations

import csv
import re
from html import unescape
from io import BytesIO, StringIO
from typing import Any

import httpx
from python_calamine import CalamineWorkbook

from domain.core.ledger import Actor
from tests.api.client import Door, identity

PROJECT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def linked_rows(door: Door, page: str, name: str, by: Actor) -> list[dict[str, str]]:
    """The rows of the CSV file to which *page* links as the list *name*; the XLSX file beside it has as many."""
    return await rows_by(door.client, page, name, identity(by))


async def rows_by(
    client: httpx.AsyncClient, page: str, name: str, headers: dict[str, str] | None = None
) -> list[dict[str, str]]:
    """The same, for whoever *client* with *headers* is."""
    answers = []
    for sheet_format in ("csv", "xlsx"):
        (href,) = re.findall(rf'href="(/(?:pages|window)/exports/{name}/{sheet_format}[^"]*)"', page)
        answers.append(await client.get(unescape(href), headers=headers))
        assert answers[-1].status_code == 200, answers[-1].text
    rows = list(csv.DictReader(StringIO(answers[0].content.decode("utf-8-sig"), newline="")))
    sheet = CalamineWorkbook.from_filelike(BytesIO(answers[1].content)).get_sheet_by_index(0).to_python()
    assert (len(sheet) - 1, sheet[0]) == (len(rows), list(rows[0]) if rows else sheet[0])
    return rows


async def about_of(client: httpx.AsyncClient, address: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """What the second sheet of the XLSX file at *address* says of it."""
    answer = await client.get(address, headers=headers)
    assert answer.status_code == 200, answer.text
    book = CalamineWorkbook.from_filelike(BytesIO(answer.content))
    return {str(row[0]): row[1] for row in book.get_sheet_by_index(1).to_python()}


def projects_in(rows: list[str]) -> list[str]:
    """The project that each of the *rows* of a page leads to first."""
    return [PROJECT.findall(row)[0] for row in rows]
