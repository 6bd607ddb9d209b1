"""What a project remembers in order to decide: its items, how far each has come, and what is still open."""

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
    """A licence that is valid for a time. Facts hold it: its limits may be widened, never narrowed."""

    valid_through: date  # its last day
    number: Line = ""
    item: Name = ""  # of this project, whose grant it is; empty: granted elsewhere


class ExternalResult(Struct, frozen=True, gc=False):
    """What an outside department decided, as somebody or some system told it. Facts hold it: never narrowed."""

    outcome: Outcome
    document_number: str = ""
    document_on: date | None = None
    source: str = ""
    by_feed: bool = False  # told by the department's own system, not keyed in by a person

    def agrees(self, other: ExternalResult) -> bool:
        """Whether both say the same: what one of them leaves out is no contradiction."""
        numbers = [result.document_number.casefold().replace(" ", "") for result in (self, other)]
        days = [result.document_on for result in (self, other)]
        said = (pair for pair in (numbers, days) if all(pair))
        return self.outcome is other.outcome and all(one == another for one, another in said)


class Item(Struct, gc=False):
    """One service item on one project."""

    plan: PlannedItem
    stage: Stage = Stage.NOT_STARTED
    mode_found: ModeName | None = None  # that it is handled in another mode than planned, as was found out later
    outcome: Outcome | None = None
    application: int = 0  # how many times it was applied for; a new application starts its clocks afresh
    first_notice: tuple[str, ...] = ()  # 一次告知: everything the one notice asked for
    missing: tuple[str, ...] = ()  # papers still to come
    suspensions: dict[str, str] = field(default_factory=dict)  # open ones: id -> ground
    suspension_ids: set[str] = field(default_factory=set)  # every id ever used on this application
    extensions: dict[str, int] = field(default_factory=dict)  # clock -> how often it was extended
    consultations: Consultations = field(default_factory=dict)
    round: int = 1  # of countersignature; a changed application begins another
    consolidated: Consolidated | None = None
    hearing: HearingStep = HearingStep.NONE
    forwarded: bool = False
    upper: str = ""  # the upper department a file was forwarded to, where it works in the system
    upper_received: bool = False
    external: bool = False  # decided outside the system, keyed in by the project manager or told by a feed
    result: ExternalResult | None = None  # what stands of it
    disputed: ExternalResult | None = None  # what the feed says otherwise, until the project manager has decided
    dismissed: ExternalResult | None = None  # what the project manager decided against
    evaluated: bool = False
    undertaking: bool = False  # applied for on an undertaking
    kept: bool | None = None  # what the check of it found; None: not checked yet
    deemed_on: date | None = None  # accepted by silence, as of this day of receipt
    edition: str = ""  # of the catalogue, in force when it was applied for, e.g. "beijing-zone@3"
    promised: int | None = None  # by that edition
    renews: Licence | None = None  # the licence that this application asks to be renewed
    granted_as: Licence | None = None  # what was granted, where it is valid for a time
    renewed_by_silence: bool = False  # no decision came by the licence's last day (Art. 50(2))
    confirmed: bool = False  # and was granted in writing since
    law: str = ""  # the pack it is under: that of its receipt, then that of its acceptance
    case_number: str = ""  # 办件编号 of this application

    @property
    def promise_days(self) -> int | None:
        """承诺时限 of this application: the catalogue's on the day of application, else the plan's."""
        return self.plan.promise_days if self.promised is None else self.promised

    @property
    def mode(self) -> ModeName:
        """The mode it is handled in: as was found out, else as planned."""
        return self.mode_found or self.plan.mode

    @property
    def department(self) -> str:
        """Who handles the item now: after lower-level review the upper department, once it has the file."""
        return self.upper if self.upper and self.upper_received else self.plan.department

    @property
    def standing(self) -> ExternalResult:
        """What stands for a decided item outside the system, also where it was keyed in step by step."""
        return self.result or ExternalResult(self.outcome or Outcome.TERMINATED)

    @property
    def consolidation(self) -> Consolidated | None:
        """The lead department's consolidated opinion, as long as the opinions it sums up are those that count."""
        summed_up = self.consolidated
        return summed_up if summed_up and summed_up.opinions == opinions(self.consultations) else None

    def renew(self) -> None:
        """Begin the next application: forget everything that belonged to the one before."""
        self.application += 1
        self.outcome, self.first_notice, self.missing = None, (), ()
        self.suspensions, self.suspension_ids, self.extensions, self.consultations = {}, set(), {}, {}
        self.round, self.consolidated = 1, None
        self.result = self.disputed = self.dismissed = None
        self.hearing, self.forwarded, self.upper, self.upper_received = HearingStep.NONE, False, "", False
        self.external = self.evaluated = self.undertaking = False
        self.kept = None
        self.edition, self.promised, self.law = "", None, ""
        self.deemed_on = None
        self.renews = self.granted_as = None
        self.renewed_by_silence = self.confirmed = False
        self.case_number = ""


class FactNote(Struct, frozen=True, gc=False):
    """What a correction needs to know of an earlier entry."""

    fact: str
    item: str
    by: Actor
    occurred_at: datetime


class AdoptedFlow(Struct, frozen=True, gc=False):
    """The edition of a flow that the project runs by."""

    flow: str
    edition: int
    kind: str  # of project
    phases: tuple[Phase, ...]
    steps: tuple[str, ...]  # which of its items come from the flow


class Project(Struct, gc=False):
    """Everything decided so far about one investment project."""

    id: UUID
    version: int = 0
    law: str = ""  # id of the law it runs under; empty until it is registered
    register: str = ""  # 登记簿, by the name of the log it was imported from; empty: the zone's own
    manager: str = ""
    flow: AdoptedFlow | None = None
    items: dict[str, Item] = field(default_factory=dict)
    complaints: dict[str, Complaint] = field(default_factory=dict)
    evaluations: dict[str, Evaluation] = field(default_factory=dict)  # those that were retracted are not here
    signals: dict[str, Signal] = field(default_factory=dict)  # warnings, cards and effects of silence, by id
    orders: dict[str, Order] = field(default_factory=dict)
    materials: dict[str, Material] = field(default_factory=dict)  # files attached to items now, by SHA-256
    notes: dict[int, FactNote] = field(default_factory=dict)  # one an entry, by version; also of retracted ones
    retracted: set[int] = field(default_factory=set)  # versions that no longer count

    def item(self, code: str) -> Item:
        """The item *code*; refused where the project has none of that code."""
        try:
            return self.items[code]
        except KeyError:
            known = ", ".join(self.items) or "none yet"
            raise Refused(
                "unknown-item", f"{code} is not one of this project's items", remedy=f"the project's items: {known}"
            ) from None

    def recorded(self, code: str) -> Item:
        """The item a fact speaks of; one that leads nowhere if its planning was retracted since: facts never fail."""
        return self.items.get(code) or Item(PlannedItem(item=code, department=""))

    def blockers(self, code: str, granted: set[str] | None = None) -> Groups:
        """What item *code* still waits for: of each group one item has to be granted. *granted* saves asking again."""
        needs = self.items[code].plan.needs
        return open_groups(needs, self.granted if granted is None else granted) if needs else ()

    def unmet(self, code: str, granted: set[str] | None = None) -> list[str]:
        """The preconditions of item *code* that are not met yet; alternatives are told as "a or b"."""
        return [" or ".join(group) for group in self.blockers(code, granted)]

    def waiting_for(self, code: str) -> list[str]:
        """The items of which some condition names the item *code*."""
        found = []
        for other, item in self.items.items():
            plan = item.plan
            if (plan.requires or plan.requires_any) and plan.waits_for(code):
                found.append(other)
        return found

    @property
    def granted(self) -> set[str]:
        """The items granted so far."""
        granted = Outcome.GRANTED  # once: to get a member of an enumeration takes longer than to compare with it
        return {code for code, item in self.items.items() if item.outcome is granted}
