"""The command line of the log: a checkpoint, a proof and a bundle of a real ledger; keys; and a witness that serves."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import httpx
import psycopg
import pytest
from msgspec import json
from typer.testing import CliRunner, Result

from infrastructure import logging as log
from infrastructure.proof.keys import PRIVATE, create_keys
from scripts import cli, verification
from scripts.proof.log import LogKeys, PublishedCheckpoint
from tests.effort import PATIENCE_SECONDS
from tests.examples import ROOT
from tests.infrastructure.proof.test_log import record

NAME = "countersign.example/zone"
LINE_SECONDS_MAX = 60


@pytest.fixture
def folder(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The proof folder of an installation with four entries."""
    asyncio.run(record(database_url, 2))
    monkeypatch.setenv("COUNTERSIGN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr(log, "configure", lambda _: None)
    return tmp_path / "data-proof"


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.cli, list(words))


def done(*words: str) -> str:
    ended = run(*words)
    assert ended.exit_code == 0, (ended.output, ended.exception)
    return ended.stdout


def test_an_entry_is_proven_to_a_recipient(folder: Path, tmp_path: Path, database_url: str) -> None:
    assert "log-key create" in str(run("checkpoint").exception)
    key = json.decode(done("log-key", "create", "--name", NAME, "--json"), type=LogKeys).signing[0]
    assert json.decode(done("checkpoint", "--json"), type=PublishedCheckpoint).size == 4
    assert done("checkpoint").startswith(f"{NAME}\n4\n")
    assert done("proof", "3").startswith("c2sp.org/tlog-proof@v1\nindex 2\n")
    assert "not in the log" in str(run("proof", "5").exception)
    done("export-audit", "zone", str(tmp_path / "zone"))
    with psycopg.connect(database_url) as connection:
        (project,) = connection.execute("SELECT stream FROM ledger.event WHERE seq = 3").fetchone() or ("",)
    done("export-audit", str(project), str(tmp_path / "project"))
    for bundle in ("zone", "project"):
        verifier = [sys.executable, "-I", str(tmp_path / bundle / "verify.py"), "--key", key]
        judged = subprocess.run(verifier, capture_output=True, text=True, check=False)
        assert (judged.returncode, judged.stdout.splitlines()[-1]) == (0, "verified"), judged
    assert "exists already" in str(run("export-audit", "zone", str(tmp_path / "zone")).exception)
    assert "No project has the code P-7" in run("export-audit", "P-7", str(tmp_path / "other")).output
    assert run("verify").exit_code == 0


def test_keys_are_rotated_and_moved(folder: Path, tmp_path: Path) -> None:
    done("log-key", "create", "--name", NAME)
    done("log-key", "rotate")
    both = json.decode(done("log-key", "show", "--json"), type=LogKeys)
    assert len(both.signing) == 4
    done("log-key", "retire")
    done("log-key", "backup", str(tmp_path / "safe"))
    (folder / PRIVATE).unlink()
    done("log-key", "restore", str(tmp_path / "safe"))
    restored = json.decode(done("log-key", "show", "--json"), type=LogKeys)
    assert (restored.signing, set(restored.retired)) == (both.signing[:2], set(both.signing[2:]))
    assert "another name" in str(run("log-key", "new-log", "--name", NAME).exception)
    done("log-key", "new-log", "--name", f"{NAME}/2")


def test_verify_compares_with_the_log(folder: Path, database_url: str) -> None:
    done("log-key", "create", "--name", NAME)
    done("checkpoint")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE ledger.event DISABLE TRIGGER append_only")
        connection.execute("UPDATE ledger.event SET hash = sha256(hash) WHERE seq = 2")
        connection.execute("ALTER TABLE ledger.event ENABLE TRIGGER append_only")
    ended = run("verify", "--json")
    assert ended.exit_code == 1
    assert "the entry is not the one that is in the transparency log" in ended.stdout


def test_a_witness_needs_a_name_and_a_log(tmp_path: Path) -> None:
    assert "give it a name" in run("witness", str(tmp_path / "new")).output
    assert "knows no log" in run("witness", str(tmp_path / "new"), "--name", "bureau.example").output
    assert "can't be read" in run("witness", str(tmp_path / "new"), "--log", "nonsense").output


def test_a_witness_serves(tmp_path: Path) -> None:
    key = create_keys(tmp_path / "log", NAME).signers[0].verifier.text
    words = ["witness", str(tmp_path / "witness"), "--name", "bureau.example", "--log", key, "--port", "0"]
    command = [sys.executable, "-m", "scripts.cli", *words]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            address = process.stderr.readline().split(" at ")[1].split(",")[0]
            assert httpx.get(f"{address}/healthz", timeout=PATIENCE_SECONDS).text == "alive\n"
            assert (
                httpx.post(f"{address}/add-checkpoint", content=b"nonsense", timeout=PATIENCE_SECONDS).status_code
                == 400
            )
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=LINE_SECONDS_MAX)
    assert process.returncode == 0
    assert (tmp_path / "witness" / "logs").read_text() == f"{key}\n"


def test_what_the_views_are_is_stated_and_compared(folder: Path, tmp_path: Path, database_url: str) -> None:
    done("log-key", "create", "--name", NAME)
    done("checkpoint")
    statement = tmp_path / "views.txt"

    done("replay", "--statement", str(statement))

    text = statement.read_text(encoding="utf-8")
    assert text.startswith(f"countersign rebuild statement v1\nlog {NAME}\nposition 4\n")
    assert f"\u2014 {NAME} " in text
    done("replay", "--against", str(statement))

    with pytest.MonkeyPatch.context() as patch:  # what can't be written is refused before views are rebuilt for an hour
        patch.setattr(verification, "rebuild_views", None)
        refused = run("replay", "--statement", str(statement))
        assert (refused.exit_code, "there already: name a new file." in refused.output) == (2, True), refused.output
        assert "No such file" in run("replay", "--statement", str(tmp_path / "none" / "views.txt")).output
        assert "The statement in" in run("replay", "--against", str(tmp_path / "none")).output
        patch.setattr(verification, "verify_ledger", None)
        assert "there already" in run("verify", "--checkpoint", str(statement)).output
    assert statement.read_text(encoding="utf-8") == text

    forged = tmp_path / "forged.txt"
    forged.write_text(text.replace("position 4", "position 3"), encoding="utf-8")
    assert "does not fit" in run("replay", "--against", str(forged)).output
    asyncio.run(record(database_url, 1))
    done("checkpoint")
    assert "is about position 4" in run("replay", "--against", str(statement)).output


def test_a_bundle_may_be_one_file(folder: Path, tmp_path: Path) -> None:
    done("log-key", "create", "--name", NAME)
    done("checkpoint")
    done("export-audit", "zone", str(tmp_path / "zone.zip"))
    with ZipFile(tmp_path / "zone.zip") as packed:
        packed.extractall(tmp_path / "unpacked")
    judged = subprocess.run(
        [sys.executable, "-I", str(tmp_path / "unpacked" / "zone" / "verify.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (judged.returncode, judged.stdout.splitlines()[-1]) == (0, "verified"), judged
    assert "exists already" in str(run("export-audit", "zone", str(tmp_path / "zone.zip")).exception)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("tmp")] == []
