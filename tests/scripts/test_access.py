"""`countersign users`, `grants` and `keys`: a directory is set up from the command line, and says who did it."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec import json
from typer.testing import CliRunner

from domain.access.state import stream_of
from domain.catalogue.state import stream_of as catalogue_stream
from domain.core.ledger import Refused, Role
from domain.flow.state import stream_of as flow_stream
from infrastructure import logging as log
from infrastructure.access.directory import LedgerDirectory
from infrastructure.ledger.approvals import Approvals
from scripts.catalogues.zone import CATALOGUE, FLOW, FOLDER
from scripts.cli import cli

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def _logs_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command would send the log of all later tests to its own output, which is closed by then."""
    monkeypatch.setattr(log, "configure", lambda chosen: None)


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run one command, which succeeds; its answer."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("COUNTERSIGN_DATA", str(tmp_path))

    def command(*words: str) -> Any:
        ended = CliRunner().invoke(cli, [*words, "--json"], catch_exceptions=False)
        assert ended.exit_code == 0, ended.output
        return json.decode(ended.stdout)

    return command


def refused(*words: str) -> Refused:
    ended = CliRunner().invoke(cli, [*words, "--json"])
    assert isinstance(ended.exception, Refused), ended.output
    return ended.exception


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["users", "add", "", "Li"], "register_principal can't be taken"),
        (["users", "add", "l" * 1000, "Li"], "register_principal can't be taken"),
        (["users", "add", "li", "Li\u202e"], "the text holds the character U+202E; leave it out"),
        (["users", "add", "li", " "], "the text is nothing but blanks"),
        (["users", "add", "li", "Li", "--role", "system"], "system is no role that is granted"),
        (["grants", "give", "li", "system"], "Choose one of officer, project_manager"),
    ],
)
def test_what_the_interface_would_not_take_is_no_command(run: Run, words: list[str], answer: str) -> None:
    ended = CliRunner().invoke(cli, words)
    assert ended.exit_code != 0
    assert answer in " ".join(ended.output.replace("│", " ").split())
    assert run("users", "list") == []


def test_a_principal_that_is_not_registered_has_no_list_of_grants(run: Run) -> None:
    run("users", "add", "xu", "Xu")
    assert run("grants", "list", "xu") == []
    assert refused("grants", "list", "xv").code == "unknown-principal"


def test_administrators_set_up_a_directory(run: Run) -> None:
    for person in ("xu", "fan", "gao", "li"):
        run("users", "add", person, person.title())
    for person in ("xu", "fan"):
        run("grants", "give", person, "administrator")
    assert run("grants", "give", "li", "officer", "--over", "land", "--as", "xu")["facts"] == ["grant_given"]
    assert refused("grants", "give", "gao", "supervisor", "--as", "xu").code == "second-administrator"
    run("grants", "propose", "gao", "supervisor", "--as", "xu")
    (proposal,) = run("grants", "list", "gao")
    assert proposal["state"] == "proposed"
    assert refused("grants", "confirm", "gao", proposal["grant"], "--as", "xu").code == "second-administrator"
    run("grants", "confirm", "gao", proposal["grant"], "--as", "fan")
    (grant,) = run("grants", "list", "gao")
    assert (grant["role"], grant["state"]) == ("supervisor", "in force")
    run("grants", "withdraw", "gao", grant["grant"], "--as", "xu", "--reasons", "moved")
    assert run("grants", "list", "gao")[0]["state"] == "ended"
    run("users", "close", "li", "--as", "fan")
    rows = {row["id"]: row for row in run("users", "list")}
    assert rows["li"]["closed_at"] is not None
    assert (rows["xu"]["grants"], rows["li"]["grants"]) == (1, 0)


def test_who_is_no_administrator_acts_as_none(run: Run) -> None:
    run("users", "add", "li", "Li")
    ended = CliRunner().invoke(cli, ["users", "add", "zhao", "Zhao", "--as", "li"])
    assert ended.exit_code == 2
    assert "li holds no grant as an administrator" in ended.output


async def test_every_act_is_recorded_with_who_did_it(run: Run, database_url: str) -> None:
    await to_thread(run, "users", "add", "xu", "Xu")
    await to_thread(run, "grants", "give", "xu", "administrator")
    await to_thread(run, "users", "add", "li", "Li", "--as", "xu")
    async with Approvals(database_url) as approvals:
        acts = [(entry.recorded.by.id, entry.recorded.by.role) for entry in await approvals.history(stream_of("xu"))]
        assert acts == [("operator", Role.SYSTEM)] * 2
        (entry,) = await approvals.history(stream_of("li"))
        assert (entry.recorded.by.id, entry.recorded.by.role) == ("xu", Role.ADMINISTRATOR)


async def test_a_secret_is_printed_once_and_stored_as_a_digest(run: Run, database_url: str) -> None:
    await to_thread(run, "users", "add", "feed", "Feed", "--program")
    await to_thread(run, "grants", "give", "feed", "integrator", "--over", "tax")
    (grant,) = await to_thread(run, "grants", "list", "feed")
    new = await to_thread(run, "keys", "issue", "feed", grant["grant"], "--scope", "read:*")
    assert new["secret"].startswith(f"cs_live_{new['key']}_")
    async with Approvals(database_url) as approvals:
        directory = LedgerDirectory(approvals.store, approvals.clock)
        key = await directory.key(new["key"])
        assert key is not None
        assert key.digests == (sha256(new["secret"].encode()).digest(),)
        data = [row.data for row in await approvals.store.stream(stream_of("feed"))]
        assert not any(new["secret"].rpartition("_")[2].encode() in entry for entry in data)
        second = await to_thread(run, "keys", "rotate", "feed", new["key"])
        both = await directory.key(new["key"])
        assert both is not None
        assert both.digests[1] == sha256(second["secret"].encode()).digest()
        assert (await to_thread(run, "keys", "list"))[0]["secrets"] == 2
        await to_thread(run, "keys", "revoke", "feed", new["key"])
        assert await directory.key(new["key"]) is None


@pytest.mark.parametrize("words", [["users", "list"], ["grants", "list"], ["keys", "list"]])
def test_lists_are_shown_to_people(run: Run, words: list[str]) -> None:
    run("users", "add", "feed", "Feed", "--program")
    run("grants", "give", "feed", "integrator", "--over", "tax", "--until", "2099-01-01T00:00+08:00")
    (grant,) = run("grants", "list")
    run("keys", "issue", "feed", grant["grant"], "--scope", "feed")
    shown = CliRunner().invoke(cli, words)
    assert shown.exit_code == 0
    assert "feed" in shown.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["grants", "give", "li", "officer", "--until", "soon"], "no instant"),
        (["grants", "give", "li", "officer", "--until", "2027-01-01"], "no offset"),
        (["grants", "withdraw", "li", "first"], "no id"),
    ],
)
def test_a_mistyped_argument_is_reported(words: list[str], sentence: str) -> None:
    ended = CliRunner().invoke(cli, words)
    assert ended.exit_code == 2
    assert sentence in ended.output


def test_a_leader_imports_a_catalogue_and_publishes_the_zone_in_person(run: Run, database_url: str) -> None:
    run("users", "add", "gu", "顾长庚", "--role", "leader")
    run("users", "add", "li", "李强", "--role", "officer", "--over", "land")
    listed = FOLDER / "catalogue.csv"
    run("import-catalogue", str(listed), "--name", "trial", "--as", "gu")
    run("publish-zone", "--as", "gu")
    with psycopg.connect(database_url) as connection:
        query = "SELECT stream, convert_from(meta, 'UTF8') FROM ledger.event WHERE stream = ANY(%s)"
        streams = [catalogue_stream("trial"), catalogue_stream(CATALOGUE), flow_stream(FLOW)]
        recorded = connection.execute(query, [streams]).fetchall()
    assert {stream for stream, _ in recorded} == set(streams)
    assert all('"gu"' in meta for _, meta in recorded)

    for words in (["import-catalogue", str(listed)], ["publish-zone"]):
        ended = CliRunner().invoke(cli, [*words, "--as", "li"])
        assert ended.exit_code == 2
        assert "li holds no grant as a leader or a supervisor" in " ".join(ended.output.split())
