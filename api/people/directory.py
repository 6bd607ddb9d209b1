"""The directory for its page: people and programs with their roles, and roles that wait for a second administrator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.access.principal import Grant
from domain.access.state import Principal
from infrastructure.ledger.approvals import Approvals
from projections.access.query import AccessBook, ListedPrincipal

PROPOSED = "grant_proposed"  # the stored name of the fact


class ListedPerson(Struct, frozen=True):
    """A row of the directory: a person or program, and the grants in force."""

    person: ListedPrincipal
    grants: list[Grant]


class WaitingGrant(Struct, frozen=True):
    """A grant that waits for a second administrator: whose, and who proposed it."""

    principal: str
    name: str
    grant: Grant
    proposed_by: str


async def people_with(approvals: Approvals, now: datetime, text: str, *, limit: int, offset: int) -> list[ListedPerson]:
    """A page of those with *text* in id or name."""
    book = AccessBook(approvals.store, now, now)
    people = await book.principals(limit=limit, offset=offset, text=text)
    grants: dict[str, list[Grant]] = {}
    for held in await book.grants([person.id for person in people]):
        grants.setdefault(held.principal, []).append(held.grant)
    return [ListedPerson(person, grants.get(person.id, [])) for person in people]


async def waiting_grants(approvals: Approvals) -> Sequence[WaitingGrant]:
    """All grants that wait, the longest first. Few roles need a second administrator."""
    streams: dict[UUID, None] = {row.stream: None for row in await approvals.store.of_types([PROPOSED], 0)}
    states = [await approvals.state(stream) for stream in streams]
    return [
        WaitingGrant(state.principal, state.name, proposal.grant, proposal.proposed_by)
        for state in states
        if isinstance(state, Principal)
        for proposal in state.proposals.values()
    ]
