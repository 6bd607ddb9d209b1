"""Simulates a whole zone over years: registers enterprises, then runs projects concurrently from staggered starts."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime, time
from hashlib import sha256
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from domain.core.ledger import Actor, Role
from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import midnight
from domain.legal_person.messages import PersonCommand
from domain.legal_person.state import stream_of as person_stream
from domain.messages import tag_of
from infrastructure.access.registrar import NewPrincipal, enter
from infrastructure.ledger.approvals import Approvals
from infrastructure.privacy.cipher import decrypted_facts
from scripts.simulation.case_numbers import begin_project
from scripts.simulation.chance import Chance
from scripts.simulation.course import SIMULATED_NOW, LedgerCourse, Tally, Turns
from scripts.simulation.legal_person import double_of, person_life
from scripts.simulation.office_time import ZONE, OfficeTime
from scripts.simulation.people import Person, enterprise
from scripts.simulation.principals import applicants, zone_principals
from scripts.simulation.project_life import ProjectLife, Zone

NAMESPACE = UUID("d0b0a2b4-5f1e-4f58-9a65-0d8d2a4f7c11")  # permanent: the same seed gives the same ids
VERSION_BIT = 76  # offset of a UUID's version
PROJECTS_AT_ONCE = 64  # of each process
PROJECTS_PER_ENTERPRISE = 2.5
REGISTRAR = Actor("法人库登记程序", "zone-office", Role.SYSTEM)


class SimulatedGround:
    """Parameters of a simulation, equal in every process: zone, calendar, seed, period, enterprises."""

    def __init__(
        self, zone: Zone, calendar: WorkingCalendar, seed: int, projects: int, begin: date, until: date
    ) -> None:
        self.zone, self._calendar, self.seed, self.projects = zone, calendar, seed, projects
        self.begin, self.until = begin, datetime.combine(until, time(23, 59, 59), ZoneInfo(ZONE)).astimezone(UTC)
        self.days = calendar.working_days_between(begin, until)
        chance = Chance(seed, "enterprises")
        self.people = [enterprise(chance) for _ in range(max(1, round(projects / PROJECTS_PER_ENTERPRISE)))]

    def project(self, number: int) -> UUID:
        """The project's id: version 8 (custom ids, RFC 9562, 5.8), as version 5 is not accepted for projects."""
        named = uuid5(NAMESPACE, f"{self.seed} {number}")
        return UUID(int=named.int & ~(0xF << VERSION_BIT) | 8 << VERSION_BIT)

    def person(self, number: int) -> Person:
        return self.people[number % len(self.people)]

    @property
    def enterprises(self) -> list[Person]:
        """The enterprises without duplicates."""
        return list({person.code: person for person in self.people}.values())

    def time(self, chance: Chance) -> OfficeTime:
        return OfficeTime(self._calendar, chance)

    def first_day(self, number: int) -> date:
        """The first day of project *number*: projects begin evenly over the whole period."""
        return self.working_day(number * self.days // self.projects)

    def working_day(self, nth: int) -> date:
        """The *nth* working day of the period."""
        return (
            self._calendar.nth_working_day_after(self.begin, nth)
            if nth
            else self._calendar.next_working_day(self.begin)
        )

    def life(self, number: int) -> tuple[ProjectLife, Chance, datetime]:
        """The people of project *number*, what they draw from, and when they begin."""
        chance = Chance(self.seed, f"project {number}")
        clock = self.time(chance)
        life = ProjectLife(self.project(number), number, self.zone, self.person(number), chance, clock)
        return life, chance, clock.on(self.first_day(number))

    def enterprise_acts(self) -> Iterator[tuple[UUID, str, datetime, PersonCommand]]:
        """What is entered in the legal-person base of each enterprise: stream, key, instant, command."""
        entered = self.time(Chance(self.seed, "registrar")).on(self.begin)
        for person in self.enterprises:
            time = self.time(Chance(self.seed, f"office {person.code}"))
            life = person_life(person, self.seed, entered, time, self.working_day, self.days)
            for nth, (at, command) in enumerate(life):
                yield person_stream(command.code), f"{nth} {tag_of(command)}", at, command

    @property
    def streams(self) -> list[UUID]:
        """All streams that this simulation writes to, except the zone's catalogue and flow."""
        doubles = [double for person in self.enterprises if (double := double_of(person, self.seed))]
        people = [person_stream(person.code) for person in (*self.enterprises, *doubles)]
        return [*(self.project(number) for number in range(self.projects)), *people]


async def register_principals(approvals: Approvals, ground: SimulatedGround) -> Tally:
    """Register all who will act, and grant them their roles, as the first day begins."""
    tally = Tally()
    SIMULATED_NOW.set(midnight(ground.begin, ZONE))
    together = asyncio.Semaphore(PROJECTS_AT_ONCE)

    async def register(group: Iterable[NewPrincipal]) -> None:
        async with together:
            for new in group:  # one after the other, where several enterprises have one applicant
                answers = await enter(approvals, new)
                tally.commands["registrar"] += len(answers)
                for answer in answers:
                    tally.facts.update(() if answer.repeated else answer.receipt.facts)

    by_id: defaultdict[str, list[NewPrincipal]] = defaultdict(list)
    for new in (*zone_principals(), *applicants(ground.enterprises, ground.seed)):
        by_id[new.principal].append(new)
    await asyncio.gather(*(register(group) for group in by_id.values()))
    return tally


async def register_enterprises(approvals: Approvals, ground: SimulatedGround) -> Tally:
    """Register the enterprises in the legal-person base on the first day, and send their later changes."""
    tally = Tally()
    for stream, key, at, command in ground.enterprise_acts():
        SIMULATED_NOW.set(at)
        answer = await approvals.handle(stream, command, REGISTRAR, uuid5(stream, key))
        tally.commands[type(command).__name__] += 1
        tally.facts.update(answer.receipt.facts)
    return tally


async def run_projects(
    approvals: Approvals,
    ground: SimulatedGround,
    numbers: Iterable[int],
    tally: Tally,
    done: Callable[[], None],
    turns: Turns | None = None,
) -> None:
    """Run the projects of these *numbers*, some of them concurrently; *done* is called after each.

    With *turns* those under way are recorded in the order of time.
    """
    queue = iter(numbers)
    laws = approvals.laws

    async def work() -> None:
        for number in queue:
            begin_project(number)
            life, chance, begin = ground.life(number)
            with turns.joined() if turns else nullcontext():
                await LedgerCourse(approvals, life, laws, chance, tally, turns).run(begin, ground.until)
            done()

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(PROJECTS_AT_ONCE):
                group.create_task(work())
    except ExceptionGroup as several:
        raise several.exceptions[0] from several  # probably one cause, such as a lost database


async def hash_of(approvals: Approvals, streams: list[UUID]) -> str:
    """SHA-256 of all facts of the streams, ordered by id, as they are read, with their times.

    Stored bytes differ from one installation to the next: personal texts are encrypted with random keys.
    """
    digest = sha256()
    for stream in sorted(streams):
        for row in await approvals.store.stream(stream):
            times = f"{row.occurred_at.isoformat()} {row.recorded_at.isoformat()} "
            digest.update(stream.bytes + times.encode() + decrypted_facts(stream, row.data))
    return digest.hexdigest()
