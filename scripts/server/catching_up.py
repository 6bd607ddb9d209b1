"""Updates views to the end of the ledger for a command that reads them."""

from __future__ import annotations

from collections.abc import Sequence
from time import sleep

import psycopg

from infrastructure.projector.projector import Projector
from projections.histories import HISTORIES
from projections.registry import VIEWS
from projections.view import Projected
from scripts import ledger

LEAD_SECONDS = 0.2  # poll interval while another process updates the views


def catch_up(url: str, groups: Sequence[Sequence[Projected]] = (VIEWS, HISTORIES)) -> None:
    """Update views to the end of the ledger, each of the *groups* by a projector of its own.

    If another process runs the projector of one, wait for it.
    """
    led_elsewhere: list[Projected] = []
    for views in groups:
        projector = Projector(url, views)
        with psycopg.connect(url, autocommit=True) as connection:
            if projector.take_lead(connection):
                projector.catch_up(connection)
            else:
                led_elsewhere += views
    while led_elsewhere:
        now = ledger.status(url)
        if now.errors or all(now.views.get(view.name, 0) >= now.last_position for view in led_elsewhere):
            return
        sleep(LEAD_SECONDS)
