"""The times at which an item reached the nodes of its procedure, for the progress table, and the facts behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from domain.core.ledger import Fact
from domain.project.application.acceptance import ItemAccepted, ItemDeclined
from domain.project.application.completion import ItemCompleted
from domain.project.application.delivery import DecisionDelivered
from domain.project.application.submission import ItemSubmitted
from domain.project.application.withdrawal import ItemWithdrawn
from domain.project.external import results as external


class Dates(Struct):
    """The times at which one item reached its nodes, and further details."""

    submitted_at: datetime | None = None
    accepted_at: datetime | None = None
    decided_at: datetime | None = None
    delivered_at: datetime | None = None
    document: str = ""
    verified_at: datetime | None = None
    changed_at: datetime | None = None
    changed_by: str = ""
    last_fact: str = ""


def _submitted(dates: Dates, _fact: ItemSubmitted, at: datetime) -> None:
    dates.submitted_at, dates.document = at, ""
    dates.accepted_at = dates.decided_at = dates.delivered_at = dates.verified_at = None


def _accepted(dates: Dates, _fact: ItemAccepted, at: datetime) -> None:
    dates.accepted_at = at


def _completed(dates: Dates, fact: ItemCompleted, at: datetime) -> None:
    dates.decided_at, dates.document = at, fact.document_number


def _ended(dates: Dates, _fact: ItemDeclined | ItemWithdrawn, at: datetime) -> None:
    dates.decided_at = at


def _delivered(dates: Dates, _fact: DecisionDelivered, at: datetime) -> None:
    dates.delivered_at = at


def _keyed_in(dates: Dates, _fact: external.ExternalResultRecorded, at: datetime) -> None:
    dates.decided_at = dates.verified_at = at


def _verified(dates: Dates, _fact: Fact, at: datetime) -> None:
    dates.verified_at = at


# The node reached by each fact.
NODES: Mapping[type[Fact], Callable[[Dates, Any, datetime], None]] = {
    ItemSubmitted: _submitted,
    ItemAccepted: _accepted,
    ItemCompleted: _completed,
    ItemDeclined: _ended,
    ItemWithdrawn: _ended,
    DecisionDelivered: _delivered,
    external.ExternalResultRecorded: _keyed_in,
    external.ExternalResultVerified: _verified,
    external.ExternalResultConfirmed: _verified,
    external.DiscrepancySettled: _verified,
}
