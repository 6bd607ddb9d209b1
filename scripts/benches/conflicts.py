"""Benchmark of version conflicts: one command in a hundred is decided on a project that has changed meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count
from uuid import UUID, uuid4

import uvloop
from msgspec import Struct

from domain.core.ledger import Actor, Recorded
from domain.messages import AnyCommand
from domain.project.application.note import NoteStep, StepNoted
from domain.project.application.registration import RegisterProject
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.clock_check import utc_now
from infrastructure.ledger.entry_draft import EntryDraft
from scripts.benches.commands import MANAGER, crowd, ids_made_before, in_process, registration
from scripts.benches.measure import Figure

CONFLICT_EVERY = 100
CLIENTS = 32
VISIT = "site visit"


class WithConflicts(Struct, frozen=True):
    """Throughput if one command in a hundred has a version conflict, not counting the writes that cause conflicts.

    *conflicts* counts the commands that were decided again.
    """

    figure: Figure
    conflicts: int


class Disturbed(Struct, frozen=True):
    """The cost of conflicts, and of a second writer with and without conflicts."""

    undisturbed: Figure
    conflicts: WithConflicts
    elsewhere: Figure
    rivals: WithConflicts


def disturbed(url: str, seconds: float) -> Disturbed:
    """Measure all cases in the ledger at *url*."""
    return Disturbed(
        uvloop.run(in_process(url, CLIENTS, seconds)),
        uvloop.run(with_conflicts(url, seconds)),
        uvloop.run(with_rivals(url, seconds, elsewhere=True)).figure,
        uvloop.run(with_rivals(url, seconds)),
    )


async def write_past(here: Approvals, project: UUID) -> int:
    """Append a note to *project* past the cache of *here*, as another process would; returns the note's version."""
    cached, key, now = here._cache[project.int], uuid4(), utc_now()  # noqa: SLF001  to bypass the cache
    recorded = Recorded(by=MANAGER, command_id=key, law=cached.project.law)
    draft = EntryDraft.of(cached, (StepNoted(activity=VISIT),), recorded, now, now)
    await here.committer.append(draft.item(key, bytes(32)))
    return draft.receipt.version


async def measured(
    subject: str, here: Approvals, intrude: Callable[[UUID], Awaitable[int]], seconds: float
) -> WithConflicts:
    """As `in_process`, calling *intrude* before one command in a hundred; it returns the version it wrote, or 0."""
    conflicts, numbers, ids = 0, count(1), ids_made_before(seconds)

    async def send(project: UUID, command: AnyCommand, by: Actor) -> None:
        nonlocal conflicts
        intruded_at = 0
        if next(numbers) % CONFLICT_EVERY == 0 and not isinstance(command, RegisterProject):
            intruded_at = await intrude(project)
        answer = await here.handle(project, command, by, next(ids))
        conflicts += bool(intruded_at) and answer.receipt.version == intruded_at + 1

    return WithConflicts(await crowd(subject, lambda _: send, CLIENTS, seconds), conflicts)


async def with_conflicts(url: str, seconds: float) -> WithConflicts:
    """A note is written past the cache before one command in a hundred.

    The notes go into the same batches, so that conflicts are measured without a second writer.
    """
    async with Approvals(url) as here:
        return await measured("1 % conflicts", here, lambda project: write_past(here, project), seconds)


async def with_rivals(url: str, seconds: float, *, elsewhere: bool = False) -> WithConflicts:
    """A second Approvals with its own batches writes the notes; with *elsewhere*, to other projects."""
    async with Approvals(url) as here, Approvals(url) as there:

        async def note(project: UUID) -> int:
            return (await there.handle(project, NoteStep(activity=VISIT), MANAGER, uuid4())).receipt.version

        async def register(_: UUID) -> int:
            await there.handle(uuid4(), registration(), MANAGER, uuid4())
            return 0

        if elsewhere:
            return await measured("second writer", here, register, seconds)
        return await measured("its 1 % conflicts", here, note, seconds)
