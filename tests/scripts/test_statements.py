"""The bureau's morning report by command line, against a server that serves the zone."""

from __future__ import annotations

import asyncio
import re
from datetime import date
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from infrastructure import logging as log
from infrastructure.proof.keys import create_keys
from infrastructure.proof.morning import LIMITS_PASSED
from infrastructure.proof.note import NoteVerifier, SignedNote
from scripts import cli
from scripts.demo import catch_up
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


def test_a_report_is_signed_while_the_log_grows_and_refused_once_it_was_put_back(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr(log, "configure", lambda _: None)
    asyncio.run(simulate(database_url, SimulationPlan(1, 7, date(2026, 5, 20), processes=1), lambda _done, _all: None))
    catch_up(database_url)
    proofs = tmp_path / "data-proof"
    key = create_keys(proofs, NAME).signers[0].verifier.text
    assert run("checkpoint").exit_code == 0
    bureau = tmp_path / "bureau"
    assert (
        run(
            "users",
            "add",
            "bureau-reports",
            "Morning reports",
            "--program",
            "--role",
            "leader",
            "--over",
            "supervision",
        ).exit_code
        == 0
    )
    issued = run("keys", "issue", "bureau-reports", "--scope", "feed", "--bare")
    assert issued.exit_code == 0, issued.output
    monkeypatch.setenv("COUNTERSIGN_REPORT_KEY", issued.stdout.strip())
    with served(database_url, signs_in=True, data=tmp_path / "data") as address:
        words = ("--log", key, "--name", "supervision.example.org")
        assert "--name" in run("morning-report", str(bureau), address, str(tmp_path / "r0"), "--log", key).output
        first = run("morning-report", str(bureau), address, str(tmp_path / "r1"), *words)
        assert first.exit_code == 0, (first.output, first.exception)
        asyncio.run(record(database_url, 1))
        catch_up(database_url)
        assert run("checkpoint").exit_code == 0
        second = run("morning-report", str(bureau), address, str(tmp_path / "r2"), *words)
        assert second.exit_code == 0, (second.output, second.exception)
        before = SignedNote.parse((tmp_path / "r1").read_text(encoding="utf-8")).text
        warned = [line for line in before.splitlines() if line.startswith("passed ")]
        assert len(warned) == limits_passed(database_url)
        assert re.fullmatch(r"passed \d+ \w+ [0-9a-f-]{36} [\w-]+ [\w#:-]+ \d{4}-\d\d-\d\d", warned[0])
        size = int(before.partition("\nposition ")[2].split("\n")[0])
        signed = SignedNote.parse((tmp_path / "r2").read_text(encoding="utf-8"))
        reporter = NoteVerifier.parse((bureau / "reports" / "public-keys").read_text(encoding="utf-8"))
        assert signed.verify([reporter]) == {"supervision.example.org": None}
        assert f"since {size}\n" in signed.text
        assert int(signed.text.partition("\nposition ")[2].split("\n")[0]) > size
        (bureau / "reports" / "checkpoint").write_text(f"{NAME}\n{size + 9}\n{'A' * 43}=\n", encoding="utf-8")
        lost = run("morning-report", str(bureau), address, str(tmp_path / "r3"), *words)
        assert (lost.exit_code, (tmp_path / "r3").exists()) == (1, False)
