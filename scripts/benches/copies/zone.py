"""A zone of many projects for a bench: fewer are simulated, and their ledger and the rows of the views are copied."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg
import uvloop

from projections.histories import EVERY_VIEW, HISTORIES
from projections.registry import VIEWS
from scripts.benches.copies.multiply import Multiplier
from scripts.benches.copies.spread import spread
from scripts.benches.database import BenchDatabase, vacuum
from scripts.demo.demo import last_day
from scripts.server.catching_up import catch_up
from scripts.simulation.simulate import SimulationPlan, simulate

SEED = 12
FACTS_A_PROJECT = 180  # in the simulation, about
# Of a ledger with its views, and of the histories of their rows besides; with what sorts and checkpoints need.
BYTES_A_FACT, BYTES_OF_HISTORIES = 2_100, 7_300

Bars = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]  # a progress bar with this title


def simulated(server: BenchDatabase, name: str, projects: int, bars: Bars, *, past: bool = True) -> str:
    """Make the database *name* with a simulated zone and its views, with *past* also their histories; its URL."""
    url = server.database(name, migrated=True)
    with bars(f"simulating {projects:,} projects") as advance:
        uvloop.run(simulate(url, SimulationPlan(projects, SEED, last_day()), advance))
    with bars("views and histories" if past else "views"):
        catch_up(url, (VIEWS, HISTORIES) if past else (VIEWS,))
    return url


def copied(server: BenchDatabase, base: str, name: str, copies: int, bars: Bars, *, past: bool = True) -> str:
    """Make the database *name* with so many copies of the projects of *base*, and their views; its URL."""
    url = server.database(name, migrated=True)
    multiplier = Multiplier(base, copies)
    with bars(f"copying {multiplier.facts:,} facts") as advance:
        multiplier.write(url, advance)
    with bars("copying the rows of views") as advance:
        spread(base, url, multiplier, EVERY_VIEW if past else VIEWS, advance)
    catch_up(url, (VIEWS, HISTORIES) if past else (VIEWS,))  # what could not be spread
    vacuum(url)
    return url


def copies_for(base: str, facts: int) -> int:
    """How many copies of the projects of *base* are about so many *facts*."""
    with psycopg.connect(base) as connection:
        counts = """
            SELECT count(*), count(*) FILTER (WHERE s.kind = 'project')
            FROM ledger.event AS e JOIN ledger.stream AS s USING (stream)
        """
        in_all, of_projects = connection.execute(counts).fetchone() or (0, 0)
    return max(round((facts - int(in_all - of_projects)) / int(of_projects)), 1)


def bytes_of(facts: int, *, past: bool = True) -> int:
    """The room that a zone of so many *facts* takes on the disk, about."""
    return facts * (BYTES_A_FACT + (BYTES_OF_HISTORIES if past else 0))
