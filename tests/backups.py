"""An installation with a database of its own, which tests back up and restore by the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from msgspec import json
from typer.testing import CliRunner

from infrastructure.errors import OperatorError
from infrastructure.postgres.embedded import EmbeddedPostgres
from scripts.cli import cli

VARIABLES = ("DATABASE_URL", "COUNTERSIGN_KEYS", "COUNTERSIGN_PROOF", "COUNTERSIGN_MASTER_KEY", "COUNTERSIGN_MATERIALS")


class Installation:
    """Everything in *folder*: data, keys, the transparency log, and backups."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data, self.backups = folder, folder / "data", folder / "backups"
        self.environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        self.environment |= {"COUNTERSIGN_DATA": str(self.data), "COUNTERSIGN_LOG_LEVEL": "error"}

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        """A command under way."""
        command = [sys.executable, "-m", "scripts.cli", *map(str, words)]
        return subprocess.Popen(
            command, cwd=Path(__file__).parents[1], env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def end(self, *words: str | Path, status: int = 0) -> str:
        """What a command prints that is run in this process, and ends with *status*."""
        environment = self.environment | dict.fromkeys(VARIABLES, "") | {"COUNTERSIGN_DATA": str(self.data)}
        ended = CliRunner().invoke(cli, [str(word) for word in words], env=environment)
        output = f"{ended.stdout}{ended.stderr}{ended.exception or ''}"
        error = ended.exception if isinstance(ended.exception, OperatorError) else None
        assert (2 if error else ended.exit_code) == status, f"{words} ended with {ended.exit_code}: {output}"
        return ended.stdout if status == 0 else output

    def run(self, *words: str | Path) -> Any:
        """The JSON that a command printed."""
        return json.decode(self.end(*words, "--json"))

    def add_person(self, name: str, *words: str) -> int:
        """Register a person: the position of the fact."""
        position: int = self.run("users", "add", name, name, *words)["position"]
        return position

    def url(self) -> str:
        """The owner's address of the database, which is started if needed."""
        return EmbeddedPostgres(self.data).start()

    def now(self) -> datetime:
        """The database's time: between what was recorded before and what will be."""
        with psycopg.connect(self.url()) as connection:
            row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row
        now: datetime = row[0]
        return now

    def head(self) -> int:
        """The last position of the ledger."""
        with psycopg.connect(self.url()) as connection:
            (head,) = connection.execute("SELECT seq FROM ledger.head").fetchone() or (0,)
        return int(head)

    def left_over(self) -> list[str]:
        """What unfinished work left in the data folder."""
        wanted = ("restoring", "rehearsal", "postgres.exchange", "postgres.new")
        return [name for name in wanted if (self.data / name).exists()]
