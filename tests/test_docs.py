"""The pages match the code: settings, commands, examples and the hash layout are those of the code."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from infrastructure.ledger.hash_chain import GENESIS, chained
from infrastructure.ledger.pg_binary import microseconds

ADR_LINES_MAX = 60
SUBJECTS = 28
ADR_HEADINGS = ["Context", "Decision", "Consequences", "Alternatives", "References"]
ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ADRS = sorted((ROOT / "ADRs").glob("*.md"))
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ADRS]
STREAM = UUID("0193f0a2-7c00-7000-8000-000000000001")
AT = datetime(2026, 3, 2, 1, 2, 3, 456789, tzinfo=UTC)


def test_readme_lists_every_subject() -> None:
    """A row a subject, and each folder in it exists."""
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \| \[", README, re.MULTILINE)
    folders = [folder for _, cell in rows for folder in re.findall(r"`([\w/]+)`", cell)]

    assert len(rows) == SUBJECTS
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page}: {target}"


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_links_lead_to_a_heading() -> None:
    for page in PAGES:
        for target, anchor in re.findall(r"\]\(([^):\s]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
            assert anchor in anchors(page.parent / target if target else page), f"{page}: {target}#{anchor}"


def test_a_decision_has_its_five_parts_and_is_short() -> None:
    for adr in ADRS:
        text = adr.read_text(encoding="utf-8")

        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ADR_HEADINGS, adr.stem
        assert re.search(r"^Status: \w+, (not )?implemented$", text, re.MULTILINE), adr.stem
        assert len(text.splitlines()) <= ADR_LINES_MAX, adr.stem


def chain(length: int) -> list[tuple[Any, ...]]:
    """A stream of *length* rows, hashed as the ledger hashes them."""
    rows: list[tuple[Any, ...]] = []
    previous = GENESIS
    for seq in range(1, length + 1):
        data, meta, at = f'{{"n":{seq}}}'.encode(), b"{}", AT + timedelta(hours=seq)
        previous = chained(previous, STREAM, seq, b"step_noted", data, meta, microseconds(AT), microseconds(at))
        rows.append((seq, STREAM, seq, "step_noted", data, meta, AT, at, previous))
    return rows


def published_check() -> Any:
    """The function `check` that docs/how-to/verify.md prints."""
    page = (ROOT / "docs/how-to/verify.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "printed"}
    exec(re.findall(r"<<'END'\n(.*?)\nEND\n", page, re.DOTALL)[0], names)
    return names["check"]


def test_the_published_check_accepts_what_the_ledger_hashes() -> None:
    rows = chain(3)

    assert published_check()(rows) == (3, {STREAM: rows[-1][-1]})


@pytest.mark.parametrize("column", range(9))
def test_the_published_check_finds_a_change_in_any_column(column: int) -> None:
    rows = chain(3)
    other = (9, UUID(int=7), 9, "other", b"{}", b"[]", AT - timedelta(days=1), AT, bytes(32))
    rows[1] = (*rows[1][:column], other[column], *rows[1][column + 1 :])

    with pytest.raises(AssertionError):
        published_check()(rows)


def test_the_published_check_finds_a_missing_entry() -> None:
    rows = chain(3)

    with pytest.raises(AssertionError):
        published_check()([rows[0], rows[2]])
