"""Commands that come second: one in a hundred is decided on a project that has changed meanwhile."""

from __future__ import annotations

from itertools import count
from uuid import UUID, uuid4

import uvloop
from msgspec import Struct

from domain.ledger import Actor, Recorded
from domain.project.note import NoteStep, StepNoted
from domain.project.registration import RegisterProject
from domain.vocabulary import AnyCommand
from infrastructure.approvals import Approvals, utc_now
from infrastructure.draft import Draft
from scripts.benches.commands import MANAGER, crowd, ids_made_before, in_process, registration
from scripts.benches.measure import Figure

CONFLICT_EVERY = 100
CLIENTS = 32
VISIT = "site visit"


class WithConflicts(Struct, frozen=True):
    """Throughput where one command in a hundred finds its project changed; who changed it is not counted as done.

    *conflicts* counts the commands that really came second and were decided again.
    """

    figure: Figure
    conflicts: int


class Disturbed(Struct, frozen=True):
    """What conflicts cost, and what it costs to have a second writer, with and without conflicts."""

    undisturbed: Figure
    conflicts: WithConflicts
    elsewhere: Figure
    rivals: WithConflicts


def disturbed(url: str, seconds: float) -> Disturbed:
    """Measure all of them in the ledger at *url*."""
    return Disturbed(
        uvloop.run(in_process(url, CLIENTS, seconds)),
        uvloop.run(with_conflicts(url, seconds)),
        uvloop.run(with_rivals(url, seconds, elsewhere=True)).figure,
        uvloop.run(with_rivals(url, seconds)),
    )


async def write_past(here: Approvals, project: UUID) -> int:
    """Store a note on *project* that *here* does not know of, as if another process had; the note's version."""
    kept, key, now = here._kept[project.int], uuid4(), utc_now()  # noqa: SLF001  to write behind its back
    recorded = Recorded(by=MANAGER, command_id=key, law=kept.project.law)
    draft = Draft.of(kept, (StepNoted(activity=VISIT),), recorded, now, now)
    await here.committer.append(draft.item(key, bytes(32)))
    return draft.receipt.version


async def with_conflicts(url: str, seconds: float) -> WithConflicts:
    """As `in_process`, where a note is written past the application before one command in a hundred.

    The notes go with the batches of everybody: what is measured are conflicts, and not a second writer.
    """
    conflicts, numbers, ids = 0, count(1), ids_made_before(seconds)
    async with Approvals(url) as here:

        async def send(project: UUID, command: AnyCommand, by: Actor) -> None:
            nonlocal conflicts
            rival_at = 0
            if next(numbers) % CONFLICT_EVERY == 0 and not isinstance(command, RegisterProject):
                rival_at = await write_past(here, project)
            answer = await here.handle(project, command, by, next(ids))
            conflicts += bool(rival_at) and answer.receipt.version == rival_at + 1

        figure = await crowd("1 % conflicts", lambda _: send, CLIENTS, seconds)
    return WithConflicts(figure, conflicts)


async def with_rivals(url: str, seconds: float, *, elsewhere: bool = False) -> WithConflicts:
    """As `with_conflicts`, where the notes are written by a second Approvals, with batches of its own.

    *elsewhere*, it writes to projects of its own: a second writer without conflicts, for comparison.
    """
    conflicts, numbers, ids = 0, count(1), ids_made_before(seconds)
    async with Approvals(url) as here, Approvals(url) as there:

        async def send(project: UUID, command: AnyCommand, by: Actor) -> None:
            nonlocal conflicts
            rival_at = 0
            if next(numbers) % CONFLICT_EVERY == 0 and not isinstance(command, RegisterProject):
                if elsewhere:
                    await there.handle(uuid4(), registration(), MANAGER, uuid4())
                else:
                    rival = await there.handle(project, NoteStep(activity=VISIT), MANAGER, uuid4())
                    rival_at = rival.receipt.version
            answer = await here.handle(project, command, by, next(ids))
            conflicts += bool(rival_at) and answer.receipt.version == rival_at + 1

        subject = "second writer" if elsewhere else "its 1 % conflicts"
        figure = await crowd(subject, lambda _: send, CLIENTS, seconds)
    return WithConflicts(figure, conflicts)
