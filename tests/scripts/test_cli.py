"""What a person can mend ends the command line with a sentence and status 2, never with a traceback."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from msgspec import json
from psycopg.conninfo import make_conninfo
from typer.testing import CliRunner

from domain.core.ledger import Refused
from domain.examples.story import MANAGER
from domain.project.application.registration import Enterprise, RegisterProject
from infrastructure import logging as log
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.binaries import PostgresUnavailableError
from infrastructure.projector.ledger_stream import LedgerGapError
from infrastructure.projector.workers import FillFailedError
from infrastructure.verifier.results import Coverage
from infrastructure.verifier.verify import Verified
from scripts import cli, ledger
from scripts.golden import VectorsChecked
from scripts.server.serving import AddressTakenError


@pytest.mark.parametrize(
    "problem",
    [
        PostgresUnavailableError("database_url", "Seven is missing."),
        AddressTakenError("Seven is missing."),
        LedgerGapError("Seven is missing."),
        FillFailedError("Seven is missing."),
        Refused("unknown-law", "Seven is missing"),
        psycopg.OperationalError("Seven is missing."),
        psycopg.errors.InsufficientPrivilege("Seven is missing."),
        psycopg.errors.ReadOnlySqlTransaction("Seven is missing."),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_a_mendable_error_is_reported_in_a_sentence(
    problem: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stumble() -> None:
        raise problem

    monkeypatch.setattr(cli, "cli", stumble)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert "Seven is missing" in capsys.readouterr().err


def test_every_command_argument_and_option_has_a_help_text() -> None:
    commands = {name: cli.verb(name) for name in cli.VERBS}
    assert [name for name, command in commands.items() if not command.help] == []
    assert [
        f"{name} {parameter.name}"
        for name, command in commands.items()
        for parameter in command.params
        if not getattr(parameter, "help", "")
    ] == []


def test_a_verb_imports_neither_the_api_nor_the_demonstration() -> None:
    code = "import sys; from scripts.cli import verb; verb('status'); print([*sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "'scripts.ledger'" in loaded
    assert "'api" not in loaded
    assert "'scripts.demo.demo'" not in loaded


def test_the_version_is_printed() -> None:
    assert CliRunner().invoke(cli.cli, ["--version"]).stdout.strip() == version("countersign")


def test_vectors_print_their_mismatches_as_json(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text("{}\n")
    ended = CliRunner().invoke(cli.cli, ["vectors", str(file), "--json"])

    output = json.decode(ended.stdout, type=VectorsChecked)
    assert (ended.exit_code, output.files, len(output.mismatches)) == (1, 1, 1)


def test_stop_says_where_there_was_nothing_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATA", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/ours")
    monkeypatch.setattr(log, "configure", lambda chosen: None)  # other tests keep theirs
    ended = CliRunner().invoke(cli.cli, ["stop"])

    assert ended.exit_code == 0
    assert "No server was running" in ended.stderr
    assert "not managed by Countersign" in ended.stderr


async def test_verify_distinguishes_faults_from_failing_to_run(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Approvals(database_url) as approvals:
        register = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang")
        await approvals.handle(uuid4(), register, MANAGER, uuid4())
    monkeypatch.setattr("scripts.server.database.ready", lambda _: database_url)
    monkeypatch.setattr(log, "configure", lambda chosen: None)  # other tests keep theirs
    checkpoint = tmp_path / "checkpoint.json"

    def verify(*words: str) -> tuple[int, str, str]:
        ended = CliRunner().invoke(cli.cli, ["verify", "--json", *words])
        return ended.exit_code, ended.stdout, " ".join(ended.stderr.split())

    assert verify("--checkpoint", str(checkpoint))[0] == 0
    status, output, _ = verify("--against", str(checkpoint))
    assert (status, json.decode(output, type=Verified).fault_count) == (0, 0)
    status, output, _ = verify("--since", str(checkpoint))
    assert (status, json.decode(output, type=Verified).entries) == (0, 1)
    assert ledger.status(database_url).verified[Coverage.WHOLE].position == 1
    status, _, why = verify("--checkpoint", str(checkpoint))
    assert (status, "is there already" in why) == (2, True)
    status, _, why = verify("--against", str(tmp_path / "none"))
    assert (status, "can't be read" in why) == (2, True)

    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE ledger.event DISABLE TRIGGER append_only")
        connection.execute("UPDATE ledger.event SET occurred_at = 'infinity'")
    later = tmp_path / "later.json"
    status, output, _ = verify("--checkpoint", str(later))
    assert (status, "out of range" in output, later.exists()) == (1, True, False)
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP TABLE ledger.event CASCADE")
    status, _, why = verify()
    assert (status, "could not be verified" in why) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        ["sweep-materials", "--days"],
        ["backup", "folder", "--keep-days"],
        ["declare-restore", "--reasons", "x", "--lost-to"],
        ["keys", "rotate", "feed", "key", "--keep-hours"],
        ["security-log", "--days"],
        ["security-log", "--limit"],
    ],
)
def test_a_number_that_no_day_has_is_refused_before_anything_is_done(words: list[str]) -> None:
    ended = CliRunner().invoke(cli.cli, [*words, str(10**20)])
    assert ended.exit_code == 2
    assert f"Invalid value for '{words[-1]}'" in ended.output


def test_a_database_error_is_reported_without_its_statement(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fill() -> None:
        with psycopg.connect(database_url) as connection:
            connection.execute("""
                DO $$ BEGIN RAISE disk_full USING MESSAGE = 'no space left', HINT = 'Check free disk space.'; END $$
            """)

    monkeypatch.setattr(cli, "cli", fill)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert capsys.readouterr().err == "Database error: no space left. Check free disk space.\n"


@pytest.mark.parametrize("words", [["retention"], ["users", "add", "li", "李"], ["simulate", "--projects", "1"]])
def test_a_standby_is_named_as_what_it_is(
    words: list[str], database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if words == ["retention"]:  # a standby has no unlogged tables; this database, which only refuses changes, has

        def recovering() -> None:
            raise psycopg.errors.FeatureNotSupported("cannot access temporary or unlogged relations during recovery")

        monkeypatch.setattr(cli, "cli", recovering)
    url = make_conninfo(database_url, options="-c default_transaction_read_only=on")
    monkeypatch.setattr("sys.argv", ["countersign", *words])
    monkeypatch.setattr(log, "configure", lambda _: None)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("COUNTERSIGN_READER", "true")
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert "This database takes no changes, as a standby: let DATABASE_URL name" in " ".join(
        capsys.readouterr().err.split()
    )


async def test_a_standby_is_verified_and_its_migrations_are_compared(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "configure", lambda _: None)
    monkeypatch.setenv("DATABASE_URL", make_conninfo(database_url, options="-c default_transaction_read_only=on"))
    monkeypatch.setenv("COUNTERSIGN_READER", "true")
    async with Approvals(database_url) as approvals:
        await approvals.handle(uuid4(), RegisterProject("厂房", Enterprise("恒信"), "wang"), MANAGER, uuid4())
    with psycopg.connect(database_url, autocommit=True) as connection:
        verified = CliRunner().invoke(cli.cli, ["verify", "--json"])
        level = CliRunner().invoke(cli.cli, ["migrate"])
        connection.execute("DELETE FROM schema_migration WHERE number = (SELECT max(number) FROM schema_migration)")
        behind = CliRunner().invoke(cli.cli, ["migrate"])
    assert (verified.exit_code, level.exit_code, behind.exit_code) == (0, 0, 2), verified.output
    assert "Not applied here: 0081" in " ".join(behind.output.split())
