"""Simulates a zone at a served sandbox: every act is a request of the person whose act it is, at the sandbox's time.

Acts of all projects go in the order of their instants, as the clock moves one way. It is held between them, so that
each is recorded at its own instant, and what falls due on the way at its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from time import perf_counter
from urllib.parse import quote
from uuid import UUID, uuid5

import httpx2
from msgspec import Struct, json

from api.commands.aggregates import AggregateReceipt
from api.sandbox.routes import ADVANCE_DAYS_MAX
from domain.core.ledger import Actor, Role
from domain.law.calendar.moment import local_day, midnight
from domain.legal_person.messages import PersonCommand
from domain.messages import tag_of
from scripts.client.protocol import body_of, command_headers
from scripts.remote.connection import SandboxConnection
from scripts.remote.ground import RemotePlan, ground_of
from scripts.remote.sender import HttpSender
from scripts.remote.zone import SandboxZone
from scripts.simulation.course import Course, Tally
from scripts.simulation.engine import SimulatedGround
from scripts.simulation.office_time import ZONE
from scripts.simulation.people import EXCHANGE
from scripts.simulation.principals import applicants
from scripts.simulation.zone_people import OFFICE, OFFICERS_OF

REGISTRY_CLERK = Actor(OFFICERS_OF[OFFICE][0], OFFICE, Role.OFFICER)  # who enters enterprises in the legal-person base
ADVANCE_MAX = timedelta(hours=24 * ADVANCE_DAYS_MAX)


class RemotelySimulated(Struct):
    """The result. *sign_ins*: sessions begun; *clock_moves*: requests that moved the sandbox's clock.

    *denied_by_command*: acts that the table of access refused to those whose work they are.
    """

    projects: int
    seed: int
    begin: date
    until: date
    commands: int
    facts: int
    refused: int
    repeated: int
    sign_ins: int
    clock_moves: int
    seconds: float
    commands_per_second: float
    facts_by_name: dict[str, int]
    refused_by_code: dict[str, int]
    denied_by_command: dict[str, int]


async def simulate_at(
    address: str,
    plan: RemotePlan,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> RemotelySimulated:
    """Simulate a zone at the sandbox at *address*; *progress* is called with the days that have passed.

    Raises SandboxRefusedError, SimulationRefusedError; ProblemError where the server fails.
    """
    began = perf_counter()
    async with SandboxConnection(address, transport) as connection:
        zone = SandboxZone(connection)
        ground = await ground_of(zone, plan)
        play = RemotePlay(connection, zone, ground)
        await play.enter_programs()
        await play.run(progress)
        await zone.release()
    seconds, tally = perf_counter() - began, play.tally
    commands = sum(tally.commands.values())
    return RemotelySimulated(
        projects=ground.projects,
        seed=ground.seed,
        begin=ground.begin,
        until=local_day(ground.until, ZONE),
        commands=commands,
        facts=sum(tally.facts.values()),
        refused=sum(tally.refused.values()),
        repeated=tally.repeated,
        sign_ins=connection.sign_ins,
        clock_moves=play.clock_moves,
        seconds=round(seconds, 2),
        commands_per_second=round(commands / seconds, 1),
        facts_by_name=dict(sorted(tally.facts.items())),
        refused_by_code=dict(sorted(tally.refused.items())),
        denied_by_command={name: number for name, number in sorted(tally.denied.items()) if number},
    )


class RemotePlay:
    """The acts of a whole zone in the order of their instants, each preceded by moving the clock on to it."""

    def __init__(self, connection: SandboxConnection, zone: SandboxZone, ground: SimulatedGround) -> None:
        self._connection, self._zone, self._ground = connection, zone, ground
        self._sender = HttpSender(connection, zone)
        self._courses: dict[UUID, Course] = {}
        self._queue: list[tuple[datetime, UUID]] = []
        self._entering = deque(sorted(ground.enterprise_acts(), key=lambda act: act[2]))
        self._now = midnight(ground.begin, ZONE)
        self.tally, self.clock_moves = Tally(), 0

    async def enter_programs(self) -> None:
        """Register the programs by which enterprises apply, and issue keys to them and to the exchange."""
        programs = applicants(self._ground.enterprises, self._ground.seed)
        for new in programs:
            await self._zone.enter_program(new)
        while (await self._zone.advance(self._now)).now < self._now:
            continue  # something of before fell due; afterwards the views have the grants
        for program in sorted({EXCHANGE, *(new.principal for new in programs)}):
            await self._zone.use_keys(program)
        await self._zone.news()

    async def run(self, progress: Callable[[int, int], None]) -> None:
        """Perform all acts until the last day of the simulation."""
        for number in range(self._ground.projects):
            life, chance, begin = self._ground.life(number)
            course = Course(life, chance, self.tally, self._sender)
            course.begin(begin)
            self._courses[life.id] = course
            self._enqueue(course)
        first, until = self._now, self._ground.until
        while True:
            coming = min(self._coming(), until)
            if not await self._reached(coming):
                continue
            progress((self._now - first).days, (until - first).days)
            if coming == until:
                return
            await self._perform(coming)

    def _coming(self) -> datetime:
        """When the next act of any actor is due; the end where none is."""
        while self._queue and self._courses[self._queue[0][1]].next_at != self._queue[0][0]:
            heappop(self._queue)  # something else came before it since
        due = [self._queue[0][0]] if self._queue else []
        if self._entering:
            due.append(self._entering[0][2])
        return min(due, default=self._ground.until)

    async def _reached(self, instant: datetime) -> bool:
        """Move the clock on towards *instant*; False where something was recorded before: acts may follow from it."""
        target = min(instant, self._now + ADVANCE_MAX)
        moved = await self._zone.advance(target)
        self._now = moved.now
        self.clock_moves += 1
        if moved.facts:
            await self._take_news()
            return False
        return target == instant

    async def _take_news(self) -> None:
        """Read what the watcher recorded, and add what follows from it."""
        changed = [UUID(event.source.rpartition("/")[2]) for event in await self._zone.news()]
        for project in dict.fromkeys(changed):
            course = self._courses.get(project)
            if course is None:
                continue
            known = self._sender.project(project)
            entries = await known.read(self._zone)
            if not entries:
                continue  # our own acts
            self.tally.commands["watcher"] += len({entry.recorded.command_id for entry in entries})
            self.tally.facts.update(tag_of(entry.fact) for entry in entries)
            course.note_cards(known.state, self._now)
            self._enqueue(course)

    async def _perform(self, instant: datetime) -> None:
        """The act that is due at *instant*: enterprises are entered before projects act."""
        if self._entering and self._entering[0][2] == instant:
            stream, key, _, command = self._entering.popleft()
            await self._enter(command, uuid5(stream, key))
            return
        course = self._courses[heappop(self._queue)[1]]
        await course.perform()
        self._enqueue(course)

    async def _enter(self, command: PersonCommand, key: UUID) -> None:
        path = f"/v1/legal-persons/{quote(command.code)}/commands"
        sent = {"content": body_of(command), "headers": command_headers(key, None)}
        answer = await self._connection.request(REGISTRY_CLERK, "POST", path, **sent)
        self.tally.commands[type(command).__name__] += 1
        self.tally.facts.update(json.decode(answer.content, type=AggregateReceipt).facts)

    def _enqueue(self, course: Course) -> None:
        if course.next_at is not None:
            heappush(self._queue, (course.next_at, course.project))
