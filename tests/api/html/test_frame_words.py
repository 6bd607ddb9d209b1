"""What a page is rendered with hides no table of words that the frame around every page speaks by."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from api.html.translations import TABLES

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
