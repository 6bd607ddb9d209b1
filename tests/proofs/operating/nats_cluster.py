"""A cluster of three NATS servers that hold a stream together, of which the one that leads it can be killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import StreamConfig
from nats.js.errors import Error

from tests.infrastructure.jetstream.nats_server import NatsServer, free_port
from tests.proofs.proof import RefutedError

SERVERS = 3
ELECTION_SECONDS_MAX = 120
LOOK_SECONDS = 0.2
AWAY = (Error, nats.errors.Error, OSError, TimeoutError)  # while servers start, or elect who leads
SETTINGS = """
server_name: {name}
cluster {{ name: proof, listen: "127.0.0.1:{port}", routes: [{routes}] }}
"""


class NatsCluster:
    """Three servers in *folder*, and in them *stream*, which takes *subjects*, in three copies.

    It is killed and started as one server is: what is killed is the leader of the stream.
    """

    def __init__(self, folder: Path, program: str, stream: str, subjects: str) -> None:
        self._stream, self._subjects = stream, subjects
        ports = [free_port() for _ in range(SERVERS)]
        routes = ", ".join(f'"nats-route://127.0.0.1:{port}"' for port in ports)
        self._down: dict[str, NatsServer] = {}
        self._up: dict[str, NatsServer] = {}
        self.killed: list[str] = []
        for number, port in enumerate(ports):
            name = f"server-{number}"
            place = folder / name
            place.mkdir()
            self._down[name] = NatsServer(place, program, SETTINGS.format(name=name, port=port, routes=routes))
        self._servers = dict(self._down)

    @property
    def url(self) -> str:
        """The addresses of all, as a client is given them."""
        return ",".join(server.url for server in self._servers.values())

    def start(self) -> None:
        """Start those that do not run."""
        while self._down:
            name, server = self._down.popitem()
            server.start()
            self._up[name] = server

    def kill(self) -> None:
        """Kill -9 the server that leads the stream."""
        name = self.leader()
        server = self._up.pop(name)
        server.kill()
        self._down[name] = server
        self.killed.append(name)

    def end(self) -> None:
        """Kill all."""
        for server in self._servers.values():
            server.kill()

    def make_stream(self) -> None:
        """Make the stream, as an operator does by NATS' own tools."""
        asyncio.run(self._patiently(self._make))

    def leader(self) -> str:
        """The name of the server that leads the stream."""
        return asyncio.run(self._patiently(self._leader))

    @asynccontextmanager
    async def connected(self, **options: Any) -> AsyncIterator[JetStreamContext]:
        """A client of its own, at any server that runs."""
        client = Client()
        await client.connect([server.url for server in self._up.values()], allow_reconnect=False, **options)
        try:
            yield client.jetstream()
        finally:
            await client.close()

    async def _make(self, context: JetStreamContext) -> str:
        config = StreamConfig(name=self._stream, subjects=[self._subjects], num_replicas=SERVERS)
        return str((await context.add_stream(config)).config.name)

    async def _leader(self, context: JetStreamContext) -> str:
        cluster = (await context.stream_info(self._stream)).cluster
        leader = (cluster and cluster.leader) or ""
        if leader not in self._up:  # the one that was killed, until the others have noticed
            raise OSError("no server leads the stream")
        return leader

    async def _patiently(self, work: Callable[[JetStreamContext], Awaitable[str]]) -> str:
        """What *work* returns, once the servers do it. Raises RefutedError."""
        end = monotonic() + ELECTION_SECONDS_MAX
        while True:
            try:
                async with self.connected() as context:
                    return await work(context)
            except AWAY as away:
                if monotonic() > end:
                    raise RefutedError(f"the cluster does not work by itself: {away}") from away
                await asyncio.sleep(LOOK_SECONDS)
