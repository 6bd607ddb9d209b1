"""Rows of projects, clocks and waits drawn at random, for queries that have to agree whatever the rows are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, TypeAlias
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Identifier, Placeholder

Values: TypeAlias = Mapping[str, Any]

T = datetime(2026, 6, 1, 4, tzinfo=UTC)
TABLES = (
    *("project", "access_project", "clock", "outside", "waiting", "waiting_behind", "waiting_obstacle", "item"),
    *("signal", "running_warning"),
)
REGISTERS, MANAGERS, ITEMS = ("", "", "old"), ("wang", "zhao"), ("build", "land", "site-plan")
NEAR = [timedelta(days=days) for days in (-9, -2, -1, 0, 0, 1, 3)]  # few, so that rows have the same ones
CLOCKS = ("decision", "delivery")
REQUIRED = """
    SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_attribute AS a
    WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND a.attnotnull
"""
# The first item that was turned down, and how many wait for it: what the view of waits folds, told by its other tables.
OBSTACLES = """
    INSERT INTO views.waiting_obstacle (project, item, ended, since, n)
    SELECT x.project, x.item, x.what[1], x.since, coalesce(b.n, 0) FROM (
        SELECT DISTINCT ON (w.project) w.* FROM views.waiting AS w
        WHERE w.kind = 'application' AND cardinality(w.what) > 0 ORDER BY w.project, w.since, w.item
    ) AS x LEFT JOIN views.waiting_behind AS b ON (b.project, b.item) = (x.project, x.item)
"""
# The warnings whose clocks run, by the view of clocks.
RUNNING_WARNINGS = """
    INSERT INTO views.running_warning (project, card, version, department, happened_at, over_at)
    SELECT s.project, s.card, s.version, s.department, s.happened_at, k.over_at
    FROM views.signal AS s JOIN views.clock AS k USING (project, item, application, clock)
    WHERE s.level = 'warning' AND s.state = 'standing' AND NOT k.closed
"""


class RandomRows:
    """Draws rows, and inserts them by *connection* at the end."""

    def __init__(self, connection: psycopg.Connection[Any], random: Random) -> None:
        self._connection, self._random = connection, random
        self._of_signals = Random()  # of its own: what the other rows are does not change with these
        self._of_signals.setstate(random.getstate())
        self._rows: dict[str, list[Values]] = {table: [] for table in TABLES}

    def insert(self) -> None:
        """Replace the rows of TABLES by those drawn, blank where nothing was."""
        for table, rows in self._rows.items():
            target = Identifier("views", table)
            self._connection.execute(SQL("TRUNCATE {}").format(target))
            columns = self._connection.execute(REQUIRED, [f"views.{table}"]).fetchall()
            blank = {name: BLANK.get(kind) for name, kind in columns}
            if rows:
                names = [*blank, *(name for name in rows[0] if name not in blank)]
                query = SQL("INSERT INTO {} ({}) VALUES ({})").format(
                    target, SQL(", ").join(map(Identifier, names)), SQL(", ").join(map(Placeholder, names))
                )
                self._connection.cursor().executemany(query, [blank | dict(row) for row in rows])
        self._connection.execute(OBSTACLES)
        self._connection.execute(RUNNING_WARNINGS)

    def near(self) -> datetime:
        """An instant near T."""
        return T + self._random.choice(NEAR)

    def may_be(self, share: float, value: Any) -> Any:
        """The *value*, or none."""
        return value if self._random.random() < share else None

    def draw_project(self) -> None:
        """A project with items, clocks and waits."""
        random, project = self._random, UUID(int=self._random.getrandbits(128))
        manager, total = random.choice(MANAGERS), random.randint(0, 2)
        row = {
            "project": project,
            "name": f"名{random.randint(1, 9)}",
            "register": random.choice(REGISTERS),
            "manager": manager,
            "items_total": total,
            "items_done": random.randint(0, total),
            "stuck": random.random() < 0.4,
            "changed_at": self.near(),
        }
        self._rows["project"].append(row)
        self._rows["access_project"].append({"project": project, "manager": manager})
        for item in random.sample(ITEMS, random.randint(0, 3)):
            self._draw_item({"project": project, "item": item})
        if random.random() < 0.5:
            self._rows["waiting_behind"].append({"project": project, "item": "", "n": random.randint(1, 4)})
        if random.random() < 0.5:
            verified = date(2026, 6, 1) - timedelta(days=random.randint(0, 9))
            outside = {"project": project, "item": "tax", "verified_on": verified, "needed": random.random() < 0.8}
            self._rows["outside"].append(outside | {"zone": "Asia/Shanghai"})

    def _draw_item(self, key: Values) -> None:
        random, rows = self._random, self._rows
        rows["item"].append({**key, "name": f"事项{random.randint(1, 9)}"})
        rows["clock"] += [
            {**key, "application": 1, "clock": clock, **self._clock()} for clock in CLOCKS if random.random() < 0.6
        ]
        if random.random() < 0.5:
            what = random.choice([[], ["refused"], ["declined"]])
            kind = random.choice(["application", "application", "papers"])
            rows["waiting"].append({**key, "kind": kind, "ref": "", "what": what, "since": self.near()})
        if random.random() < 0.5:
            rows["waiting_behind"].append({**key, "n": random.randint(1, 5)})
        for _ in range(self._of_signals.randint(0, 4)):
            self._draw_signal(key)

    def _draw_signal(self, key: Values) -> None:
        random, version = self._of_signals, len(self._rows["signal"])
        level = random.choice(["warning", "warning", "yellow", "red", "deemed"])
        states = ["standing", "standing", "rescinded"] if level == "warning" else ["standing", "appealed", "revoked"]
        signal = {
            **key,
            "card": f"card-{version}",
            "version": version,
            "application": 1,
            "clock": random.choice(CLOCKS),
            "department": random.choice(["land", "fire"]),
            "level": level,
            "state": random.choice(states),
            "happened_at": T + random.choice(NEAR),
            "since": T - timedelta(days=random.randint(0, 9)),
        }
        self._rows["signal"].append(signal)

    def _clock(self) -> Values:
        random = self._random
        begun = T - timedelta(days=1)
        soon = {"level": "green", "yellow_at": begun, "over_at": T + timedelta(days=1)}
        late = {"level": "green", "over_at": begun, "over_level": "red", "over_state": "overdue", "exists_at": None}
        over = late | {
            "over_at": begun - timedelta(days=1),
            "over_level": "yellow",
        }  # before the late one, and not late
        return {
            "department": random.choice(["land", "fire"]),
            "closed": random.random() < 0.2,
            "state": random.choice(["running", "running", "suspended", "void"]),
            "over_state": random.choice(["overdue", "overdue", "lapsed", "unconfirmed", None]),
            "level": random.choice(["green", "green", "paused", "none"]),
            "over_level": random.choice(["red", "red", "yellow", "none"]),
            "exists_at": self.may_be(0.2, self.near()),
            "yellow_at": self.may_be(0.7, self.near()),
            "over_at": self.may_be(0.7, self.near()),
            "paused_until": self.may_be(0.4, self.near()),
            **random.choice([soon, late, over, {}, {}]),
        }


def fill_views(url: str, random: Random, projects: int) -> None:
    """Replace the rows of TABLES by those of so many *projects*."""
    with psycopg.connect(url) as connection:
        rows = RandomRows(connection, random)
        for _ in range(projects):
            rows.draw_project()
        rows.insert()


BLANK: Values = {
    "text": "",
    "text[]": [],
    "boolean": False,
    "integer": 0,
    "bigint": 0,
    "date": date(2026, 1, 1),
    "timestamp with time zone": T,
}
