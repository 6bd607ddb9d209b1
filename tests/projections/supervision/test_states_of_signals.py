"""The state of a signal at any instant is the last that had been recorded, be it in its row or of before that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from msgspec import structs
from psycopg.sql import SQL, Identifier, Placeholder

from domain.law.calendar.period import Period
from projections.sums import ZONE
from projections.supervision.fold import ENDED, FATES, SIGNALS, STANDING, STATES, VOID, WARNING, SignalRow
from projections.supervision.list import (
    AT_ISSUE,
    CARDS,
    CARDS_OF,
    DISPUTED,
    IN_FORCE,
    ListFilter,
    signals_query,
    states_query,
)
from tests.infrastructure.projector.test_projector import project_all

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
PERIOD = Period(date(2026, 1, 1), date(2026, 12, 31))
DAYS, NUMBER = 20, 60
Fate = tuple[UUID, str, int, str, datetime]


def some_signals(random: Random) -> tuple[list[SignalRow], list[Fate]]:
    """Cards and warnings, whose clocks are not there, and their states; what is recorded later may have been before."""
    signals, fates = [], list[Fate]()
    for number in range(NUMBER):
        project, card = UUID(int=number % 7), f"card-{number}"
        told_at = FIRST + timedelta(days=random.randrange(DAYS))
        own: list[Fate] = [(project, card, number, STANDING, told_at)]
        for change in range(random.randrange(4)):
            since = told_at + timedelta(days=random.randrange(DAYS))
            own.append((project, card, 100 * (change + 1) + number, random.choice(STATES[1:]), since))
        signal = SignalRow(
            project=project,
            card=card,
            version=number,
            position=number,
            item="land",
            application=1,
            department=random.choice(("land", "fire")),
            clock="decision",
            rung="card",
            level=random.choice((WARNING, "yellow", "red")),
            article="",
            due_on=None,
            happened_at=told_at - timedelta(hours=number % 3),
            told_at=told_at,
            state=own[-1][3],
            since=own[-1][4],
        )
        signals.append(signal)
        fates += own
    return signals, fates


VIEWS = {name: SQL("views.{}").format(Identifier(name)) for name in ("signal", "signal_state", "clock")}
ROWS, CHANGES = some_signals(Random(20260302))


@pytest.fixture(scope="module")
def connection(shared_database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """The tables of signals and their states, with these rows alone."""
    project_all(shared_database_url)
    with psycopg.connect(shared_database_url, autocommit=True) as opened:
        for table, rows in ((SIGNALS, map(structs.astuple, ROWS)), (FATES, iter(CHANGES))):
            values = SQL(", ").join(Placeholder() for _ in table.columns)
            for row in rows:
                opened.execute(SQL("INSERT INTO views.{} VALUES ({})").format(Identifier(table.name), values), row)
        yield opened


def state_at(signal: SignalRow, as_of: datetime) -> SignalRow:
    """*signal* with its state then, by looking through all changes; without a clock a warning has ended."""
    known = [fate for fate in CHANGES if fate[1] == signal.card and fate[4] <= as_of]
    _, _, _, state, since = max(known, key=lambda fate: fate[2])
    ended = state == STANDING and signal.level == WARNING
    return structs.replace(signal, state="ended" if ended else state, since=since)


def counts_in(signal: SignalRow, figure: str) -> bool:
    if figure == IN_FORCE:
        return signal.state not in (*VOID, "ended")
    if figure in (CARDS, DISPUTED):
        return signal.level in CARDS_OF and (figure == CARDS or signal.state in AT_ISSUE)
    if figure == "yellow":
        return signal.level == figure and signal.state not in VOID
    return figure in ("", signal.state)


DAYS_ASKED = pytest.mark.parametrize("day", [0, 5, 11, 19, 3 * DAYS])


def params_of(criteria: ListFilter, as_of: datetime) -> dict[str, Any]:
    period = {"first": PERIOD.begins(ZONE), "end": PERIOD.ends(ZONE)}
    return {**criteria.params(), **period, "as_of": as_of}


def known_at(as_of: datetime) -> list[SignalRow]:
    return [state_at(row, as_of) for row in ROWS if row.told_at <= as_of and row.department == "land"]


@DAYS_ASKED
@pytest.mark.parametrize("figure", ["", IN_FORCE, CARDS, DISPUTED, "appealed", "yellow"])
def test_a_list_has_each_signal_in_the_state_it_had_then(
    connection: psycopg.Connection[Any], day: int, figure: str
) -> None:
    as_of = FIRST + timedelta(days=day)
    criteria = ListFilter(period=PERIOD, department="land", figure=figure, limit=25)
    query = signals_query(criteria, VIEWS, without=False)

    rows = connection.execute(query, params_of(criteria, as_of)).fetchall()

    then = sorted(known_at(as_of), key=lambda row: (row.happened_at, row.project.int, row.version), reverse=True)
    assert [SignalRow(*row) for row in rows] == [row for row in then if counts_in(row, figure)][:25]
    assert day < DAYS or len(rows) > 2


@DAYS_ASKED
def test_the_states_then_are_counted(connection: psycopg.Connection[Any], day: int) -> None:
    as_of = FIRST + timedelta(days=day)
    criteria = ListFilter(period=PERIOD, department="land")
    query = states_query(criteria, VIEWS, without=False)

    rows = connection.execute(query, params_of(criteria, as_of)).fetchall()

    changed = [row for row in known_at(as_of) if row.state not in (STANDING, ENDED)]
    assert {(level, state): number for level, state, number in rows} == Counter(
        (row.level, row.state) for row in changed
    )
    assert day < DAYS or len(rows) > 2
