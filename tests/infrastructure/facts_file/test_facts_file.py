"""A ledger moves into another database by way of a file: the same entries, positions, times, hashes and answers."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import psycopg
import pytest
from msgspec import json, structs

from api.commands.if_match import OnVersion
from api.web.identity import KEY_NAMESPACE
from domain.core.ledger import Actor, Refused, Role
from domain.examples.story import STORY
from domain.project.application.numbering import CaseNumbered
from domain.project.application.submission import SubmitItem
from domain.project.application.supplement import RequestSupplement
from infrastructure.facts_file.export import export_facts
from infrastructure.facts_file.lines import FactsFileUnfitError
from infrastructure.facts_file.load import import_facts
from infrastructure.facts_file.numbering import number_cases
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.sent_command import command_id_of
from infrastructure.postgres.migrate import migrate
from infrastructure.projector.rebuild import rebuild
from infrastructure.verifier.verify import verify
from infrastructure.watcher.watcher import laws_moved, versions_of
from tests.conftest import database_in

TABLES = {
    "entries": "SELECT * FROM ledger.event ORDER BY seq",
    "commands": "SELECT * FROM ledger.command WHERE NOT alias ORDER BY seq",
    "streams": "SELECT * FROM ledger.stream ORDER BY stream",
    "head": "SELECT seq FROM ledger.head",
    "watched": "SELECT * FROM watch.project ORDER BY project",
    "watch": "SELECT seq, calendars FROM watch.position",
}
# What a database from before format 1 lacks, of all that an export looks for.
FORMER = """
    ALTER TABLE ledger.command DROP COLUMN alias; DROP TABLE ledger.stream;
    DROP SEQUENCE ledger.case_counter; DROP FUNCTION ledger.take_case_counters;
    ALTER TABLE watch.project DROP COLUMN sweep
"""
WATCHED = """
    INSERT INTO watch.project SELECT stream, 3, '2026-03-02T09:00:00.123456Z', true FROM ledger.stream;
    UPDATE watch.position SET seq = 7, calendars = 'CN=CN-2026/bf27c03b'
"""
# What was sent then, under the keys story/2 and story/3; the second with If-Match: "3".
OLD_PROJECT = UUID("0193f0a2-7c00-7000-8000-0000000000aa")
APPLICANT = Actor("hengxin", "91420100MA0HX2026E", Role.APPLICANT)
OFFICER = Actor("li.qiang", "natural-resources")
SUBMITTED = SubmitItem(
    occurred_at=datetime.fromisoformat("2026-03-02T10:00:00+08:00"),
    item="land-use",
    materials=("申请表", "用地预审意见"),
)
REQUESTED = RequestSupplement(
    occurred_at=datetime.fromisoformat("2026-03-03T15:00:00+08:00"),
    item="land-use",
    missing=("勘测定界图", "法人授权书"),
    respond_by=date(2026, 3, 20),
)
OLD = Path(__file__).with_name(
    "format_0.ndjson.gz"
)  # the story, and a few imported facts, as the code from before format 1 stored them


def sent_id(by: Actor, key: str) -> UUID:
    """The id under which *by* sends a command again whose key was this text."""
    return command_id_of(by.id, uuid5(KEY_NAMESPACE, key))


def ignore(_done: int, _of: int) -> None:
    """Progress that is not shown."""


def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    with psycopg.connect(url) as connection:
        return {name: connection.execute(query.encode()).fetchall() for name, query in TABLES.items()}


async def play_story(url: str) -> UUID:
    """The whole story of one project."""
    project = uuid4()
    async with Approvals(url) as approvals:
        for step in STORY:
            await approvals.handle(project, step.dated, step.by, uuid4())
    return project


@pytest.mark.parametrize("name", ["facts.ndjson", "facts.ndjson.gz"])
def test_what_is_imported_is_what_was_exported(
    database_url: str, server_url: str, migrated_template: str, tmp_path: Path, name: str
) -> None:
    asyncio.run(play_story(database_url))
    with psycopg.connect(database_url) as connection:
        connection.execute(WATCHED)
    exported = export_facts(database_url, tmp_path / name, ignore)
    with database_in(server_url, migrated_template) as other:
        imported = import_facts(other, tmp_path / name, ignore)
        assert contents(other) == contents(database_url)
        assert verify(other, ignore) == verify(database_url, ignore)
        assert verify(other, ignore)[0].faults == []
        assert (imported.position, imported.entries, imported.aliases) == (exported.position, exported.entries, 0)
        assert export_facts(other, tmp_path / f"again-{name}", ignore) == exported
        numbered = asyncio.run(next_counter(other)), asyncio.run(next_counter(database_url))
    assert (tmp_path / name).read_bytes() == (tmp_path / f"again-{name}").read_bytes()
    assert numbered[0] == numbered[1], "no case number is given twice"


def test_what_was_watched_under_other_rules_is_checked_once_more(
    database_url: str, server_url: str, migrated_template: str, tmp_path: Path
) -> None:
    """A card that they founded, ours may not: the file says by which rules it was counted."""
    laws = law_book()
    asyncio.run(play_story(database_url))
    ours = versions_of(laws)
    earlier = ours.partition(",")[2]  # a release before the rules had a version names calendars alone
    for name, known, moved in (("earlier", earlier, list(laws.names)), ("ours", ours, [])):
        with psycopg.connect(database_url) as connection:
            connection.execute("UPDATE watch.position SET seq = 7, calendars = %s", [known])
        export_facts(database_url, tmp_path / name, ignore)
        with database_in(server_url, migrated_template) as other:
            import_facts(other, tmp_path / name, ignore)
            ((_, imported),) = contents(other)["watch"]
        assert laws_moved(laws, imported) == moved


async def next_counter(url: str) -> int:
    async with Approvals(url) as approvals:
        return await approvals.cases.next()


def test_a_database_of_before_is_read_too(database_url: str, tmp_path: Path) -> None:
    asyncio.run(play_story(database_url))
    exported = export_facts(database_url, tmp_path / "now.ndjson", ignore)
    with psycopg.connect(database_url) as connection:
        connection.execute(FORMER)
    before = export_facts(database_url, tmp_path / "before.ndjson", ignore)
    assert (before.position, before.entries, before.commands) == (
        exported.position,
        exported.entries,
        exported.commands,
    )
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP SCHEMA watch CASCADE")
    assert export_facts(database_url, tmp_path / "earlier.ndjson", ignore).entries == exported.entries


def test_a_ledger_of_the_old_code_comes_over_whole(database_url: str) -> None:
    imported = import_facts(database_url, OLD, ignore)
    verified, _ = verify(database_url, ignore)
    assert verified.faults == []
    assert (verified.entries, verified.commands) == (imported.entries, imported.commands - imported.aliases)
    assert imported.aliases > 0
    lines = [json.decode(line) for line in gzip.decompress(OLD.read_bytes()).splitlines()]
    hashes = [line["hash"] for line in lines if line["line"] == "entry"]
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT encode(hash, 'base64') FROM ledger.event ORDER BY seq").fetchall()
    assert [(text,) for text in hashes] == rows
    rebuild(database_url, swap=True)
    assert rebuild(database_url, swap=False).differences == ()


async def test_old_applications_are_numbered_once(database_url: str) -> None:
    import_facts(database_url, OLD, ignore)
    async with Approvals(database_url) as approvals:
        before = await approvals.store.head()
        numbered = await number_cases(approvals, ignore)
        assert await number_cases(approvals, ignore) == 0
        rows = await approvals.store.of_types(["case_numbered"], 0)
        assert numbered == len(rows) > 0
        assert await approvals.store.head() == before + numbered
        numbers = [fact.case_number for row in rows if isinstance(fact := row.decoded().fact, CaseNumbered)]
        assert len(set(numbers)) == numbered
    assert verify(database_url, ignore)[0].faults == []


async def test_an_earlier_key_still_gets_its_first_answer(database_url: str) -> None:
    """Its command's id was the key's own; it is now the sender's and the key's. The sender was in the fingerprint."""
    import_facts(database_url, OLD, ignore)
    async with Approvals(database_url) as approvals:
        head = await approvals.store.head()
        first = await approvals.handle(OLD_PROJECT, SUBMITTED, APPLICANT, sent_id(APPLICANT, "story/2"))
        conditional = OnVersion(wanted=REQUESTED, version=3, occurred_at=REQUESTED.occurred_at)
        second = await approvals.handle(OLD_PROJECT, conditional, OFFICER, sent_id(OFFICER, "story/3"))  # type: ignore[arg-type]  # as the interface has it
        assert [(answer.repeated, answer.receipt.version, answer.receipt.position) for answer in (first, second)] == [
            (True, 3, 3),
            (True, 4, 4),
        ]
        other = structs.replace(SUBMITTED, item="tax")
        with pytest.raises(Refused) as refused:
            await approvals.handle(OLD_PROJECT, other, APPLICANT, sent_id(APPLICANT, "story/2"))
        assert refused.value.code == "key-reused"
        assert await approvals.store.first_answer(sent_id(OFFICER, "story/2")) is None
        assert await approvals.store.head() == head


def forged(data: bytes) -> bytes:
    """With another entry than was exported, and an end that fits it."""
    *lines, end = data.replace(b'"type":"project_registered"', b'"type":"project_regist3red"', 1).splitlines(True)
    return b"".join((*lines, json.encode(json.decode(end) | {"digest": sha256(b"".join(lines)).hexdigest()}), b"\n"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[:-1000], "breaks off|is no facts file"),
        (lambda data: data + b"{}\n", "goes on behind its end"),
        (lambda data: b"", "breaks off"),
        (lambda data: b"position,stream\n1,2\n", "is no facts file"),
        (
            lambda data: data.replace(b'"countersign-facts-1"', b'"countersign-facts-9"', 1),
            "has the format countersign-facts-9, and this release reads",
        ),
        (lambda data: data.replace(b'"watched_to":0', b'"watched_to":1', 1), "was changed after it was written"),
        (forged, "at position .*does not match its hash"),
    ],
)
def test_a_file_that_is_unfit_leaves_nothing(
    database_url: str,
    server_url: str,
    migrated_template: str,
    tmp_path: Path,
    change: Callable[[bytes], bytes],
    message: str,
) -> None:
    asyncio.run(play_story(database_url))
    path = tmp_path / "facts.ndjson"
    export_facts(database_url, path, ignore)
    path.write_bytes(change(path.read_bytes()))
    with database_in(server_url, migrated_template) as other:
        empty = contents(other)
        with pytest.raises(FactsFileUnfitError, match=message):
            import_facts(other, path, ignore)
        assert contents(other) == empty


def test_neither_a_file_nor_a_ledger_is_written_over(
    database_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    asyncio.run(play_story(database_url))
    path = tmp_path / "facts.ndjson"
    export_facts(database_url, path, ignore)
    written = path.read_bytes()
    with pytest.raises(FactsFileUnfitError, match="is there already"):
        export_facts(database_url, path, ignore)
    assert path.read_bytes() == written
    with pytest.raises(FactsFileUnfitError, match="holds facts already"):
        import_facts(database_url, path, ignore)
    with pytest.raises(FactsFileUnfitError, match="holds no ledger"):
        export_facts(empty_database_url, tmp_path / "none.ndjson", ignore)
    assert not (tmp_path / "none.ndjson").exists()
    with pytest.raises(FactsFileUnfitError, match="run `countersign migrate`"):
        import_facts(empty_database_url, path, ignore)
    migrate(empty_database_url)
    with pytest.raises(FactsFileUnfitError, match="can't be read"):
        import_facts(empty_database_url, tmp_path / "none.ndjson", ignore)
