"""Benchmark of pages: how long each takes in a simulated zone, today and of a past day, and how large it is.

Pages are read one after the other, over one connection to a server of their own: what is measured is how long a page
takes, not how many a server answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from urllib.parse import quote

import httpx2
import psycopg
from msgspec import Struct
from rich.console import Console

from domain.core.ledger import Actor, Role
from domain.law.calendar.moment import midnight, monday, months_later, next_day, weeks_later
from scripts.benches.copies.zone import FACTS_A_PROJECT, bytes_of, copied, simulated
from scripts.benches.database import require_room, temporary_server, vacuum
from scripts.benches.http_server import HOST, server_of
from scripts.benches.measure import MILLISECONDS
from scripts.benches.pages.examples import ExamplePage, page_examples
from scripts.benches.signed_in import cpu_seconds
from scripts.benches.views.paces import family_of, parent_of
from scripts.demo.demo import last_day
from scripts.importing.screen import bar
from scripts.simulation.office_time import ZONE

BASE_MIN, BASE_MAX = 100, 2_000  # projects to simulate: fewer are too much alike, more take too long
READS, WARM_UP = 5, 2  # of each page; the first ones load plans and rows
TIME_MS_MAX, BYTES_MAX = 200.0, 60_000  # of a page, compressed, in a zone of two thousand projects
PERIOD_WEEKS, PAST_WEEKS = 4, 26  # of lists of a period; from the past day to the last one of the zone
NOTICE_WEEKS = 3  # from the last day to the days of a calendar notice whose effect is previewed
SECONDS_MAX = 60.0  # for an answer
HOME = "/"  # another page for each role
PLACE = """
    SELECT s.project::text, s.card, s.item, i.department, p.manager, n.uscc
    FROM views.signal AS s JOIN views.item AS i USING (project, item) JOIN views.project AS p USING (project)
    JOIN views.information AS n USING (project) JOIN ledger.stream AS l ON l.stream = s.project
    WHERE s.card <> '' AND i.department = (
        SELECT department FROM views.item GROUP BY department ORDER BY count(*) DESC, department LIMIT 1
    )
    ORDER BY l.version DESC, s.project, s.card LIMIT 1
"""
PRINCIPAL = "SELECT min(id) FROM views.access_principal"


class NoCopiesError(ValueError):
    """A zone can't be made of copies of fewer projects."""


class PageTimes(Struct, frozen=True):
    """Times of a page, in milliseconds, and its compressed size. *cpu_ms*: of server and database together (Linux)."""

    median_ms: float
    cpu_ms: float
    bytes: int

    @property
    def over(self) -> list[str]:
        """Which of the limits it is over."""
        slow, large = self.median_ms > TIME_MS_MAX, self.bytes > BYTES_MAX
        return [word for word, is_over in (("time", slow), ("size", large)) if is_over]


class PageReading(Struct, frozen=True):
    """A page as a *role* reads it: today, and as of a past day where it has one, or else why not: *past_status*."""

    template: str
    role: Role
    today: PageTimes
    past: PageTimes | None = None
    past_status: int = 0

    @property
    def slowest(self) -> float:
        """The longer of its times."""
        return max(reading.median_ms for reading in (self.today, self.past) if reading)

    @property
    def over(self) -> list[str]:
        """Which of the limits it is over, today or as of the past day."""
        readings = [("today", self.today), *([("past", self.past)] if self.past else [])]
        return [f"{word} {day}" for day, reading in readings for word in reading.over]


class PageBench(Struct, frozen=True):
    """Every page of a zone, read by each role that may; *unread* are those that no one was shown, with why."""

    projects: int
    facts: int
    past_day: date
    pages: list[PageReading]
    unread: dict[str, str]


class PlaceInZone(Struct, frozen=True):
    """What the examples are about, where there is most of it: a project of many facts, of the busiest department."""

    project: str
    card: str
    item: str
    department: str
    manager: str
    uscc: str
    principal: str

    def people(self) -> Sequence[Actor]:
        """One of each role that reads pages."""
        return (
            Actor("leader", "zone-office", Role.LEADER),
            Actor("bureau", "supervision", Role.SUPERVISOR),
            Actor("auditor", "audit", Role.AUDITOR),
            Actor("administrator", "", Role.ADMINISTRATOR),
            Actor("officer", self.department, Role.OFFICER),
            Actor(self.manager, "zone-office", Role.PROJECT_MANAGER),
            Actor("owner", self.uscc, Role.APPLICANT),
            Actor("clerk", "window", Role.WINDOW_CLERK),
        )

    def parameters(self, day: date) -> Mapping[str, str]:
        """An example for each parameter of a path or query; periods end on *day*, a notice is of days to come."""
        holiday = monday(weeks_later(day, NOTICE_WEEKS))
        return {
            "principal": self.principal,
            "project_id": self.project,
            "card": self.card,
            "item": self.item,
            "code": self.uscc,
            "command": "note_step",
            "month": f"{months_later(day, -1)[0]:%Y-%m}",
            "days": f"{holiday} 至 {next_day(next_day(holiday))} 休",
            **period_until(day),
        }


def period_until(day: date) -> dict[str, str]:
    """The period that ends on *day*."""
    return {"first": str(weeks_later(day, -PERIOD_WEEKS)), "last": str(day)}


def place_in(url: str) -> PlaceInZone:
    """The place in the zone at *url*. Raises RuntimeError where it has none with a card."""
    with psycopg.connect(url) as connection:
        place_row = connection.execute(PLACE).fetchone()
        (principal,) = connection.execute(PRINCIPAL).fetchone() or ("",)
    if place_row is None:
        raise RuntimeError("no card in the zone: simulate more projects")
    return PlaceInZone(*(*place_row, principal or ""))


def base_of(projects: int) -> int:
    """How many projects are simulated for a zone of *projects*, which are copies of them.

    Raises NoCopiesError where no number of BASE_MIN to BASE_MAX divides it.
    """
    fewest = -(-projects // BASE_MAX)
    for copies in range(fewest, projects // BASE_MIN + 1 if fewest > 1 else fewest + 1):
        if projects % copies == 0:
            return projects // copies
    raise NoCopiesError(f"{projects:,} projects are no copies of {BASE_MIN:,} to {BASE_MAX:,}: take a round number")


def measured_pages(projects: int, screen: Console) -> PageBench:
    """Make a zone of so many *projects*, and measure its pages.

    At most BASE_MAX projects are simulated: a larger zone has copies of them. Raises PostgresUnavailableError,
    NoRoomError and NoCopiesError.
    """
    base = base_of(projects)
    require_room(bytes_of((projects + (base if base < projects else 0)) * FACTS_A_PROJECT))
    bars = partial(bar, screen)
    with temporary_server(in_haste=base < projects) as server:
        url = simulated(server, "zone", base, bars)
        if base < projects:
            url = copied(server, url, "copies", projects // base, bars)
            server.make_durable()
        vacuum(url)
        with bar(screen, "reading pages") as advance:
            return pages_of(url, last_day(), advance)


def pages_of(url: str, day: date, advance: Callable[[int, int], None]) -> PageBench:
    """Measure the pages of the zone at *url*, whose last day is *day*."""
    place, past_day = place_in(url), weeks_later(day, -PAST_WEEKS)
    examples = list(page_examples(url, Path("unused"), place.parameters(day)))
    pages, unread = list[PageReading](), dict[str, str]()
    with page_reader(url) as reader:
        for nth, example in enumerate(examples):
            statuses = list[str]()
            for by in place.people():
                read = reader.page(example, by, past_day)
                if isinstance(read, PageReading):
                    pages.append(read)
                else:
                    statuses.append(f"{read} to {by.role.value}")
            if len(statuses) == len(place.people()):
                unread[example.template] = ", ".join(statuses)
            advance(nth + 1, len(examples))
    with psycopg.connect(url) as connection:
        counts = "SELECT (SELECT count(*) FROM views.project), (SELECT seq FROM ledger.head)"
        projects, facts = connection.execute(counts).fetchone() or (0, 0)
    return PageBench(projects, facts, past_day, pages, unread)


def past_of(example: ExamplePage, day: date) -> dict[str, str]:
    """The parameters of a page as of the end of *day*; none where it has no such page.

    Where a page takes an instant, its form's day would be answered by a redirection alone.
    """
    named = {"on": str(day)} if "on" in example.takes else {}
    if "as_of" in example.takes:
        named = {"as_of": midnight(next_day(day), ZONE).isoformat()}
    period = period_until(day)
    return named | (period if example.takes.issuperset(period) else {}) if named else {}


class PageReader:
    """Reads pages over *client*, and measures them; *pids* are those of the processes that work on them."""

    def __init__(self, client: httpx2.Client, pids: Callable[[], Sequence[int]]) -> None:
        self._client, self._pids = client, pids

    def page(self, example: ExamplePage, by: Actor, past_day: date) -> PageReading | int:
        """The page as *by* reads it; the status where it is not shown."""
        today = self._read(example.address("en"), by)
        if isinstance(today, int):
            return today
        then = past_of(example, past_day)
        past = self._read(example.address("en", **then), by) if then else None
        if isinstance(past, int):
            return PageReading(example.template, by.role, today, past_status=past)
        return PageReading(example.template, by.role, today, past)

    def _read(self, address: str, by: Actor) -> PageTimes | int:
        headers = {"X-Actor": quote(by.id), "X-Role": by.role.value, "X-Department": quote(by.department)}
        seconds, size, before = list[float](), 0, 0.0
        for nth in range(WARM_UP + READS):
            if nth == WARM_UP:
                before = self._cpu_seconds()
            began = perf_counter()
            answer = self._client.get(address, headers=headers)
            seconds.append(perf_counter() - began)
            if answer.status_code != httpx2.codes.OK:
                return answer.status_code
            size = answer.num_bytes_downloaded
        spent = (self._cpu_seconds() - before) / READS
        return PageTimes(median(seconds[WARM_UP:]) * MILLISECONDS, spent * MILLISECONDS, size)

    def _cpu_seconds(self) -> float:
        return sum(map(cpu_seconds, self._pids()))


@contextmanager
def page_reader(url: str) -> Iterator[PageReader]:
    """A reader of pages from a server of its own on the zone at *url*."""
    with psycopg.connect(url) as connection:
        database = parent_of(connection.info.backend_pid)
    with server_of(url) as (port, pid), httpx2.Client(base_url=f"http://{HOST}:{port}", timeout=SECONDS_MAX) as client:
        yield PageReader(client, lambda: [pid, *family_of(database)])
