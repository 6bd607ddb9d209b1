"""A database that other tools restored: no one writes on it before that is declared, which names what is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, json
from typer.testing import CliRunner

from infrastructure.errors import OperatorError
from scripts.cli import cli
from tests.conftest import database_in, name_of
from tests.infrastructure.proof.test_log import record
from tests.infrastructure.proof.test_publisher import NAME
from tests.infrastructure.verifier.tampering import REPLACED, tampered


class OwnServer(Struct):
    """Databases of an external server: of now, and as it was two entries before; and the folder of the log."""

    now: str
    older: str
    proof: Path

    def run(self, url: str, *words: str, status: int = 0) -> Any:
        """What a command prints: its JSON, or where it ends otherwise, all it says."""
        variables = {"DATABASE_URL": url, "COUNTERSIGN_PROOF": str(self.proof)}
        environment = {"COUNTERSIGN_DATA": str(self.proof.parent / "data"), "COUNTERSIGN_LOG_LEVEL": "error"}
        ended = CliRunner().invoke(cli, [*words, "--json"], env=environment | variables)
        error = ended.exception if isinstance(ended.exception, OperatorError) else None
        output = f"{ended.stdout}{ended.stderr}{ended.exception or ''}"
        assert (2 if error else ended.exit_code) == status, output
        return output if error else json.decode(ended.stdout)


@pytest.fixture(scope="module")
def ours(server_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    folder = tmp_path_factory.mktemp("own")
    with database_in(server_url, migrated_template) as now:
        asyncio.run(record(now, 1))
        with database_in(server_url, name_of(now)) as older:
            asyncio.run(record(now, 1))
            server = OwnServer(now, older, folder / "proof")
            server.run(now, "log-key", "create", "--name", NAME)
            assert server.run(now, "checkpoint")["size"] == 4
            yield server


def test_a_ledger_that_is_not_what_was_signed_is_not_declared(ours: OwnServer, server_url: str) -> None:
    assert "nothing says that it ever had more" in ours.run(ours.now, "declare-restore", "--reasons", "x", status=2)
    with database_in(server_url, name_of(ours.older)) as changed:
        tampered(changed, REPLACED.format("data", "Fab 0", "Fab 9") + " WHERE seq = 1")
        report = ours.run(changed, "declare-restore", "--reasons", "x", status=1)
        assert (report["epoch"], [fault.partition(":")[0] for fault in report["ledger"]["faults"]]) == (0, ["1"])


def test_an_older_ledger_takes_nothing_before_its_restore_is_declared(ours: OwnServer) -> None:
    """The last test of the file: it changes what the others read."""
    assert "positions 3 to 4 are gone" in ours.run(ours.older, "users", "add", "li", "li", status=2)

    rehearsed = ours.run(ours.older, "declare-restore", "--reasons", "disk failed", "--rehearse")
    ledger = rehearsed["ledger"]
    assert (ledger["position"], ledger["lost_from"], ledger["lost_to"], ledger["faults"]) == (2, 3, 4, [])
    assert (rehearsed["epoch"], ours.run(ours.older, "verify", status=1)["position"]) == (0, 2)

    declared = ours.run(ours.older, "declare-restore", "--reasons", "disk failed", "--lost-to", "6")
    assert (declared["epoch"], declared["log"], declared["ledger"]["lost_to"]) == (2, f"{NAME}/2", 6)
    assert ours.run(ours.older, "users", "add", "li", "li")["position"] == 4
    assert ours.run(ours.older, "checkpoint")["note"].startswith(f"{NAME}/2\n4\n")
    assert ours.run(ours.older, "verify")["fault_count"] == 0
    assert "nothing says" in ours.run(ours.older, "declare-restore", "--reasons", "again", status=2)
    assert "kept 2\n" in (ours.proof / "restore-statement").read_text()
