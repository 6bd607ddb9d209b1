"""Fenced code blocks of a Markdown page, with what the info string behind the fence says of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^(`{3,})(?P<info>.*)$")
NOT_RUN = "no-run:"
ADDRESS = "http://127.0.0.1:8000"  # the one address that pages name; tests serve elsewhere

# Why a block is not run. A new reason is a decision: what can be run belongs in a test.
REASONS = {
    "serves until Ctrl-C",
    "runs this test",
    "takes minutes and other programs",
    "needs three machines",
    "needs a database server of your own",
    "changes the checkout",
    "needs a database of an earlier release",
}
NOT_RUN_MAX = 13


class Block(NamedTuple):
    """One code block: its first line is *line* of *page*; *use* is what follows the language."""

    page: str
    line: int
    language: str
    use: str
    text: str

    @property
    def place(self) -> str:
        """How a failure names the block."""
        return f"{self.page}:{self.line}"

    @property
    def not_run(self) -> str:
        """The reason why the block is not run, empty where it is."""
        return self.use.removeprefix(NOT_RUN).strip() if self.use.startswith(NOT_RUN) else ""

    @property
    def is_read(self) -> bool:
        """Whether it is neither a command nor an answer to the command before it."""
        return not self.not_run and self.language != "sh" and self.use != "output"


def blocks_in(text: str, page: str) -> Iterator[Block]:
    """The blocks of the Markdown *text*, in order; ValueError where a fence is never closed."""
    info, begun, lines = "", 0, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if begun and line.rstrip() == "```":
            language, _, use = info.partition(" ")
            yield Block(page, begun, language, use.strip(), "\n".join(lines))
            begun, lines = 0, []
        elif begun:
            lines.append(line)
        elif fence:
            info, begun = fence["info"].strip(), number
    if begun:
        message = f"{page}:{begun}: the fence is not closed"
        raise ValueError(message)


def indented_blocks(text: str) -> list[int]:
    """Lines at which an indented code block begins: no test can see in which language it is."""
    begun, blank, places = False, True, []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            begun = not begun
        elif not begun and blank and line.startswith("    "):
            places.append(number)
        blank = not line.strip()
    return places


def blocks_of(page: Path) -> list[Block]:
    """The blocks of one page."""
    return list(blocks_in(page.read_text(encoding="utf-8"), str(page.relative_to(ROOT))))


def every_block() -> list[Block]:
    """The blocks of all pages."""
    return [block for page in PAGES for block in blocks_of(page)]
