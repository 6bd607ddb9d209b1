"""Commands a second over HTTP: in batches of several sizes, each by itself or as a whole, and in single requests.

`python -m scripts.benches.batches` prints the figures, with the processor time that the server took for a command: on a
busy machine that is the figure to compare. Requests are made before the clock starts, single ones as well as batches:
what a client takes to put a request together is not the server's pace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from time import perf_counter
from uuid import UUID, uuid4

import uvloop
from msgspec import json, to_builtins

from domain.core.ledger import Actor, Role
from domain.messages import AnyCommand
from domain.project.application.note import NoteStep
from domain.project.application.submission import SubmitItem
from scripts.benches.commands import ITEMS, registration
from scripts.benches.database import temporary_server
from scripts.benches.http_client import request, request_connection
from scripts.benches.http_server import HOST, server_of
from scripts.benches.signed_in import cpu_seconds

MANAGER = Actor("wang.min", "zone-office", Role.PROJECT_MANAGER)
LINES, PROJECTS, CLIENTS = 10_000, 400, 32
SIZES = (10, 100, 1_000)  # lines a batch
UNDER_WAY = 1_000  # lines of all connections together, on 32 connections at most
BATCHES = 3
ANSWER_BYTES_MAX = 16 * 1024 * 1024
BATCH_RATIO_MIN = 2.7  # commands a second in batches, to those in single requests

Sending = Callable[[], Awaitable[int]]  # sends what is prepared, and says how many commands that were


def life() -> Iterator[AnyCommand]:
    """Commands to one project, all by its manager, each with one fact."""
    yield registration(ITEMS)
    nth = 0
    while True:
        yield SubmitItem(item=f"item-{nth}") if nth < ITEMS else NoteStep(activity="site visit")
        nth += 1


def commands_of(projects: int, number: int) -> list[tuple[UUID, AnyCommand]]:
    """The first *number* commands to *projects* in turn."""
    lives = {uuid4(): life() for _ in range(projects)}
    return [(project, next(lives[project])) for _ in range(number // projects) for project in lives]


def body_of(commands: list[tuple[UUID, AnyCommand]]) -> bytes:
    """The batch of *commands*."""
    lines = [{"project": str(project), "key": str(uuid4()), "command": to_builtins(each)} for project, each in commands]
    return b"".join(json.encode(line) + b"\n" for line in lines)


async def batches(port: int, mode: str, bodies: Sequence[bytes]) -> int:
    """Send *bodies* one after another on one connection; how many of their lines were carried out."""
    reader, writer = await asyncio.open_connection(HOST, port, limit=ANSWER_BYTES_MAX)
    done = 0
    for body in bodies:
        head = (
            f"POST /v1/commands/batch?mode={mode} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/x-ndjson\r\n"
            f"X-Actor: {MANAGER.id}\r\nX-Department: {MANAGER.department}\r\nX-Role: {MANAGER.role}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n0\r\n\r\n")
        done += answer.count(b'"status":200')
    writer.close()
    await writer.wait_closed()
    return done


def in_batches(port: int, mode: str, size: int) -> Sending:
    """LINES commands in batches of *size*, each connection with projects of its own.

    To send them raises SystemExit where one is refused.
    """
    connections = max(1, min(CLIENTS, UNDER_WAY // size))
    projects = max(1, PROJECTS // connections) if mode == "each" else 1
    prepared = []
    for _ in range(connections):
        commands = commands_of(projects, LINES // connections)
        prepared.append([body_of(commands[begun : begun + size]) for begun in range(0, len(commands), size)])

    async def send() -> int:
        done = sum(await asyncio.gather(*[batches(port, mode, bodies) for bodies in prepared]))
        if refused := sum(body.count(b"\n") for bodies in prepared for body in bodies) - done:
            raise SystemExit(f"{refused} commands were refused")
        return done

    return send


def singly(port: int) -> Sending:
    """The same commands in single requests on CLIENTS connections, those of one project on the same."""
    prepared: list[list[bytes]] = [[] for _ in range(CLIENTS)]
    for project, each in commands_of(PROJECTS, LINES):
        prepared[project.int % CLIENTS].append(request(project, each, MANAGER))

    async def client(requests: Sequence[bytes]) -> int:
        async with request_connection(port) as send:
            for each in requests:
                await send(each)
        return len(requests)

    async def send() -> int:
        return sum(await asyncio.gather(*map(client, prepared)))

    return send


async def timed(pid: int, prepare: Callable[[], Sending]) -> tuple[float, float]:
    """Commands a second, and seconds of the server's processor a command, of what is prepared: the best of BATCHES."""
    fastest, least = 0.0, float("inf")
    for _ in range(BATCHES):
        send = prepare()
        cpu, began = cpu_seconds(pid), perf_counter()
        done = await send()
        seconds, used = perf_counter() - began, cpu_seconds(pid) - cpu
        fastest, least = max(fastest, done / seconds), min(least, used / done)
    return fastest, least


async def measure(port: int, pid: int) -> None:
    """Print the figures of batches by their size, and what they make of the pace of single requests."""
    pace, alone = await timed(pid, partial(singly, port))
    print(f"{'single requests':>20}: {pace:>8,.0f} commands/s, {alone * 1e6:>5.0f} us of the server's processor each")
    for mode, size in [*[("each", size) for size in SIZES], ("atomic", SIZES[-1])]:
        per_second, used = await timed(pid, partial(in_batches, port, mode, size))
        print(
            f"{f'{mode}, {size:,} lines':>20}: {per_second:>8,.0f} commands/s, {used * 1e6:>5.0f} us of the server's"
            f" processor each; {per_second / pace:.2f} x single, by processor {alone / used:.2f} x, bound"
            f" {BATCH_RATIO_MIN} x"
        )


if __name__ == "__main__":
    with temporary_server() as database, server_of(database.database("ledger", migrated=True)) as (port, pid):
        uvloop.run(measure(port, pid))
