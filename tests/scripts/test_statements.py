"""The bureau's morning report by command line, against a server that serves the zone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infrastructure import logging as log
from infrastructure.proof.keys import create_keys
from infrastructure.proof.note import NoteVerifier, SignedNote
from scripts import cli
from tests.api.served import served
from tests.infrastructure.proof.test_log import record

NAME = "countersign.example/zone"


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.cli, list(words))


def test_a_report_is_signed_while_the_log_grows_and_refused_once_it_was_put_back(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr(log, "configure", lambda _: None)
    asyncio.run(record(database_url, 2))
    proofs = tmp_path / "data-proof"
    key = create_keys(proofs, NAME).signers[0].verifier.text
    assert run("checkpoint").exit_code == 0
    bureau = tmp_path / "bureau"
    assert (
        run(
            "users", "add", "reports", "Reports", "--program", "--role", "supervisor", "--over", "supervision"
        ).exit_code
        == 0
    )
    issued = run("keys", "issue", "reports", "--scope", "feed", "--bare")
    assert issued.exit_code == 0, issued.output
    monkeypatch.setenv("COUNTERSIGN_REPORT_KEY", issued.stdout.strip())
    with served(database_url, signs_in=True, data=tmp_path / "data") as address:
        words = ("--log", key, "--name", "supervision.example.org")
        assert "--name" in run("morning-report", str(bureau), address, str(tmp_path / "r0"), "--log", key).output
        first = run("morning-report", str(bureau), address, str(tmp_path / "r1"), *words)
        assert first.exit_code == 0, (first.output, first.exception)
        asyncio.run(record(database_url, 1))
        assert run("checkpoint").exit_code == 0
        second = run("morning-report", str(bureau), address, str(tmp_path / "r2"), *words)
        assert second.exit_code == 0, (second.output, second.exception)
        signed = SignedNote.parse((tmp_path / "r2").read_text(encoding="utf-8"))
        reporter = NoteVerifier.parse((bureau / "reports" / "public-keys").read_text(encoding="utf-8"))
        assert signed.verify([reporter]) == {"supervision.example.org": None}
        assert "since 4\n" in signed.text
        assert "position 6\n" in signed.text
        (bureau / "reports" / "checkpoint").write_text(f"{NAME}\n9\n{'A' * 43}=\n", encoding="utf-8")
        lost = run("morning-report", str(bureau), address, str(tmp_path / "r3"), *words)
        assert (lost.exit_code, (tmp_path / "r3").exists()) == (1, False)
