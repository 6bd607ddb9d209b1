"""The example stories of a catalogue, a flow and a project planned by it, carried out in their order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from domain.examples.people import Step, moment
from domain.examples.zone import PLANNED_PROJECT, PLANNED_STORY, ZONE_STORIES, ZoneStep
from infrastructure.ledger.approvals import Approvals

AFTER_THE_STORIES = moment("2026-03-10 09:00")
STORIES: list[tuple[UUID, Sequence[ZoneStep | Step]]] = [*ZONE_STORIES, (PLANNED_PROJECT, PLANNED_STORY)]


async def tell_example_zone(approvals: Approvals, hands: list[datetime]) -> None:
    """Carry the stories out; *hands* is what the clock of *approvals* shows, afterwards AFTER_THE_STORIES."""
    for stream, story in STORIES:
        for nth, step in enumerate(story):
            hands[0] = step.at
            await approvals.handle(stream, step.command, step.by, uuid5(stream, str(nth)))
    hands[0] = AFTER_THE_STORIES
