"""准予决定 decisions granted, as the law has them made public: what was permitted to whom, and whether it still holds.

行政许可法 Art. 40 has a granted licence decision made public, 政府信息公开条例 Art. 20(5) results of other services.
Refusals, imported registers and results of departments outside the system, which publish their own, have no rows; nor
has a person a name here, so that there is none to hide later.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from uuid import UUID

from msgspec import Struct, field, structs

from domain.core.types import Outcome
from domain.legal_person.codes import is_of_individual
from domain.messages import Entry
from domain.project.application.completion import ItemCompleted
from domain.project.application.numbering import CaseNumbered
from domain.project.application.registration import ProjectRegistered
from domain.project.application.undertaking import DecisionRevoked
from domain.project.state.project import Project
from domain.project.supervision.rescission import CardRescinded
from domain.project.supervision.signals import RenewalDeemed
from projections.information.words import searched
from projections.sums import day_of
from projections.view import Facts, Row, Rows, Table, facts_of

ENTERPRISE, SOLE_TRADER, UNIDENTIFIED = "enterprise", "sole_trader", "unidentified"  # kinds of applicants

GRANTED_DECISIONS = Table(
    "granted_decision",
    (
        ("project", "uuid"),
        ("item", "text"),
        ("application", "integer"),
        ("position", "bigint NOT NULL"),  # of the deciding entry, which orders the decisions of one day
        ("decided_on", "date NOT NULL"),
        ("department", "text NOT NULL"),
        ("item_name", "text NOT NULL"),  # empty where it was written for the project of someone who is not named
        ("applicant_kind", "text NOT NULL"),
        ("applicant", "text NOT NULL"),  # empty, as the next three, unless it is an organisation
        ("uscc", "text NOT NULL"),
        ("project_name", "text NOT NULL"),
        ("project_code", "text NOT NULL"),
        ("case_number", "text NOT NULL"),
        ("document", "text NOT NULL"),
        ("by_silence", "boolean NOT NULL"),  # a renewal that no one decided in time (Art. 50)
        ("valid_through", "date"),
        ("revoked_on", "date"),
        ("plain", "text NOT NULL"),  # what is shown, normalised for comparison
        ("words", "tsvector NOT NULL"),
    ),
    key=3,
    indexes=("(decided_on, position)", "(department, decided_on, position)", "USING gin (words)"),
)


class GrantedRow(Struct, frozen=True, dict=True):
    """One granted application, in the columns of the view before the text that is searched."""

    project: UUID
    item: str
    application: int
    position: int
    decided_on: date
    department: str
    item_name: str
    applicant_kind: str
    applicant: str
    uscc: str
    project_name: str
    project_code: str
    case_number: str
    document: str
    by_silence: bool
    valid_through: date | None
    revoked_on: date | None

    @cached_property
    def row(self) -> Row:
        """The row of the view, made once: words of texts take long, and every decision has its own."""
        named = (self.item_name, self.applicant, self.uscc, self.project_name, self.project_code)
        texts = [text for text in (self.case_number, self.document, *named) if text]
        return (*structs.astuple(self), *searched(texts))


class GrantedState(Struct):
    """One project's applicant, its granted applications, and those that silence renewed, by the card that says so."""

    registered: ProjectRegistered | None = None
    decisions: dict[tuple[str, int], GrantedRow] = field(default_factory=dict)
    renewed: dict[str, tuple[str, int]] = field(default_factory=dict)


class GrantedDecisions:
    """The fold. A revoked decision keeps its row, which says so; one that was retracted never had one."""

    name: str = "granted"
    version: int = 1
    tables: tuple[Table, ...] = (GRANTED_DECISIONS,)
    follows: Facts = facts_of(
        (ProjectRegistered, ItemCompleted, RenewalDeemed, CardRescinded, DecisionRevoked, CaseNumbered)
    )

    def start(self) -> GrantedState:
        return GrantedState()

    def fold(self, state: GrantedState, entry: Entry, project: Project) -> None:
        decisions = state.decisions
        match entry.fact:
            case ProjectRegistered() as registered:
                state.registered = registered
            case ItemCompleted(item=item) | RenewalDeemed(item=item) if project.recorded(item).plan.live:
                _decided(state, entry, project)
            case CardRescinded(card=card, undoes=True) if card in state.renewed:
                row = decisions.get(state.renewed[card])
                if row and row.by_silence:
                    del decisions[state.renewed[card]]
            case DecisionRevoked(item=item):
                key = item, project.recorded(item).application
                if key in decisions:
                    decisions[key] = structs.replace(decisions[key], revoked_on=day_of(entry.occurred_at))
            case CaseNumbered(item=item, application=application, case_number=number):
                if (key := (item, application)) in decisions:
                    decisions[key] = structs.replace(decisions[key], case_number=number)

    def rows(self, state: GrantedState, project: Project) -> Rows:
        shown = () if project.register else state.decisions.values()
        return {"granted_decision": [decision.row for decision in shown]}


def _decided(state: GrantedState, entry: Entry, project: Project) -> None:
    """Take in a decision, or the silence that counts as one unless an officer has granted the application."""
    match entry.fact:
        case ItemCompleted(item=item, outcome=outcome) as completed:
            key = item, project.recorded(item).application
            state.decisions.pop(key, None)
            if outcome is Outcome.GRANTED:
                state.decisions[key] = _granted(state, entry, project, completed)
        case RenewalDeemed(item=item, card=card, proof=proof):
            key = item, proof.application
            if project.recorded(item).application == proof.application and key not in state.decisions:
                state.renewed[card] = key
                state.decisions[key] = _granted(state, entry, project, entry.fact)


def _granted(state: GrantedState, entry: Entry, project: Project, fact: ItemCompleted | RenewalDeemed) -> GrantedRow:
    item, registered = project.recorded(fact.item), state.registered
    kind = applicant_kind(project.uscc)
    named = registered if kind == ENTERPRISE else None
    completed = fact if isinstance(fact, ItemCompleted) else None
    return GrantedRow(
        project=project.id,
        item=fact.item,
        application=item.application,
        position=entry.position,
        decided_on=day_of(entry.occurred_at),
        department=item.department,
        item_name=item.plan.name if named or item.plan.service else "",
        applicant_kind=kind,
        applicant=named.enterprise.name if named else "",
        uscc=project.uscc if named else "",
        project_name=named.name if named else "",
        project_code=named.code if named else "",
        case_number=item.case_number,
        document=completed.document_number if completed else "",
        by_silence=completed is None,
        valid_through=completed.valid_through if completed else None,
        revoked_on=None,
    )


def applicant_kind(uscc: str) -> str:
    """The kind of the applicant with this unified code: by law a sole trader is a natural person."""
    if not uscc:
        return UNIDENTIFIED
    return SOLE_TRADER if is_of_individual(uscc) else ENTERPRISE
