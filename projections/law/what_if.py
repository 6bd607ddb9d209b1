"""假设 what would be: clocks with events that never happened, and cards under rules that were never in force.

The same evaluation as everywhere reads them; nothing is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct, structs

from domain.core.types import Mode
from domain.law.licensing.escalation import Crossing
from domain.law.licensing.event import LawEvent
from domain.law.licensing.rule import Days, PeriodTerms, Rule, Yellow
from domain.law.packs.pack import PackName
from domain.law.procedure.history import ItemHistory
from domain.law.procedure.interface import Procedure
from domain.law.proof import Rung
from projections.clocks.law_events import Histories
from projections.clocks.procedures import procedure_of
from projections.clocks.reading import department_of
from projections.reader import Laws

Compared = Literal["same", "new", "gone"]
Application = tuple[str, int]


class Alternative(Struct, frozen=True, kw_only=True):
    """What is to be otherwise than it was: another version of the *law*, thresholds, lengths. None, empty: as it was.

    Lengths are in working days. *decision_days* takes the place of what was recorded at acceptance, and
    *countersign_days* of what each department was given.
    """

    law: str = ""
    yellow: Yellow | None = None
    intake_days: Days | None = None
    decision_days: Days | None = None
    commitment_days: Days | None = None
    countersign_days: Days | None = None
    delivery_days: Days | None = None

    def history(self, history: ItemHistory, known: frozenset[str]) -> ItemHistory:
        """*history* under the other version, where it is one of its law; *known* are the names of all packs."""
        other = structs.replace(history)
        if self.countersign_days is not None:
            other.asked_days = {}
        if self.law and history.law.partition("@")[0] == self.law.partition("@")[0]:
            _, region, special = PackName.of(history.law)
            special = special if f"{self.law}/{special}" in known else ""
            named = str(PackName(self.law, region, special))
            other.law, other.intake_law, other.decision_length = named, named, None
        return other

    def rule(self, rule: Rule) -> Rule:
        """*rule* with the other thresholds and lengths."""
        changed: dict[str, object] = {}
        if self.yellow is not None:
            changed["yellow"] = self.yellow
        for name in ("intake_days", "delivery_days"):
            if getattr(self, name) is not None:
                changed[name] = getattr(self, name)
        if self.decision_days is not None:
            changed["decision"] = PeriodTerms(self.decision_days, rule.decision.max_extension)
        if self.commitment_days is not None:
            most = rule.commitment.max_extension if rule.commitment else 0
            changed["commitment"] = PeriodTerms(self.commitment_days, most)
        if self.countersign_days is not None and rule.countersign is not None:
            changed["countersign"] = structs.replace(rule.countersign, days=self.countersign_days)
        return structs.replace(rule, **changed) if changed else rule


class AssumedSignal(Struct, frozen=True, kw_only=True):
    """A warning, card or effect of silence: *same* under both rules, *new* under the other, or *gone* with it."""

    project: UUID
    item: str
    application: int
    department: str
    clock: str
    rung: Rung
    level: str
    at: datetime
    article: str
    compared: Compared


def with_assumed(histories: Histories, assumed: Mapping[Application, Sequence[LawEvent]]) -> Histories:
    """The applications with further events each; *histories* are left as they are."""
    found = dict(histories)
    for key, events in assumed.items():
        found[key] = structs.replace(histories[key], events=[*histories[key].events, *events])
    return found


def signals_under(
    project: UUID,
    histories: Histories,
    laws: Laws,
    other: Alternative,
    known: frozenset[str],
    begin: datetime,
    end: datetime,
    t: datetime,
) -> Iterator[AssumedSignal]:
    """What clocks came to from *begin* until before *end* by *t*, under the rules as they are and under the *other*.

    Applications whose law doesn't count working days cost no cards under either.
    """
    for (item, application), history in histories.items():
        changed = other.history(history, known)
        usual, alternative = _amended(history, laws, as_it_is), _amended(changed, laws, other.rule)
        if usual is None or alternative is None:
            continue
        passed = {_key(one): one for one in usual.escalate(history, t).passed if begin <= one.at < end}
        assumed = {_key(one): one for one in alternative.escalate(changed, t).passed if begin <= one.at < end}
        for key, one in {**passed, **assumed}.items():
            compared: Compared = "same" if key in passed and key in assumed else "new" if key in assumed else "gone"
            above = history.mode == Mode.LOWER_REVIEW and bool(history.upper)
            yield AssumedSignal(
                project=project,
                item=item,
                application=application,
                department=department_of(history, one.clock, above=above),
                clock=one.clock,
                rung=one.rung,
                level=level_of(one),
                at=one.at,
                article=one.reading.article,
                compared=compared,
            )


def _amended(history: ItemHistory, laws: Laws, change: Callable[[Rule], Rule]) -> Procedure | None:
    """The procedure of an application under a changed rule; None where its law counts by no such rule."""
    procedure = procedure_of(history, laws)
    return None if procedure is None else procedure.amended(change)


def as_it_is(rule: Rule) -> Rule:
    """The rule itself."""
    return rule


def _key(one: Crossing) -> tuple[str, Rung, str, datetime]:
    return one.clock, one.rung, level_of(one), one.at


def level_of(one: Crossing) -> str:
    """As the board calls it: warning, yellow, red or deemed."""
    if one.rung is Rung.CARD:
        return one.colour.value if one.colour else "red"
    return "warning" if one.rung is Rung.WARNING else "deemed"
