"""The links behind the numbers of the table of modes and key nodes: filters that list exactly those clocks."""

from __future__ import annotations

from urllib.parse import urlencode

from domain.law.licensing.clock import Level, State
from projections.clocks.counts import ClockCount
from projections.clocks.list import NODELESS

STANDINGS: dict[str, dict[str, str]] = {  # yellow is also the colour of what is not confirmed
    "green": {"level": Level.GREEN.value},
    "yellow": {"level": Level.YELLOW.value, "state": State.RUNNING.value},
    "red": {"level": Level.RED.value},
    "paused": {"level": Level.PAUSED.value},
    "unconfirmed": {"state": State.UNCONFIRMED.value},
}


def behind(cell: ClockCount) -> dict[str, dict[str, str]]:
    """For each standing in *cell*, the filters of a list of clocks that are asked for to get those."""
    where = {"mode": cell.mode, "node": cell.node or NODELESS}
    return {standing: where | which for standing, which in STANDINGS.items()}


def address(path: str, **params: str) -> str:
    """*path* with those of *params* that are not empty."""
    return f"{path}?{urlencode({name: value for name, value in params.items() if value})}"
