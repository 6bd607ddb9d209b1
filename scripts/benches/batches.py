"""Commands a second over HTTP: in batches, each by itself or as a whole, and the same commands in single requests.

`python -m scripts.benches.batches` prints the figures, with the processor time that the server took for a command: on a
busy machine that is the figure to compare.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
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
from scripts.benches.http_client import connection
from scripts.benches.http_server import HOST, server_of

MANAGER = Actor("wang.min", "zone-office", Role.PROJECT_MANAGER)
LINES, PROJECTS, CLIENTS = 10_000, 400, 32
BATCHES = 3
TICKS = os.sysconf("SC_CLK_TCK")


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


async def batch(port: int, mode: str, body: bytes) -> int:
    """Send one batch; how many of its lines were carried out."""
    reader, writer = await asyncio.open_connection(HOST, port)
    head = (
        f"POST /v1/commands/batch?mode={mode} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/x-ndjson\r\n"
        f"X-Actor: {MANAGER.id}\r\nX-Department: {MANAGER.department}\r\nX-Role: {MANAGER.role}\r\n"
        f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
    answer = await reader.read(-1)
    writer.close()
    return answer.count(b'"status":200')


async def singly(port: int, commands: list[tuple[UUID, AnyCommand]]) -> None:
    """The same commands in single requests on CLIENTS connections, those of one project on the same."""

    async def client(nth: int) -> None:
        async with connection(port, {}) as send:
            for project, each in commands:
                if project.int % CLIENTS == nth:
                    await send(project, each, MANAGER)

    await asyncio.gather(*map(client, range(CLIENTS)))


def processor_seconds(pid: int) -> float:
    """The processor time that the process *pid* took so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def measure(port: int, pid: int) -> None:
    """Print the figures, each the best of BATCHES runs."""
    for subject, projects in (("each", PROJECTS), ("atomic", 1), ("single requests", PROJECTS)):
        fastest, least = 0.0, float("inf")
        for _ in range(BATCHES):
            commands = commands_of(projects, LINES)
            body, cpu, began = body_of(commands), processor_seconds(pid), perf_counter()
            if subject == "single requests":
                await singly(port, commands)
            elif (done := await batch(port, subject, body)) != len(commands):
                raise SystemExit(f"{len(commands) - done} commands were refused")
            seconds, used = perf_counter() - began, processor_seconds(pid) - cpu
            fastest, least = max(fastest, len(commands) / seconds), min(least, used / len(commands))
        print(f"{subject:>16}: {fastest:>8,.0f} commands/s, {least * 1e6:>5.0f} us of the server's processor each")


if __name__ == "__main__":
    with temporary_server() as database, server_of(database.database("ledger", migrated=True)) as (port, pid):
        uvloop.run(measure(port, pid))
