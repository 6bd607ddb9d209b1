"""The glossary: each term once, each name in it real, and every command and fact named in its words."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from domain.messages import COMMANDS, FACTS, SYSTEM_COMMANDS, tag_of
from domain.streams import KINDS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/glossary.md"
ROW = re.compile(
    r"^\| (?P<term>[^|]+?) \| (?P<chinese>[^|]+?) \| (?P<meaning>[^|]+?) \| `(?P<code>[\w.]+)` \|$", re.MULTILINE
)


class Term(NamedTuple):
    """One row of the glossary."""

    term: str
    chinese: str
    meaning: str
    code: str


def terms() -> list[Term]:
    """Every row of the page."""
    return [Term(**row.groupdict()) for row in ROW.finditer(PAGE.read_text(encoding="utf-8"))]


@cache
def tags() -> frozenset[str]:
    """The stored name of every command and fact."""
    own = {tag for kind in KINDS for tag in kind.by_tag} | {tag_of(fact) for kind in KINDS for fact in kind.facts}
    return frozenset(own | COMMANDS.keys() | SYSTEM_COMMANDS.keys() | FACTS.keys())


@cache
def names() -> frozenset[str]:
    """Every class of the domain, and every value of its enumerations, as `Stage.ACCEPTED`."""
    result = set()
    for path in (ROOT / "domain").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                result.add(node.name)
                values = (target for line in node.body if isinstance(line, ast.Assign) for target in line.targets)
                result |= {f"{node.name}.{value.id}" for value in values if isinstance(value, ast.Name)}
    return frozenset(result)


def test_every_row_of_the_page_is_a_term() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    headings = [line for line in rows if line.startswith("| term |")]
    assert len(rows) - len(headings) == len(terms()) > 50


def test_no_term_is_listed_twice() -> None:
    listed = [row.term for row in terms()]
    assert sorted(set(listed)) == sorted(listed)


def test_what_the_code_calls_a_term_exists() -> None:
    assert [row.code for row in terms() if row.code not in tags() | names()] == []


def test_every_command_and_fact_speaks_in_terms_of_the_glossary() -> None:
    """A tag has a noun that is a term, in the singular or plural, or is itself what a term points to."""
    words = {word for row in terms() for word in re.split(r"[ -]", row.term.lower())}
    words |= {f"{word}s" for word in words}
    pointed = {row.code for row in terms()}
    strange = [tag for tag in sorted(tags()) if tag not in pointed and words.isdisjoint(tag.split("_"))]
    assert strange == []
