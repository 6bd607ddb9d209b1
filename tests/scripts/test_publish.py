"""`countersign publish`: killed and started again it publishes nothing twice; what it is told, and what it tells."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from msgspec import convert, json
from typer.testing import CliRunner

from domain.messages import AnyCommand
from infrastructure.errors import OperatorError
from infrastructure.jetstream import client
from infrastructure.ledger.approvals import Approvals
from scripts.cli import cli
from tests.api.client import REGISTER
from tests.conftest import database_in
from tests.examples import MANAGER, ROOT
from tests.infrastructure.jetstream.nats_server import NatsServer, stored
from tests.infrastructure.projector.test_projector import project_all

SECONDS_MAX = 60
STREAM = "countersign-BDA"


@contextmanager
def publishing(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The command at work; killed at the end, unless it has ended."""
    command = [sys.executable, "-m", "scripts.cli", "publish"]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


async def act(url: str) -> None:
    """A new project, which the views have taken in."""
    async with Approvals(url) as approvals:
        await approvals.handle(uuid4(), convert(REGISTER, AnyCommand), MANAGER, uuid4())
    project_all(url)


def run(environment: dict[str, str], *words: str) -> str:
    """What a verb prints, or the sentence that it ends with."""
    ended = CliRunner().invoke(cli, words, env=environment)
    return str(ended.exception) if isinstance(ended.exception, OperatorError) else f"{ended.stdout}{ended.stderr}"


@pytest.mark.long
@pytest.mark.slow
async def test_a_publisher_that_is_killed_goes_on_where_the_stream_ends(
    server_url: str, projected_template: str, tmp_path: Path
) -> None:
    server = NatsServer(tmp_path)
    server.start()
    with database_in(server_url, projected_template) as url:
        environment = {
            "DATABASE_URL": url,
            "COUNTERSIGN_NATS_URL": server.url,
            "COUNTERSIGN_PROOF": f"{tmp_path}/proof",
        }
        try:
            async with server.connected() as context:
                arrived = await context._nc.subscribe("countersign.BDA.>")
                await act(url)
                with publishing(environment):
                    await arrived.next_msg(SECONDS_MAX)
                await act(url)
                with publishing(environment) as again:
                    await arrived.next_msg(SECONDS_MAX)
                    again.terminate()
                    _, output = again.communicate(timeout=SECONDS_MAX)
                    assert again.returncode == 0, output
            assert f"Publishing countersign.BDA.> to the stream {STREAM} at {server.url}." in output
            assert "Stopped; 1 events were published." in output
            assert [id_ for _, id_, _ in await stored(server, STREAM)] == ["BDA:1", "BDA:2"]
            (stream,) = json.decode(run(environment, "status", "--json"))["streams"]
            assert (stream["stream"], stream["position"], stream["lag"], stream["trouble"]) == (STREAM, 2, 0, "")
        finally:
            server.kill()


def test_what_can_not_be_published_is_said(
    shared_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {"DATABASE_URL": shared_database_url, "COUNTERSIGN_PROOF": f"{tmp_path}/proof"}
    assert "set COUNTERSIGN_NATS_URL, or give --to" in run(environment, "publish")
    assert "COUNTERSIGN_NATS_URL is invalid" in run(environment, "publish", "--to", "http://a")
    assert "COUNTERSIGN_NATS_STREAM is invalid" in run(environment, "publish", "--to", "nats://a", "--stream", "a b")
    assert "Nothing is known of a stream s." in run(
        environment, "publish", "--to", "nats://a", "--stream", "s", "--forget"
    )
    (tmp_path / "no.pem").write_text("no certificate", encoding="utf-8")
    wrong = environment | {"COUNTERSIGN_NATS_CA": f"{tmp_path}/no.pem"}
    assert "which holds no certificate" in run(wrong, "publish", "--to", "tls://a")
    reader = environment | {"COUNTERSIGN_READER": "true"}
    assert "reaches the primary" in run(reader, "publish", "--to", "nats://a")
    monkeypatch.setattr(client, "CONNECTION", "infrastructure.jetstream.none")
    assert "pip install 'countersign[nats]'" in run(environment, "publish", "--to", "nats://a")
