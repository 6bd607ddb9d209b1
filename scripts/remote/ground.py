"""What a simulation rests on, read from a sandbox: its time, and the catalogue and the flow that it has published."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct

from domain.catalogue.state import Catalogue
from domain.catalogue.state import stream_of as catalogue_stream
from domain.flow.state import Flow
from domain.flow.state import stream_of as flow_stream
from domain.law.calendar.moment import local_day, midnight, next_day
from domain.streams import replay
from infrastructure.law.lawbook import LawBook, law_book
from infrastructure.ledger.approvals import DEFAULT_LAW
from scripts.catalogues.zone import CATALOGUE, FLOW
from scripts.client.errors import ProblemError
from scripts.remote.connection import SandboxRefusedError
from scripts.remote.zone import NOT_FOUND, SandboxZone
from scripts.simulation.engine import SimulatedGround
from scripts.simulation.office_time import ZONE
from scripts.simulation.project_life import Zone
from scripts.simulation.simulate import SimulationPlan, require_sensible

WORKING_DAYS = 40  # from the first day of a simulation to its last, where none is chosen


class RemotePlan(Struct, frozen=True):
    """The options of a simulation at a sandbox. *begin* None: its next day; *until* None: WORKING_DAYS later."""

    projects: int
    seed: int
    begin: date | None = None
    until: date | None = None


async def ground_of(zone: SandboxZone, plan: RemotePlan) -> SimulatedGround:
    """The parameters of the simulation.

    Raises SandboxRefusedError where it would begin before the sandbox's time, or its seed was simulated there before;
    SimulationRefusedError for invalid numbers and days.
    """
    now = await zone.now()
    begin = plan.begin or next_day(local_day(now, ZONE))
    laws = law_book()
    until = plan.until or last_day(laws, begin)
    require_sensible(SimulationPlan(plan.projects, plan.seed, until, begin))
    require_ahead(begin, now)
    law = laws.in_force(DEFAULT_LAW, until)
    catalogue, flow = await published(zone)
    known = Zone(FLOW, flow.edition().kinds, catalogue.editions[-1].items, law)
    ground = SimulatedGround(known, laws.calendar(law, until), plan.seed, plan.projects, begin, until)
    await require_fresh(zone, ground)
    return ground


def last_day(laws: LawBook, begin: date) -> date:
    """The last day of a simulation that begins on *begin*, where none is chosen."""
    return laws.calendar(laws.in_force(DEFAULT_LAW, begin), begin).nth_working_day_after(begin, WORKING_DAYS)


def require_ahead(begin: date, now: datetime) -> None:
    """Raise SandboxRefusedError where the first day has begun by the sandbox's time."""
    if midnight(begin, ZONE) <= now:
        day = local_day(now, ZONE)
        raise SandboxRefusedError(
            f"It is {day} in the sandbox, whose clock goes one way: a simulation can begin on {next_day(day)} or later."
        )


async def published(zone: SandboxZone) -> tuple[Catalogue, Flow]:
    """The shipped catalogue and flow, as the sandbox has them. Raises SandboxRefusedError where it has others."""
    streams = (
        (f"/v1/catalogues/{CATALOGUE}", catalogue_stream(CATALOGUE)),
        (f"/v1/flows/{FLOW}", flow_stream(FLOW)),
    )
    catalogue, flow = [replay(stream, await zone.entries(path, stream)) for path, stream in streams]
    if not isinstance(catalogue, Catalogue) or not isinstance(flow, Flow):
        raise SandboxRefusedError("The sandbox has not published the shipped zone: start it again.")
    return catalogue, flow


async def require_fresh(zone: SandboxZone, ground: SimulatedGround) -> None:
    """Raise SandboxRefusedError if the seed was simulated in this sandbox before."""
    first = ground.project(0)
    try:
        await zone.entries(f"/v1/projects/{first}", first)
    except ProblemError as unknown:
        if unknown.status != NOT_FOUND:
            raise
        return
    raise SandboxRefusedError(f"The seed {ground.seed} was simulated in this sandbox before: choose another seed.")
