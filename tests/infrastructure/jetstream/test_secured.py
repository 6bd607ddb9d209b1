"""TLS and credentials: who is not let in is told so, and nothing is sent to a server that can't be trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from infrastructure.jetstream.client import opening
from infrastructure.jetstream.errors import StreamAwayError
from infrastructure.jetstream.target import OutgoingMessage, StreamTarget
from infrastructure.settings import SettingRefusedError, Settings
from tests.infrastructure.jetstream.secured import secured_server


async def test_credentials_and_certificates_let_in_and_nothing_else_does(tmp_path: Path) -> None:
    server = secured_server(tmp_path)
    server.start()
    credentials, ca = f"{tmp_path}/user.creds", f"{tmp_path}/ca.pem"
    named = {"COUNTERSIGN_NATS_URL": server.url, "COUNTERSIGN_NATS_CREDENTIALS": credentials, "COUNTERSIGN_NATS_CA": ca}
    connect = opening()
    try:
        target = StreamTarget.of(Settings.of(named))
        async with connect(target) as stream:
            message = OutgoingMessage("countersign.BDA.projects.t", "BDA:1", b"{}")
            assert await stream.publish([message], (await stream.end()).sequence) == 1
        with pytest.raises(StreamAwayError, match=r"(?i)authorization"):
            async with connect(StreamTarget.of(Settings.of(named | {"COUNTERSIGN_NATS_CREDENTIALS": ""}))):
                pass
        with pytest.raises(StreamAwayError, match=r"(?i)certificate"):
            async with connect(StreamTarget.of(Settings.of(named | {"COUNTERSIGN_NATS_CA": ""}))):
                pass
    finally:
        server.kill()


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    named = {"COUNTERSIGN_NATS_URL": "tls://a:4222", "COUNTERSIGN_NATS_CREDENTIALS": f"{tmp_path}/none"}
    with pytest.raises(SettingRefusedError, match="COUNTERSIGN_NATS_CREDENTIALS names"):
        StreamTarget.of(Settings.of(named))
    (tmp_path / "no.pem").write_text("no certificate", encoding="utf-8")
    target = StreamTarget.of(
        Settings.of({"COUNTERSIGN_NATS_URL": "tls://a", "COUNTERSIGN_NATS_CA": f"{tmp_path}/no.pem"})
    )
    with pytest.raises(SettingRefusedError, match="which holds no certificate"):
        target.tls()
    with pytest.raises(SettingRefusedError, match="No NATS server is named"):
        StreamTarget.of(Settings.of({}))
