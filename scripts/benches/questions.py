"""What `scripts/growth` asks over HTTP: lists, figures and pages of today, and of a past day as known then and now.

Questions about one enterprise, or one desk, are about those that have as much in a ledger of any size, see `newcomer`;
the busiest desk is that of a department whose work grows with the zone. Of a past day, when the newcomer was not there
yet, they are about one that the copies share, and ask for pages that are as long in each ledger: its matches grow with
the copies, as they don't in a zone. A common word shows as many rows in each. Copies of a fact are adjacent, so that a
department's messages come in bursts: they are asked for at ten places of the ledger, of the same days in any. All are
read once before, as of a ledger that is larger than the memory those places may be on the disk alone.
The month is the last whole one: on its first day the present one is empty in a ledger of any size.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

import psycopg
from msgspec import Struct

from domain.core.ledger import Role
from domain.law.calendar.moment import midnight, next_day, weeks_later
from domain.law.calendar.period import Period
from infrastructure.ledger.reader import head_of
from scripts.benches.newcomer import CODE, NAME, OFFICE
from scripts.demo.demo import last_day
from scripts.simulation.office_time import ZONE

EVENTS = 200  # the ones before the end
PLACES = 24  # evenly over the whole ledger, from its end: the ten that a question is about are in its last half
PAST_WEEKS = 26  # from the past day to the last one of the zone
WORD = "总部大楼"  # in the names of one project in eight
LONG_PROJECT = """
    SELECT p.project::text, p.uscc, p.enterprise
    FROM ledger.stream AS s JOIN views.project AS p ON p.project = s.stream
    WHERE s.version BETWEEN 150 AND 250 ORDER BY s.stream LIMIT 1
"""
# Of the simulated zone, whose projects have a kind: those of measured commands are of one department.
DEPARTMENT = """
    SELECT i.department FROM views.item AS i JOIN views.project AS p ON p.project = i.project
    WHERE p.kind <> '' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
"""
# The department of the zone that most waits for.
BUSIEST = """
    SELECT w.holder FROM views.waiting AS w JOIN views.project AS p ON p.project = w.project
    WHERE w.held_by = 'department' AND p.kind <> '' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
"""
# The commands measured before are of no department of the zone: how many there are depends on the machine, not on the
# size of the ledger.
ZONE_END = "SELECT coalesce(max(p.position), 0) FROM views.project AS p WHERE p.kind <> ''"
THEN, NOW = "as_of={as_of}&known_at={as_of}", "as_of={as_of}&known_at={now}"
PAST_LISTS = (
    ("projects, a page", "/v1/progress?limit=100", Role.LEADER),
    ("who holds how much", "/v1/waiting/holders", Role.LEADER),
    ("clocks, a page", "/v1/clocks?limit=100", Role.SUPERVISOR),
    ("clocks, counts", "/v1/clocks/matrix", Role.SUPERVISOR),
    ("search, a common word", "/v1/information?q={word}&limit=50", Role.SUPERVISOR),
    ("search, an enterprise", "/v1/information?q={shared_enterprise}&limit=3", Role.SUPERVISOR),
    ("legal persons by a word", "/v1/legal-persons?text={shared_enterprise}", Role.SUPERVISOR),
    ("projects of a legal person", "/v1/legal-persons/{shared_uscc}/projects?limit=3", Role.SUPERVISOR),
)


class Question(Struct, frozen=True):
    """What is measured over HTTP: an address, and who reads it. What is in braces is filled in."""

    subject: str
    address: str
    role: Role
    over: str = ""

    @property
    def has_places(self) -> bool:
        """Whether each read is of another place of the ledger."""
        return "{place}" in self.address

    def address_of(self, named: Mapping[str, str], nth: int) -> str:
        """The address for the *nth* read, from 0."""
        return self.address.format(**named, place=int(named["zone_end"]) * (PLACES - nth % PLACES) // PLACES)


QUESTIONS = (
    Question("overview, a leader's first page", "/", Role.LEADER),
    Question("page of the board", "/supervision?{month}", Role.SUPERVISOR),
    Question("page of progress", "/pages/progress", Role.LEADER),
    Question("desk of a department", "/desk", Role.OFFICER, "{office}"),
    Question("the busiest desk", "/desk", Role.OFFICER, "{busiest}"),
    Question("board of a month", "/v1/supervision/board?{month}", Role.SUPERVISOR),
    Question("projects, a page", "/v1/progress?limit=100", Role.LEADER),
    Question("projects, tiles", "/v1/progress/summary", Role.LEADER),
    Question("who holds how much", "/v1/waiting/holders", Role.LEADER),
    Question("clocks, a page", "/v1/clocks?limit=100", Role.SUPERVISOR),
    Question("clocks, counts", "/v1/clocks/matrix", Role.SUPERVISOR),
    Question("cards of a month", "/v1/supervision/cards?limit=100&{month}", Role.SUPERVISOR),
    Question("cards in force of a month", "/v1/supervision/cards?limit=100&figure=in_force&{month}", Role.SUPERVISOR),
    Question("revoked cards of a month", "/v1/supervision/cards?limit=100&figure=revoked&{month}", Role.SUPERVISOR),
    Question("decisions of a month", "/v1/supervision/decisions?limit=100&{month}", Role.SUPERVISOR),
    Question("late decisions of a month", "/v1/supervision/decisions?limit=1&figure=late&{month}", Role.SUPERVISOR),
    Question("page of appeals", "/supervision/appeals", Role.SUPERVISOR),
    Question("orders of the bureau", "/v1/supervision/orders?limit=50", Role.SUPERVISOR),
    Question("lags of a month", "/v1/supervision/lags?{month}", Role.SUPERVISOR),
    Question("suspensions of a month", "/v1/supervision/suspensions?{month}", Role.SUPERVISOR),
    Question("complaints of a month", "/v1/feedback/complaints?limit=10&{month}", Role.SUPERVISOR),
    Question("evaluations, figures", "/v1/feedback/summary?{month}", Role.SUPERVISOR),
    Question("search, a common word", "/v1/information?q={word}&limit=50", Role.SUPERVISOR),
    Question("search, an enterprise", "/v1/information?q={enterprise}", Role.SUPERVISOR),
    Question("legal persons by a word", "/v1/legal-persons?text={enterprise}", Role.SUPERVISOR),
    Question("projects of a legal person", "/v1/legal-persons/{uscc}/projects", Role.SUPERVISOR),
    Question("conformance to flows", "/pages/conformance", Role.LEADER),
    Question("items that depart from a flow", "/pages/conformance/items", Role.LEADER),
    Question("items at a step, a page", "/pages/cases?step=decision", Role.LEADER),
    Question("messages of a department", "/messages?before={place}", Role.OFFICER, "{department}"),
    Question("published figures, at the window", "/window/published", Role.SUPERVISOR),
    Question("granted decisions, at the window", "/v1/window/decisions", Role.SUPERVISOR),
    Question("a project", "/v1/projects/{project}", Role.AUDITOR),
    Question("its clocks", "/v1/projects/{project}/clocks", Role.AUDITOR),
    Question("its history, a page", "/v1/projects/{project}/history?limit=100&after_version=100", Role.AUDITOR),
    Question("its page", "/pages/projects/{project}", Role.LEADER),
    Question("events after a position", "/v1/events?after={position}", Role.AUDITOR),
)


def _past(subject: str, address: str, role: Role, over: str = "") -> tuple[Question, Question]:
    """The same question of the past day, as known then and as known now."""
    mark = "&" if "?" in address else "?"
    return (
        Question(f"past, as known then: {subject}", f"{address}{mark}{THEN}", role, over),
        Question(f"past, as known now: {subject}", f"{address}{mark}{NOW}", role, over),
    )


# The board of a past day is always that of the day: it has no answer by what became known later.
PAST_QUESTIONS = (
    Question("past, as known then: board of a month", "/v1/supervision/board?as_of={as_of}", Role.SUPERVISOR),
    Question("past, as known then: page of the board", "/supervision?on={day}", Role.SUPERVISOR),
    *_past("page of progress", "/pages/progress", Role.LEADER),
    *_past("desk of a department", "/desk", Role.OFFICER, "{department}"),
    *(question for listed in PAST_LISTS for question in _past(*listed)),
)


def names_in(url: str) -> dict[str, str]:
    """What the addresses name: a project, its enterprise, a department, days and instants, a position near the end."""
    day, month = weeks_later(last_day(), -PAST_WEEKS), Period.month_of(last_day()).before()
    with psycopg.connect(url) as connection:
        project, uscc, enterprise = connection.execute(LONG_PROJECT).fetchone() or ("", "", "")
        (department,) = connection.execute(DEPARTMENT).fetchone() or ("",)
        (busiest,) = connection.execute(BUSIEST).fetchone() or ("",)
        ((zone_end,),) = connection.execute(ZONE_END).fetchall()
        position = head_of(connection) - EVENTS
    return {
        "project": project,
        "uscc": CODE,
        "enterprise": quote(NAME),
        "shared_uscc": uscc,
        "shared_enterprise": quote(enterprise),
        "word": quote(WORD),
        "department": department,
        "office": OFFICE,
        "busiest": busiest,
        "position": str(position),
        "zone_end": str(zone_end),
        "day": str(day),
        "month": f"first={month.first}&last={month.last}",
        "as_of": _written(midnight(next_day(day), ZONE)),
        "now": _written(datetime.now(UTC)),
    }


def _written(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
