"""A facts file whose lines can't be stored is refused in a sentence, and nothing of it is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec import json

from infrastructure.facts_file.export import export_facts
from infrastructure.facts_file.lines import FactsFileUnfitError
from infrastructure.facts_file.load import import_facts
from tests.conftest import database_in
from tests.infrastructure.facts_file.test_facts_file import contents, ignore, play_story

Line = dict[str, Any]
Change = Callable[[list[Line]], object]
DEEP = b'{"line":"entry","more":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"


def first(lines: list[Line], kind: str) -> Line:
    return next(line for line in lines if line["line"] == kind)


def watched(lines: list[Line], **other: Any) -> Line:
    project = first(lines, "entry")["stream"]
    return {"line": "watch", "project": project, "version": 1, "look_at": None, "sweep": False} | other


def twice(lines: list[Line], kind: str) -> None:
    lines.insert(lines.index(first(lines, kind)), first(lines, kind))


def sealed(lines: list[bytes], end: Line) -> bytes:
    """The file of *lines*, with an end that fits them."""
    return b"".join((*lines, json.encode(end | {"digest": sha256(b"".join(lines)).hexdigest()}), b"\n"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda lines: first(lines, "command").update(at=10**20), r"at `\$.at`, in line"),
        (lambda lines: first(lines, "command").update(at=-(10**17)), r"at `\$.at`, in line"),
        (lambda lines: first(lines, "command").update(seq=2**63), r"at `\$.seq`, in line"),
        (lambda lines: first(lines, "command").update(seq=-1), r"at `\$.seq`, in line"),
        (lambda lines: first(lines, "command").update(seq=99), "a command of position 99 comes after position 1"),
        (lambda lines: twice(lines, "command"), "duplicate key"),
        (lambda lines: lines[0].update(case_counter=2**70), r"at `\$.case_counter`, in line 1"),
        (lambda lines: lines[0].update(case_counter=-5), r"at `\$.case_counter`, in line 1"),
        (lambda lines: lines[0].update(watched_to=999), "watcher had read to 999"),
        (lambda lines: lines[0].update(calendars="CN\0"), "NUL"),
        (lambda lines: lines[0]["migrations"].append("9001_later.sql"), "of a later release.*9001_later.sql"),
        (lambda lines: lines.insert(2, lines[0]), "there is a header between"),
        (lambda lines: lines.append(watched(lines, version=2**40)), r"at `\$.version`, in line"),
        (lambda lines: lines.append(watched(lines, look_at=10**30)), r"at `\$.look_at`, in line"),
        (lambda lines: lines.extend([watched(lines), watched(lines)]), "duplicate key"),
    ],
)
def test_a_line_that_no_ledger_holds_is_refused(
    database_url: str, server_url: str, migrated_template: str, tmp_path: Path, change: Change, sentence: str
) -> None:
    asyncio.run(play_story(database_url))
    path = tmp_path / "facts.ndjson"
    export_facts(database_url, path, ignore)
    *lines, end = [json.decode(line) for line in path.read_bytes().splitlines()]
    change(lines)
    end["commands"] = sum(line["line"] == "command" for line in lines)
    path.write_bytes(sealed([json.encode(line) + b"\n" for line in lines], end))
    with database_in(server_url, migrated_template) as other:
        empty = contents(other)
        with pytest.raises(FactsFileUnfitError, match=sentence):
            import_facts(other, path, ignore)
        assert contents(other) == empty


@pytest.mark.parametrize("text", [b'{"line":"entry","type":"\xff"}\n', DEEP], ids=["no UTF-8", "nested deep"])
def test_a_line_that_is_no_json_is_refused(database_url: str, tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "facts.ndjson"
    export_facts(database_url, path, ignore)
    header, end = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(sealed([header, text], json.decode(end)))
    with pytest.raises(FactsFileUnfitError, match=r"is no facts file: .* in line 2"):
        import_facts(database_url, path, ignore)


def test_a_database_of_another_program_holds_no_facts(empty_database_url: str, tmp_path: Path) -> None:
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("CREATE SCHEMA ledger; CREATE TABLE ledger.event (id int)")
    with pytest.raises(FactsFileUnfitError, match="holds no ledger of Countersign"):
        export_facts(empty_database_url, tmp_path / "facts.ndjson", ignore)
