"""撤销 rescission: a correction took away what a warning, a card or an effect of silence rested on."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from domain.law.proof import Rung
from domain.ledger import Command, Context, Fact, Refused
from domain.project.rules import consulted, find_signal, require_current
from domain.project.state import Line, Project, Signal, Stage


class RescindCard(Command, frozen=True, tag="rescind_card"):
    """Tell that a clock never passed the rung after all, as is known now. For the system alone.

    *cause* is the version of the correcting entry, 0 where a calendar notice moved the days; *calendar* the version
    the days were counted by now, *seen* how many entries about the item there were.
    """

    card: Line
    cause: Annotated[int, Meta(ge=0)]
    calendar: Line
    seen: int

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        signal = find_signal(project, self.card)
        require_current(project, signal.item, self.seen, context.by, "rescind a card")
        if signal.rescinded or signal.key is None:
            raise Refused(
                "card-void",
                f"the card {self.card} was {'rescinded before' if signal.rescinded else 'given by hand'}",
                remedy="a card given by hand is revoked on appeal",
            )
        if self.cause and self.cause not in project.notes:
            raise Refused(
                "no-such-entry",
                f"the project's ledger has no entry {self.cause}",
                remedy=f"it has 1 to {project.version}",
            )
        return (CardRescinded(card=self.card, item=signal.item, cause=self.cause, calendar=self.calendar),)


class CardRescinded(Fact, frozen=True, tag="card_rescinded"):
    """It no longer counts from when its *cause* was recorded, and stays to be seen. Silence's effect is undone."""

    card: str
    item: str
    cause: int
    calendar: str

    def apply(self, project: Project) -> None:
        signal = project.signals.get(self.card)
        if signal is not None:
            signal.rescinded = True
            undo(project, signal)


def undo(project: Project, signal: Signal) -> None:
    """Put back what silence had changed, unless somebody has acted on it since."""
    item = project.recorded(signal.item)
    if signal.key is None or item.application != signal.key[0]:
        return
    if signal.rung is Rung.ACCEPTANCE:
        item.deemed_on = None
        if signal.before and item.stage is Stage.ACCEPTED and not item.suspensions:
            item.stage = signal.before
    elif signal.rung is Rung.RENEWAL and signal.before and item.stage is Stage.COMPLETED:
        item.stage, item.outcome = signal.before, None
    elif signal.rung is Rung.CONSENT:
        asked = item.consultations.get(consulted(signal.department, signal.key[1]))
        if asked:
            asked.opinion = signal.opinion
