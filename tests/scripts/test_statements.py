"""The bureau's morning report by command line, against a server that serves the zone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from infrastructure import logging as log
from infrastructure.proof import morning
from infrastructure.proof.keys import create_keys, published_keys
from infrastructure.proof.morning import LIMITS_PASSED
from infrastructure.proof.note import SignedNote
from scripts import cli
from scripts.server.catching_up import catch_up
from scripts.simulation.simulate import SimulationPlan, simulate
from tests.api.served import served
from tests.infrastructure.proof.test_log import record

NAME = "countersign.example/zone"


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.cli, list(words))


def limits_passed(url: str) -> int:
    """How many limits the ledger has as passed."""
    with psycopg.connect(url) as connection:
        query = "SELECT count(*) FROM ledger.event WHERE type = ANY(%s)"
        (count,) = connection.execute(query, [list(LIMITS_PASSED)]).fetchone() or (0,)
    return int(count)


@pytest.fixture
def zone(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a simulated zone's server, whose log is published; the bureau's key is in the environment."""
    monkeypatch.setenv("COUNTERSIGN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr(log, "configure", lambda _: None)
    monkeypatch.setattr(morning, "WAIT_SECONDS", 1)  # for events of a kind that did not happen
    asyncio.run(simulate(database_url, SimulationPlan(1, 7, date(2026, 5, 20), processes=1), lambda _done, _all: None))
    catch_up(database_url)
    create_keys(tmp_path / "data-proof", NAME)
    assert run("checkpoint").exit_code == 0
    program = ("bureau-reports", "Morning reports", "--program", "--role", "leader", "--over", "supervision")
    assert run("users", "add", *program).exit_code == 0
    issued = run("keys", "issue", "bureau-reports", "--scope", "feed", "--bare")
    assert issued.exit_code == 0, issued.output
    monkeypatch.setenv("COUNTERSIGN_REPORT_KEY", issued.stdout.strip())
    with served(database_url, signs_in=True, data=tmp_path / "data") as address:
        yield address


def value(text: str, name: str) -> str:
    """What a line of a statement says."""
    return text.partition(f"\n{name} ")[2].partition("\n")[0]


@pytest.mark.long
def test_a_report_is_signed_while_the_log_grows_and_refused_once_it_was_put_back(
    zone: str, tmp_path: Path, database_url: str
) -> None:
    bureau, reports = tmp_path / "bureau", tmp_path / "bureau" / "reports"
    key = published_keys(tmp_path / "data-proof")[0].text

    def report(name: str, *words: str) -> Result:
        return run("morning-report", str(bureau), zone, str(tmp_path / name), "--log", key, *words)

    assert "--name" in report("none").output
    first = report("first", "--name", "supervision.example.org")
    assert first.exit_code == 0, (first.output, first.exception)
    asyncio.run(record(database_url, 1))
    catch_up(database_url)
    assert run("checkpoint").exit_code == 0
    second = report("second")
    assert second.exit_code == 0, (second.output, second.exception)

    before, after = (SignedNote.parse((tmp_path / name).read_text(encoding="utf-8")) for name in ("first", "second"))
    passed = [line for line in before.text.splitlines() if line.startswith("passed ")]
    assert len(passed) == limits_passed(database_url)
    assert re.fullmatch(r"passed \d+ \w+ [0-9a-f-]{36} [\w-]+ [\w#:-]+ \d{4}-\d\d-\d\d", passed[0])
    assert after.verify(published_keys(reports)) == {"supervision.example.org": None}
    size = int(value(before.text, "position"))
    assert value(after.text, "since") == str(size)
    assert int(value(after.text, "position")) > size
    (reports / "checkpoint").write_text(f"{NAME}\n{size + 9}\n{'A' * 43}=\n", encoding="utf-8")
    assert (report("lost").exit_code, (tmp_path / "lost").exists()) == (1, False)


def test_a_log_key_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    words = (str(tmp_path / "bureau"), "http://127.0.0.1:9", str(tmp_path / "report"))
    refused = run("morning-report", *words, "--log", "no key", "--name", "supervision.example.org")
    assert "public key of a log can't be read" in refused.output
    assert isinstance(refused.exception, SystemExit)
