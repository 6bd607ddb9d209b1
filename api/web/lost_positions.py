"""Positions that a restore of the ledger took away: what is answered to those who still go by one."""

from __future__ import annotations

from api.web.problems import Problem
from domain.epochs.state import RestorePoint
from infrastructure.feed.epochs import LedgerEpochs


def lost(position: int, point: RestorePoint, epochs: LedgerEpochs) -> Problem:
    """The answer to one who names *position*, which was lost by the restore *point*."""
    return Problem(
        "position-lost",
        f"position {position} was lost: the ledger was restored to position {point.kept_to}, behind which epoch"
        f" {point.epoch} begins",
        remedy=f"go on from position {point.kept_to}, forget what came behind it, and send the commands again that were"
        " answered with a position behind it, with the same keys",
        position=position,
        kept_to=point.kept_to,
        lost_to=point.lost_to,
        epoch=epochs.current,
        zone=epochs.zone,
    )
