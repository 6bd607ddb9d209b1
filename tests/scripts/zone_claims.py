"""What must be true of any zone: no clock is open whose application has ended, and no red card was answered in time.

Both are read from the facts by themselves, by kind and day, and not from the clocks that are checked. `check` simulates
a zone of its own and looks at it; `claims_in` looks at a ledger that is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from zoneinfo import ZoneInfo

import uvloop
from msgspec import Struct, field

from domain.core.types import Stage
from domain.law.calendar.moment import midnight, next_day
from domain.law.proof import Colour
from domain.messages import Entry, corrections, replay
from domain.project.application.acceptance import ItemAccepted, ItemDeclined
from domain.project.application.completion import ItemCompleted
from domain.project.application.correction import EntryAmended
from domain.project.application.delivery import DecisionDelivered
from domain.project.application.forwarding import ItemForwarded
from domain.project.application.hearing import HearingHeld
from domain.project.application.supplement import SupplementRequested
from domain.project.application.withdrawal import ItemWithdrawn
from domain.project.external.results import ExternalResultRecorded
from domain.project.state.project import Project
from domain.project.supervision.rescission import CardRescinded
from domain.project.supervision.signals import CardIssued
from infrastructure.law.lawbook import law_book
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from infrastructure.projector.histories import histories
from projections.clocks.law_events import item_histories
from projections.clocks.reading import read
from scripts.simulation.simulate import SimulationPlan, simulate
from tests.conftest import reachable_folder

UNTIL = date(2026, 11, 27)
ZONE = ZoneInfo("Asia/Shanghai")
ENDED = (Stage.DECLINED, Stage.WITHDRAWN, Stage.COMPLETED, Stage.DELIVERED)
OF_THE_DECISION = ("delivery", "post_check")
ENDS = (ItemDeclined, ItemWithdrawn, ItemCompleted, ExternalResultRecorded)
ANSWERS = {  # beside what ends the application, by the kind of clock
    "intake": (ItemAccepted, SupplementRequested),
    "lower_review": (ItemForwarded,),
    "hearing_hold": (HearingHeld,),
    "delivery": (DecisionDelivered,),
    "post_check": (),
}


class Claims(Struct):
    """What was looked at, and what should not be there: in words, each with its project."""

    projects: int = 0
    clocks: int = 0
    overdue: int = 0
    red_cards: int = 0
    open_though_ended: list[str] = field(default_factory=list)
    red_though_answered: list[str] = field(default_factory=list)

    @property
    def hold(self) -> bool:
        """Whether there was something to look at, and nothing that should not be there."""
        return bool(self.clocks) and not self.open_though_ended and not self.red_though_answered


@contextmanager
def empty_ledger() -> Iterator[str]:
    """The address of a migrated database on a server of its own, which is thrown away."""
    with reachable_folder() as folder:
        url = EmbeddedPostgres(folder / "server", throw_away=True).start()
        migrate(url)
        yield url


def check(projects: int, seed: int, processes: int = 0) -> Claims:
    """Simulate a zone in a database of its own, which is thrown away, and look at it."""
    with empty_ledger() as url:
        uvloop.run(simulate(url, SimulationPlan(projects, seed, UNTIL, processes=processes)))
        return claims_in(url)


def claims_in(url: str, until: date = UNTIL) -> Claims:
    """Look at every project of a ledger, as it was when the day *until* was over."""
    claims, now = Claims(), midnight(next_day(until), ZONE.key)
    for entries in histories(url):
        claims.projects += 1
        look_at_clocks(claims, entries, now)
        look_at_cards(claims, entries)
    return claims


def look_at_clocks(claims: Claims, entries: Sequence[Entry], now: datetime) -> None:
    """No clock of an application that has ended is open, but for those that began with its decision."""
    project = replay(entries[0].stream, entries)
    for (item, application), history in item_histories(entries).items():
        reading = read(history, law_book(), now, now)
        for clock in reading.clocks if reading else ():
            claims.clocks += 1
            claims.overdue += clock.state == "overdue"
            if not clock.closed and clock.clock not in OF_THE_DECISION and has_ended(project, item, application):
                claims.open_though_ended.append(f"{project.id} {item} {application} {clock.clock} {clock.state}")


def has_ended(project: Project, item: str, application: int) -> bool:
    """Whether the application was declined, withdrawn or decided; all but an item's last one were."""
    last = project.items[item]
    return application < last.application or last.stage in ENDED


def look_at_cards(claims: Claims, entries: Sequence[Entry]) -> None:
    """No red card in force has an answer among its own evidence that came by its last day."""
    rescinded = {entry.fact.card for entry in entries if isinstance(entry.fact, CardRescinded)}
    days = days_of(entries)
    for entry in entries:
        card = entry.fact
        if not isinstance(card, CardIssued) or card.colour is not Colour.RED or card.proof is None:
            continue
        claims.red_cards += 1
        proof, kind = card.proof, card.proof.clock.partition("#")[0].partition(":")[0]
        answers = ANSWERS.get(kind, ()) + (() if kind in OF_THE_DECISION else ENDS)
        in_time = [
            version
            for version in proof.evidence
            if isinstance(entries[version - 1].fact, answers) and proof.started_on <= days[version] <= proof.due_on
        ]
        if in_time and card.card not in rescinded:
            claims.red_though_answered.append(f"{entry.stream} {card.card} {proof.clock}: entries {in_time}")


def days_of(entries: Sequence[Entry]) -> dict[int, date]:
    """The local day of each entry that counts, as amended, by its version; one that was retracted has none."""
    at = {entry.version: entry.occurred_at for entry in entries}
    for entry in entries:
        if isinstance(entry.fact, EntryAmended):
            at[entry.fact.version] = entry.fact.new_occurred_at
    retracted = corrections(entries).retracted
    return {version: date.max if version in retracted else day.astimezone(ZONE).date() for version, day in at.items()}
