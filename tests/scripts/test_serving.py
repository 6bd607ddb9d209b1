"""What runs beside the server writes its lines as the settings ask, and never a person's name out of a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from msgspec import json

from domain.examples.story import MANAGER
from domain.project.application.registration import Enterprise, RegisterProject
from infrastructure.ledger.approvals import Approvals
from infrastructure.settings import Settings
from scripts.server.serving import AddressTakenError, listen

CHECKOUT = Path(__file__).parents[2]
WORK = """
import os, sys
from scripts.server.processes import run_child
from scripts.server.workers import {0}
run_child({0}, os.getppid(), sys.argv[1])
"""
LINE_SECONDS_MAX = 60
SECRET = "13800138000"


def first_line(work: str, url: str, **settings: str) -> str:
    """The first line that *work*, in a process of its own, writes to standard error."""
    code = ["-c", WORK.format(work), url]
    environment = {**os.environ, **settings}
    with subprocess.Popen([sys.executable, *code], cwd=CHECKOUT, env=environment, stderr=subprocess.PIPE) as process:
        too_late = threading.Timer(LINE_SECONDS_MAX, process.kill)
        too_late.start()
        try:
            assert process.stderr
            return process.stderr.readline().decode()
        finally:
            too_late.cancel()
            process.kill()


async def test_the_projector_logs_a_bad_entry_in_one_line_without_its_content(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        register = RegisterProject(name=SECRET, enterprise=Enterprise(SECRET), manager=SECRET)
        await approvals.handle(uuid4(), register, MANAGER, uuid4())
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE ledger.event DISABLE TRIGGER append_only")
        connection.execute(
            "UPDATE ledger.event SET data = convert_to(replace(convert_from(data, 'UTF8'), 'name', 'nom'), 'UTF8')"
        )

    line = first_line("project_while", database_url, COUNTERSIGN_LOG_LEVEL="warning")

    log_line: dict[str, Any] = json.decode(line)
    assert (log_line["event"], log_line["level"]) == ("views_stopped", "error")
    assert log_line["exception"], "where it happened"
    assert SECRET not in line


@pytest.mark.parametrize("work", ["project_while", "watch_while"])
def test_what_runs_beside_the_server_heeds_the_settings_of_the_log(empty_database_url: str, work: str) -> None:
    """It finds no tables, and says so."""
    assert json.decode(first_line(work, empty_database_url, COUNTERSIGN_LOG="json"))["level"] in {"warning", "error"}


@pytest.mark.parametrize("kind", ["a file", "no folder"])
async def test_a_socket_that_can_not_be_made_is_reported_in_a_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "there"
    path.write_text("a file that is no socket")
    chosen = Settings(data=tmp_path, socket=str(path if kind == "a file" else path / "socket"))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": f"{scope['type']}.startup.complete"})

    with pytest.raises(AddressTakenError, match=r"can't listen at the socket .*there.* Set COUNTERSIGN_SOCKET"):
        await listen(app, chosen, lambda: None, lambda: None)
    assert path.read_text() == "a file that is no socket"
