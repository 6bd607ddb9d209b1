"""`countersign export-log` in the formats of process mining."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from infrastructure import logging as log
from infrastructure.event_log.datasets import DatasetUnknownError
from infrastructure.ledger.approvals import Approvals
from scripts.cli import cli
from scripts.importing.import_log import import_log
from tests.scripts.importing.logs import course, listed, write_log


@pytest.mark.parametrize("more", [["--xes", "--ocel"], ["cases.csv", "--xes"], ["cases.csv", "--ocel"]])
def test_a_log_is_one_file_in_one_format(tmp_path: Path, more: list[str]) -> None:
    events = tmp_path / "events"
    ended = CliRunner().invoke(cli, ["export-log", str(events), *more])
    assert ended.exit_code == 2
    assert "give EVENTS, and either --xes or --ocel" in ended.output.replace("\n", " ")
    assert not events.exists()


@pytest.fixture
def served(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database that the command line works on."""
    monkeypatch.setattr("scripts.server.database.ready", lambda _: database_url)
    monkeypatch.setattr(log, "configure", lambda chosen: None)  # other tests keep theirs
    return database_url


@pytest.mark.parametrize("words", [["export-log", "FILE"], ["export-log", "FILE", "--xes"], ["cases"]])
async def test_an_unknown_dataset_is_answered_with_those_there_are(
    served: str, tmp_path: Path, words: list[str]
) -> None:
    file = tmp_path / "log"
    verb = [str(file) if word == "FILE" else word for word in words]

    def sentence(dataset: str) -> str:
        ended = CliRunner().invoke(cli, [*verb, "--dataset", dataset])
        assert isinstance(ended.exception, DatasetUnknownError)
        return str(ended.exception)

    assert sentence("permits").startswith("There is no dataset permits: no log was imported")
    async with Approvals(served) as approvals:
        logged = write_log(tmp_path, course("1", ("2011-10-11", "a")), [listed("1")])
        await import_log(approvals, logged.events, logged.cases)
    assert sentence("permits") == "There is no dataset permits. Imported are: town."
    assert not file.exists()
    assert CliRunner().invoke(cli, [*verb, "--dataset", "town"]).exit_code == 0
