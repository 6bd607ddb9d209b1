"""The context of a command that is only tried: who acts at an instant, under which law, by which published lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from domain.core.context import Context
from domain.core.ledger import Actor
from infrastructure.ledger.approvals import Approvals


def context_of(approvals: Approvals, law: str, at: datetime) -> Callable[[Actor], Context]:
    """A function from an actor to the context of a command that he sends at *at* to a project under *law*."""
    pack = approvals.law_for(law.partition("@")[0], at, begun=True)
    versions = approvals.laws.versions(pack.id)
    shelf = approvals.shelves.shelf

    def by(actor: Actor) -> Context:
        return Context(by=actor, at=at, now=at, law=pack, shelf=shelf, versions=versions)

    return by
