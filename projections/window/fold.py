"""准予决定 decisions granted, as the law has them made public: what was permitted to whom, and whether it still holds.

行政许可法 Art. 40 has a granted licence decision made public, 政府信息公开条例 Art. 20(5) results of other services.
Refusals, imported registers and results of departments outside the system, which publish their own, have no rows; nor
has a person a name here, so that there is none to hide later.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from msgspec import Struct, field

from domain.core.types import Outcome
from domain.legal_person.codes import is_of_individual
from domain.messages import Entry
from domain.project.application.completion import ItemCompleted
from domain.project.application.numbering import CaseNumbered
from domain.project.application.registration import ProjectRegistered
from domain.project.application.undertaking import DecisionRevoked
from domain.project.state.project import Item, Project
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


class GrantedRow(Struct, frozen=True):
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


ITEM_NAME, APPLICANT, CASE_NUMBER, DOCUMENT, BY_SILENCE, REVOKED_ON = map(
    GrantedRow.__struct_fields__.index,
    ("item_name", "applicant", "case_number", "document", "by_silence", "revoked_on"),
)
TEXT = len(GrantedRow.__struct_fields__)  # index of the first column of what is searched


class GrantedState(Struct):
    """One project's kind of applicant, the rows of its granted applications, and those that silence renewed, by card.

    *named*: its registration, if the applicant may be named.
    """

    kind: str = UNIDENTIFIED
    named: ProjectRegistered | None = None
    decisions: dict[tuple[str, int], Row] = field(default_factory=dict)
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
            case ItemCompleted() | RenewalDeemed() as fact:
                _decided(state, fact, entry, project)
            case ProjectRegistered() as registered:
                state.kind = applicant_kind(project.uscc)
                state.named = registered if state.kind == ENTERPRISE else None
            case CardRescinded(card=card, undoes=True) if card in state.renewed:
                row = decisions.get(state.renewed[card])
                if row and row[BY_SILENCE]:
                    del decisions[state.renewed[card]]
            case DecisionRevoked(item=item):
                key = item, project.recorded(item).application
                if row := decisions.get(key):
                    decisions[key] = (*row[:REVOKED_ON], day_of(entry.occurred_at), *row[TEXT:])
            case CaseNumbered(item=item, application=application, case_number=number):
                if row := decisions.get((item, application)):
                    decisions[item, application] = _with_text((*row[:CASE_NUMBER], number, *row[DOCUMENT:TEXT]))

    def rows(self, state: GrantedState, project: Project) -> Rows:  # noqa: ARG002  a view's signature
        return {"granted_decision": [*state.decisions.values()]}


def _decided(state: GrantedState, fact: ItemCompleted | RenewalDeemed, entry: Entry, project: Project) -> None:
    """Take in a decision, or the silence that counts as one unless an officer has granted the application."""
    item = project.recorded(fact.item)
    if project.register or not item.plan.live:
        return
    key = fact.item, item.application
    if isinstance(fact, ItemCompleted):
        state.decisions.pop(key, None)
        if fact.outcome is Outcome.GRANTED:
            state.decisions[key] = _granted(state, entry, project, item, fact)
    elif fact.proof.application == item.application and key not in state.decisions:
        state.renewed[fact.card] = key
        state.decisions[key] = _granted(state, entry, project, item, None)


def _granted(state: GrantedState, entry: Entry, project: Project, item: Item, completed: ItemCompleted | None) -> Row:
    """The row of a grant: by an officer, or by silence if nothing was *completed*."""
    named = state.named
    return _with_text(
        (
            project.id,
            item.plan.item,
            item.application,
            entry.position,
            day_of(entry.occurred_at),
            item.department,
            item.plan.name if named or item.plan.service else "",
            state.kind,
            named.enterprise.name if named else "",
            project.uscc if named else "",
            named.name if named else "",
            named.code if named else "",
            item.case_number,
            completed.document_number if completed else "",
            completed is None,
            completed.valid_through if completed else None,
            None,
        )
    )


def _with_text(row: Row) -> Row:
    """The *row* with what is searched of it: made once, as words of texts take long."""
    return (*row, *searched((row[ITEM_NAME], *row[APPLICANT:CASE_NUMBER]), row[CASE_NUMBER:BY_SILENCE]))


def applicant_kind(uscc: str) -> str:
    """The kind of the applicant with this unified code: by law a sole trader is a natural person."""
    if not uscc:
        return UNIDENTIFIED
    return SOLE_TRADER if is_of_individual(uscc) else ENTERPRISE
