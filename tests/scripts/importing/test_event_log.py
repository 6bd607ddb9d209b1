"""`countersign export-log` in the formats of process mining."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.cli import cli


@pytest.mark.parametrize("more", [["--xes", "--ocel"], ["cases.csv", "--xes"], ["cases.csv", "--ocel"]])
def test_a_log_is_one_file_in_one_format(tmp_path: Path, more: list[str]) -> None:
    events = tmp_path / "events"
    ended = CliRunner().invoke(cli, ["export-log", str(events), *more])
    assert ended.exit_code == 2
    assert "give EVENTS, and either --xes or --ocel" in ended.output.replace("\n", " ")
    assert not events.exists()
