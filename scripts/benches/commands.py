"""Benchmark of durable commands in one process: with rules, hash chain, idempotency and disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import chain
from time import perf_counter
from uuid import UUID, uuid4

from domain.core.ledger import Actor, Role
from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.messages import AnyCommand, replay
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from infrastructure.ledger.approvals import Approvals
from scripts.benches.measure import Figure

ITEMS = 20  # an investment project needs about twenty approvals
WARM_UP_SECONDS = 0.3  # for connections, law packs and prepared statements, a one-time cost
IDS_A_SECOND, IDS_MAX = 60_000, 500_000
FACTS_LOADED = 300
LOADS = 50
MANAGER = Actor("wang.min", "zone-office", Role.PROJECT_MANAGER)
ENTERPRISE = Actor("hengxin", "91420100MA0HX2026E", Role.APPLICANT)
OFFICER = Actor("zhou.fang", "planning")

Send = Callable[[UUID, AnyCommand, Actor], Awaitable[object]]


def registration(items: int = ITEMS) -> RegisterProject:
    """The command that registers a project with *items* planned items."""
    plans = tuple(PlannedItem(item=f"item-{n}", department=OFFICER.department) for n in range(items))
    return RegisterProject(
        name="Fab 2", enterprise=Enterprise("Hengxin", ENTERPRISE.department), manager="wang.min", items=plans
    )


def project_life(
    registered: RegisterProject | None = None, applicant: Actor = ENTERPRISE
) -> Iterator[tuple[AnyCommand, Actor]]:
    """A project's commands from registration to its last decision: 1 + 3 an item, each with one fact."""
    registered = registered or registration()
    yield registered, MANAGER
    for plan in registered.items:
        yield SubmitItem(item=plan.item, materials=("form",)), applicant
        yield AcceptItem(item=plan.item), OFFICER
        yield CompleteItem(item=plan.item, outcome=Outcome.GRANTED), OFFICER


def ids_made_before(seconds: float) -> Iterator[UUID]:
    """Command ids, enough for some *seconds* generated beforehand, as pgbench needs no ids either."""
    number = min(int((WARM_UP_SECONDS + seconds) * IDS_A_SECOND), IDS_MAX)
    return chain([uuid4() for _ in range(number)], iter(uuid4, None))


async def work(send: Send, until: float, latencies: list[float]) -> None:
    """Send the commands of project after project until perf_counter() reaches *until*."""
    life, began = tuple(project_life()), perf_counter()
    while True:
        project = uuid4()
        for command, by in life:
            if began >= until:
                return
            await send(project, command, by)
            ended = perf_counter()
            latencies.append(ended - began)
            began = ended


async def crowd(subject: str, send: Callable[[int], Send], clients: int, seconds: float) -> Figure:
    """The figure of *clients* concurrent workers; *send(n)* gives the function by which the n-th sends commands."""
    until = perf_counter() + WARM_UP_SECONDS
    await asyncio.gather(*[work(send(n), until, []) for n in range(clients)])
    latencies: list[float] = []
    began = perf_counter()
    await asyncio.gather(*[work(send(n), began + seconds, latencies) for n in range(clients)])
    return Figure.of(subject, clients, perf_counter() - began, latencies)


async def in_process(url: str, clients: int, seconds: float) -> Figure:
    """Commands per second through Approvals.handle."""
    async with Approvals(url) as approvals:
        ids = ids_made_before(seconds)

        def send(project: UUID, command: AnyCommand, by: Actor) -> Awaitable[object]:
            return approvals.handle(project, command, by, next(ids))

        return await crowd("in process", lambda _: send, clients, seconds)


async def loading(url: str) -> Figure:
    """Projects of 300 facts loaded per second: read, decoded, folded."""
    project, loads = uuid4(), list[float]()
    async with Approvals(url) as approvals:
        for command, by in project_life(registration(FACTS_LOADED // 3)):
            await approvals.handle(project, command, by, uuid4())
        began = perf_counter()
        for _ in range(LOADS):
            start = perf_counter()
            replay(project, await approvals.history(project))
            loads.append(perf_counter() - start)
        return Figure.of("load 301 facts", 1, perf_counter() - began, loads)
