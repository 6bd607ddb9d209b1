"""State of a project, as needed for decisions: its items with their stages, and everything still open."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct, field

from domain.core.graph import Groups, open_groups
from domain.core.ledger import Actor, Refused
from domain.core.plan import Phase, PlannedItem
from domain.core.types import (
    HearingStep,
    Line,
    ModeName,
    Name,
    Outcome,
    Stage,
)
from domain.project.state.consultation import Consolidated, Consultations, opinions
from domain.project.state.feedback import Complaint, Evaluation
from domain.project.state.materials import Material
from domain.project.state.signals import Order, Signal


class Licence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A licence of limited validity. Stored in facts: limits may be widened, never narrowed."""

    valid_through: date  # its last day
    number: Line = ""
    item: Name = ""  # the item of this project that granted it; empty: granted elsewhere


class ExternalResult(Struct, frozen=True, gc=False):
    """An outside department's decision, as reported by a person or a system. Stored in facts: never narrowed."""

    outcome: Outcome
    document_number: str = ""
    document_on: date | None = None
    source: str = ""
    by_feed: bool = False  # reported by the department's own system, not entered by hand

    def agrees(self, other: ExternalResult) -> bool:
        """Whether both agree; a detail missing in one of them is no contradiction."""
        numbers = [result.document_number.casefold().replace(" ", "") for result in (self, other)]
        days = [result.document_on for result in (self, other)]
        pairs = (pair for pair in (numbers, days) if all(pair))
        return self.outcome is other.outcome and all(own == theirs for own, theirs in pairs)


class Item(Struct, gc=False):
    """One service item on one project."""

    plan: PlannedItem
    stage: Stage = Stage.NOT_STARTED
    changed_mode: ModeName | None = None  # the mode after a change; None: as planned
    outcome: Outcome | None = None
    application: int = 0  # number of the current application; a new one restarts the clocks
    first_notice: tuple[str, ...] = ()  # 一次告知: all papers named in the first notice
    missing: tuple[str, ...] = ()  # outstanding papers
    suspensions: dict[str, str] = field(default_factory=dict)  # open ones: id -> ground
    suspension_ids: set[str] = field(default_factory=set)  # every id ever used on this application
    extensions: dict[str, int] = field(default_factory=dict)  # clock -> number of extensions
    consultations: Consultations = field(default_factory=dict)
    round: int = 1  # of countersignature; a revision of the application begins another
    consolidated: Consolidated | None = None
    hearing: HearingStep = HearingStep.NONE
    forwarded: bool = False
    upper: str = ""  # the upper department a file was forwarded to, where it works in the system
    upper_received: bool = False
    external: bool = False  # decided outside the system, and entered by hand or reported by a feed
    result: ExternalResult | None = None  # the result on record
    disputed: ExternalResult | None = None  # the feed's differing result, until the discrepancy is settled
    dismissed: ExternalResult | None = None  # the result rejected by the project manager
    evaluated: bool = False
    undertaking: bool = False  # applied for on an undertaking
    undertaking_kept: bool | None = None  # the finding of its check; None: not checked yet
    deemed_on: date | None = None  # accepted by silence, as of this day of receipt
    edition: str = ""  # of the catalogue, in force when it was applied for, e.g. "beijing-zone@3"
    promised: int | None = None  # by that edition
    renews: Licence | None = None  # the licence that this application is to renew
    granted_as: Licence | None = None  # the licence granted, if of limited validity
    renewed_by_silence: bool = False  # no decision was made by the licence's last day (Art. 50(2))
    confirmed: bool = False  # granted in writing after the renewal by silence
    law: str = ""  # its law pack: that of its receipt, then that of its acceptance
    case_number: str = ""  # 办件编号 of this application

    @property
    def promise_days(self) -> int | None:
        """承诺时限 of this application: the catalogue's on the day of application, else the plan's."""
        return self.plan.promise_days if self.promised is None else self.promised

    @property
    def mode(self) -> ModeName:
        """The mode it is handled in: as changed, else as planned."""
        return self.changed_mode or self.plan.mode

    @property
    def department(self) -> str:
        """The department that handles the item: after lower-level review the upper one, once it has the file."""
        return self.upper if self.upper and self.upper_received else self.plan.department

    @property
    def standing(self) -> ExternalResult:
        """The current result of a decided outside item, also if it was recorded step by step."""
        return self.result or ExternalResult(self.outcome or Outcome.TERMINATED)

    @property
    def consolidation(self) -> Consolidated | None:
        """The consolidated opinion, as long as the opinions it covers are the current ones."""
        summed_up = self.consolidated
        return summed_up if summed_up and summed_up.opinions == opinions(self.consultations) else None


class FactNote(Struct, frozen=True, gc=False):
    """Summary of an earlier entry, as needed to correct it."""

    fact: str
    item: str
    by: Actor
    occurred_at: datetime


class AdoptedFlow(Struct, frozen=True, gc=False):
    """The edition of a flow that the project follows."""

    flow: str
    edition: int
    kind: str  # of project
    phases: tuple[Phase, ...]
    steps: tuple[str, ...]  # which of its items come from the flow


class Project(Struct, gc=False):
    """The state of one investment project."""

    id: UUID
    version: int = 0
    law: str = ""  # id of its law; empty until it is registered
    register: str = ""  # 登记簿: the name of the log it was imported from; empty: the zone's own
    manager: str = ""
    uscc: str = ""  # of its enterprise, the unified social credit code; empty: not known
    flow: AdoptedFlow | None = None
    items: dict[str, Item] = field(default_factory=dict)
    complaints: dict[str, Complaint] = field(default_factory=dict)
    evaluations: dict[str, Evaluation] = field(default_factory=dict)  # without retracted ones
    signals: dict[str, Signal] = field(default_factory=dict)  # warnings, cards and effects of silence, by id
    orders: dict[str, Order] = field(default_factory=dict)
    materials: dict[str, Material] = field(default_factory=dict)  # files attached to items now, by SHA-256
    notes: dict[int, FactNote] = field(default_factory=dict)  # one an entry, by version; also of retracted ones
    retracted: set[int] = field(default_factory=set)  # versions that no longer count
    erasures: dict[str, int] = field(default_factory=dict)  # how often each person's data was erased

    def item(self, code: str) -> Item:
        """The item *code*; refused if the project has none of that code."""
        try:
            return self.items[code]
        except KeyError:
            known = ", ".join(self.items) or "none yet"
            raise Refused(
                "unknown-item", f"{code} is not one of this project's items", remedy=f"the project's items: {known}"
            ) from None

    def recorded(self, code: str) -> Item:
        """The item a fact refers to; a detached one if its planning was retracted since, as facts never fail."""
        return self.items.get(code) or Item(PlannedItem(item=code, department=""))

    def begin_application(self, code: str) -> Item:
        """The item *code* at the beginning of its next application: nothing that belonged to the last one is left."""
        last = self.recorded(code)
        item = Item(last.plan, last.stage, last.changed_mode, application=last.application + 1)
        if code in self.items:
            self.items[code] = item
        return item

    def blockers(self, code: str, granted: set[str] | None = None) -> Groups:
        """The unmet preconditions of item *code*: one item of each group has to be granted. *granted*: precomputed."""
        needs = self.items[code].plan.needs
        return open_groups(needs, self.granted if granted is None else granted) if needs else ()

    def unmet(self, code: str, granted: set[str] | None = None) -> list[str]:
        """The unmet preconditions of item *code* in words; alternatives as "a or b"."""
        return [" or ".join(group) for group in self.blockers(code, granted)]

    def waiting_for(self, code: str) -> list[str]:
        """The items that name *code* in a precondition."""
        waiting = []
        for other, item in self.items.items():
            plan = item.plan
            if (plan.requires or plan.requires_any) and plan.waits_for(code):
                waiting.append(other)
        return waiting

    @property
    def granted(self) -> set[str]:
        """The items granted so far."""
        granted = Outcome.GRANTED  # looked up once: enum member access is slower than the comparison
        return {code for code, item in self.items.items() if item.outcome is granted}
