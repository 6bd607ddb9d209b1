"""The reference repeats the code truly: its generated tables are those of the code, and no page is forgotten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.catalogue.item import ServiceItem
from tests.docs.blocks import ROOT
from tests.docs.reference import MARKED, REFERENCE, TABLES, table, with_tables

KINDS = ("tutorial", "how-to", "reference", "explanation")
INDEX = (ROOT / "docs/README.md").read_text(encoding="utf-8")
REMEDY = "write it with: .venv/bin/python -m tests.docs.reference"
GENERATED = [page for page in sorted(REFERENCE.rglob("*.md")) if MARKED.search(page.read_text(encoding="utf-8"))]


def test_every_table_has_a_page() -> None:
    named = [part["name"] for page in GENERATED for part in MARKED.finditer(page.read_text(encoding="utf-8"))]
    assert sorted(named) == sorted(TABLES)


@pytest.mark.parametrize("page", GENERATED, ids=lambda page: page.name)
def test_the_tables_of_a_page_are_those_of_the_code(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == with_tables(text), REMEDY


def test_an_old_table_is_found() -> None:
    page = REFERENCE / "operation/settings.md"
    text = page.read_text(encoding="utf-8")
    assert with_tables(text.replace("`8000`", "`8080`")) == text
    assert with_tables(re.sub(r"\| `COUNTERSIGN_PORT`.*\n", "", text)) == text


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert table("a | b", [("x|y", "z")]) == "| a | b |\n|---|---|\n| x\\|y | z |\n"


def test_every_field_of_a_service_item_is_in_the_reference() -> None:
    text = (REFERENCE / "catalogue.md").read_text(encoding="utf-8")
    assert [field for field in ServiceItem.__struct_fields__ if f"`{field}`" not in text] == ["remarks"]


def test_every_page_is_of_one_kind_and_in_the_index() -> None:
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")} - {"README.md"}
    assert {page.partition("/")[0] for page in pages} == set(KINDS)
    listed = re.findall(r"^- \[[^]]+\]\(((?:tutorial|how-to|reference|explanation)/[^)#]+)\)", INDEX, re.MULTILINE)
    assert sorted(listed) == sorted(pages)
