"""What a page is rendered with hides no table of words that the frame around every page speaks by."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.html.page import PageAddress, PageContext, Visitor
from api.html.translations import TABLES
from domain.core.ledger import Role

API = Path(__file__).parents[3] / "api"
FRAME = ("html/templates/base.html", "identity/templates/visitor.html")  # around the content of every page
CALLED = re.compile(r"\b([a-z_]+)\(")


def content_names() -> Iterator[tuple[str, str]]:
    """Each name that some page passes to `PageContext.render`, with the file."""
    for path in API.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "render":
                yield from ((str(path.relative_to(API)), word.arg) for word in node.keywords if word.arg)


def test_no_content_hides_a_table_that_the_frame_speaks_by() -> None:
    spoken = {name for file in FRAME for name in CALLED.findall((API / file).read_text("utf-8"))} & TABLES.keys()

    assert {"messages", "label"} <= spoken
    assert [(file, name) for file, name in content_names() if name in spoken] == []


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        (Role.APPLICANT, ["window_my", "progress", "information"]),
        (Role.WINDOW_CLERK, ["window_apply", "progress"]),
        (Role.OFFICER, ["progress", "desk", "supervision", "information", "reference_data"]),
        (Role.AUDITOR, ["progress", "desk", "supervision", "information", "audit_ledger"]),
    ],
)
def test_the_menu_has_what_the_role_may_read(role: Role, labels: list[str]) -> None:
    page = PageContext(PageAddress("/pages/progress", visitor=Visitor("wu", role.value)))

    assert [label for label, _, _ in page.menu()] == labels
    assert [label for label, _, is_current in page.menu() if is_current] == ["progress"]
