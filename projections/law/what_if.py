"""假设 what-if: clocks with hypothetical events, and signals under alternative rules.

They are evaluated by the same code as actual clocks; nothing is stored.
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
    """Alternative rules: another version of the *law*, thresholds, limits. None or empty: unchanged.

    Limits are in working days. *decision_days* replaces the limit recorded at acceptance, *countersign_days* the one
    of each countersignature.
    """

    law: str = ""
    yellow: Yellow | None = None
    intake_days: Days | None = None
    decision_days: Days | None = None
    commitment_days: Days | None = None
    countersign_days: Days | None = None
    delivery_days: Days | None = None

    def history(self, history: ItemHistory, known: frozenset[str]) -> ItemHistory:
        """*history* under the other version, if that is one of its law; *known* are the names of all packs."""
        other = structs.replace(history)
        if self.countersign_days is not None:
            other.request_days = {}
        if self.law and history.law.partition("@")[0] == self.law.partition("@")[0]:
            _, region, special = PackName.of(history.law)
            special = special if f"{self.law}/{special}" in known else ""
            named = str(PackName(self.law, region, special))
            other.law, other.intake_law, other.decision_length = named, named, None
        return other

    def rule(self, rule: Rule) -> Rule:
        """*rule* with the other thresholds and limits."""
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


AssumedKey = tuple[datetime, str, str, int, str, str, str, str]


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

    @property
    def place(self) -> AssumedKey:
        """What it is sorted by."""
        return (
            self.at,
            self.project.hex,
            self.item,
            self.application,
            self.clock,
            self.compared,
            self.level,
            str(self.rung),
        )


def with_assumed(histories: Histories, assumed: Mapping[Application, Sequence[LawEvent]]) -> Histories:
    """A copy of *histories* with the assumed events added."""
    changed = dict(histories)
    for key, events in assumed.items():
        changed[key] = structs.replace(histories[key], events=[*histories[key].events, *events])
    return changed


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
    """The signals from *begin* until before *end*, by *t*, under the actual and under the *other* rules.

    Applications whose law does not count working days get no signals under either.
    """
    for (item, application), history in histories.items():
        changed = other.history(history, known)
        usual, alternative = _amended(history, laws, as_it_is), _amended(changed, laws, other.rule)
        if usual is None or alternative is None:
            continue
        passed = {
            _key(crossing): crossing for crossing in usual.escalate(history, t).passed if begin <= crossing.at < end
        }
        assumed = {_key(step): step for step in alternative.escalate(changed, t).passed if begin <= step.at < end}
        for key, crossing in {**passed, **assumed}.items():
            compared: Compared = "same" if key in passed and key in assumed else "new" if key in assumed else "gone"
            above = history.mode == Mode.LOWER_REVIEW and bool(history.upper)
            yield AssumedSignal(
                project=project,
                item=item,
                application=application,
                department=department_of(history, crossing.clock, above=above),
                clock=crossing.clock,
                rung=crossing.rung,
                level=level_of(crossing),
                at=crossing.at,
                article=crossing.reading.article,
                compared=compared,
            )


def _amended(history: ItemHistory, laws: Laws, change: Callable[[Rule], Rule]) -> Procedure | None:
    """The procedure of an application under a changed rule; None where its law counts by no such rule."""
    procedure = procedure_of(history, laws)
    return None if procedure is None else procedure.amended(change)


def as_it_is(rule: Rule) -> Rule:
    """The rule itself."""
    return rule


def _key(crossing: Crossing) -> tuple[str, Rung, str, datetime]:
    return crossing.clock, crossing.rung, level_of(crossing), crossing.at


def level_of(crossing: Crossing) -> str:
    """Its level on the board: warning, yellow, red or deemed."""
    if crossing.rung is Rung.CARD:
        return crossing.colour.value if crossing.colour else "red"
    return "warning" if crossing.rung is Rung.WARNING else "deemed"
