"""Instants in an address: which one is asked about, and what was known when."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar.params import QueryParameter

from api.body import YEAR_FIRST, YEAR_LAST
from api.problems import Problem

AsOf = Annotated[
    datetime | None,
    QueryParameter(description="The instant asked about, with its offset (`+` is written %2B). Left out: now."),
]
KnownAt = Annotated[
    datetime | None,
    QueryParameter(description="As was known then: recorded and published by that instant. Left out: as_of."),
]
KnownNow = Annotated[
    datetime | None, QueryParameter(description="As was recorded by this instant, with its offset. Left out: now.")
]


def instant_in(name: str, given: datetime | None) -> datetime | None:
    """The instant *given* as the parameter *name*. Raises Problem where it has no offset, or no calendar answers."""
    if given is not None and (given.tzinfo is None or not YEAR_FIRST <= given.year <= YEAR_LAST):
        raise Problem(
            "invalid-parameter",
            f"{name}: {given.isoformat()} has no offset, or is not in the years {YEAR_FIRST} to {YEAR_LAST}",
            remedy="write 2026-03-02T09:00:00Z",
            parameter=name,
        )
    return given
