"""The page about access shows the table as the code has it."""

from __future__ import annotations

from pathlib import Path

from domain.access.table import PERSONAL, TABLE
from scripts.access.table_page import public_markdown, table_markdown

PAGE = (Path(__file__).parents[1] / "docs" / "reference" / "programs" / "access.md").read_text(encoding="utf-8")


def between(start: str) -> str:
    """The text of the page between a comment that begins so and the next end."""
    return PAGE.partition(f"<!-- {start} -->\n")[2].partition("<!-- end -->")[0]


def test_the_table_of_the_page_is_the_table() -> None:
    assert between("generated: python -m scripts.access.table_page") == table_markdown()


def test_public_actions_are_listed() -> None:
    assert between("public").strip() == public_markdown()


def test_every_action_is_on_the_page() -> None:
    assert [action for action in TABLE if f"`{action.removeprefix('read:')}`" not in PAGE and action not in PAGE] == []


def test_personal_data_is_listed_by_name() -> None:
    assert {action.rpartition("_")[2] for action in PERSONAL} == {"contact"}
    assert "`_contact`" in PAGE
