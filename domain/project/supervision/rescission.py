"""撤销 rescission: a warning, a card or an effect of silence loses its basis by a later correction."""

from __future__ import annotations

from copy import deepcopy
from typing import Annotated

from msgspec import Meta, structs

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.types import Line, Stage
from domain.law.calendar.moment import midnight, next_day
from domain.law.proof import Rung
from domain.project.rules import find_signal, open_consultation, require_current
from domain.project.state.project import Project
from domain.project.state.signals import Signal

# The acts with the same effect as silence: if one followed, there is nothing to undo.
SAME_BY_ACT = {
    Rung.ACCEPTANCE: ("acceptance_deemed", "item_accepted"),
    Rung.RENEWAL: ("renewal_deemed", "item_completed"),
    Rung.CONSENT: ("consent_deemed", "item_countersigned"),
}


class RescindCard(Command, frozen=True, tag="rescind_card"):
    """Rescind a signal because, by what is known now, the clock never passed that rung. For the system only.

    *cause* is the version of the correcting entry, 0 for a calendar notice; *calendar* the version the days are counted
    by now; *seen* the number of entries on the item that were read.
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
                f"the card {self.card} was {'already rescinded' if signal.rescinded else 'issued by hand'}",
                remedy="a card issued by hand can only be revoked on appeal",
            )
        if self.cause and self.cause not in project.notes:
            raise Refused(
                "no-such-entry",
                f"the project has no entry {self.cause}",
                remedy=f"choose an entry from 1 to {project.version}",
            )
        return (
            CardRescinded(
                card=self.card,
                item=signal.item,
                cause=self.cause,
                calendar=self.calendar,
                undoes=not acted_on_since(project, signal),
            ),
        )


class CardRescinded(Fact, frozen=True, tag="card_rescinded"):
    """The signal no longer counts from the recording of its *cause* on, but remains visible.

    *undoes*: the effects of silence are reverted, unless a person has done the same act since.
    """

    card: str
    item: str
    cause: int
    calendar: str
    undoes: bool = True

    def apply(self, project: Project) -> None:
        signal = project.signals.get(self.card)
        if signal is not None:
            signal.rescinded = True
            undo(project, signal, restore=self.undoes)


def undo(project: Project, signal: Signal, *, restore: bool = True) -> None:
    """Revert the effects of silence that nothing has changed since; not *restore*: a person has done the same act."""
    item = project.recorded(signal.item)
    if signal.key is None or item.application != signal.key[0]:
        return
    if signal.rung is Rung.ACCEPTANCE:
        item.deemed_on = None
        if restore and signal.before and item.stage is Stage.ACCEPTED and not item.suspensions:
            item.stage, item.missing = signal.before, signal.missing
    elif signal.rung is Rung.RENEWAL:
        item.renewed_by_silence = False
        if restore and signal.before and item.stage is Stage.COMPLETED:
            item.stage, item.outcome = signal.before, signal.outcome
    elif restore and signal.rung is Rung.CONSENT:
        consultation = open_consultation(item, signal.key[1])
        if consultation and consultation.deemed is not None:
            consultation.opinion, consultation.deemed = signal.opinion, None


def acted_on_since(project: Project, signal: Signal) -> bool:
    """Whether a person accepted, decided or answered after the effect of silence was recorded."""
    deemed, act = SAME_BY_ACT.get(signal.rung, ("", ""))
    acted = False
    for version, note in project.notes.items():
        if note.item == signal.item and version not in project.retracted:
            if note.fact == deemed:
                acted = False
            elif note.fact == act and (signal.rung is not Rung.CONSENT or note.by.department == signal.department):
                acted = True
    return acted


def as_it_was(project: Project, code: str, context: Context) -> Project:
    """The project as seen by an act on item *code* that took effect at *context.at*.

    Later effects of silence are reverted in it: an acceptance of Thursday recorded on Monday is judged as on Thursday,
    and removes the basis of an effect of silence on Friday.
    """
    later = [
        signal
        for signal in project.signals.values()
        if signal.item == code and signal.last_day and not signal.rescinded and code in project.items
        if context.at < midnight(next_day(signal.last_day), context.law.zone)
    ]
    if not later:
        return project
    was = structs.replace(project, items={**project.items, code: deepcopy(project.items[code])})
    for signal in later:
        undo(was, signal)
    return was
