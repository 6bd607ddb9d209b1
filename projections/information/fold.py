"""项目信息库 the information base: data on each project by category, its completeness, and a search index.

Data is stored field by field: of two entries the one of the later day counts, of the same day the one entered last.
Contacts are stored but not indexed, so that no person can be searched by telephone number.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct, field

from domain.law.calendar.moment import midnight
from domain.messages import Entry
from domain.project.application.completion import ItemCompleted
from domain.project.application.forwarding import ForwardedItemReceived, ItemForwarded
from domain.project.application.manager import ManagerAssigned
from domain.project.application.registration import ItemPlanned, ProjectRegistered
from domain.project.application.submission import ItemSubmitted
from domain.project.external.results import DiscrepancySettled, ExternalResultConfirmed, ExternalResultRecorded
from domain.project.flow.adoption import ItemDropped, ItemReplanned
from domain.project.information.form import CATEGORIES, FORM, Category, Sort
from domain.project.information.recording import InformationRecorded
from domain.project.state.project import Project
from projections.information.words import plain, vector
from projections.sums import ZONE
from projections.view import Facts, Row, Rows, Table, facts_of

PLANNING = (ProjectRegistered, ItemPlanned, ItemReplanned, ItemDropped)  # after these it may have other items
# Facts that change the number of an item's document.
DOCUMENTED = (ItemSubmitted, ItemCompleted, ExternalResultRecorded, ExternalResultConfirmed, DiscrepancySettled)
HANDED_UP = (ForwardedItemReceived, ItemForwarded)  # after these another department handles an item
CONTACTS = "contacts"

WEIGHTS = {"name": "A", "code": "A", "basic.project_code": "A", "enterprise": "B", "uscc": "B", "basic.location": "C"}

DOCUMENT = "document:"  # prefix of the label of a document number, before its item

REQUIRED = {category.id: tuple(field.key for field in category.fields if field.required) for category in FORM}

LISTED_BY: tuple[LiteralString, ...] = ("", "manager, ", "kind, ", "complete, ")
PROJECTS = Table(
    "information",
    (
        ("project", "uuid"),
        ("code", "text NOT NULL"),
        ("name", "text NOT NULL"),
        ("enterprise", "text NOT NULL"),
        ("uscc", "text NOT NULL"),
        ("manager", "text NOT NULL"),
        ("law", "text NOT NULL"),
        ("kind", "text NOT NULL"),  # of procedure, as the form's basic.kind
        ("registered_at", "timestamptz"),
        ("filled", "integer NOT NULL"),  # required fields with a value
        ("required", "integer NOT NULL"),
        ("complete", "boolean NOT NULL"),
        ("changed_at", "timestamptz"),  # time of the last entry
        ("changed_by", "text NOT NULL"),
        ("labels", "text[] NOT NULL"),  # the label of each text, such as "basic.location"
        ("texts", "text[] NOT NULL"),
        ("plain", "text NOT NULL"),  # all texts, normalised for comparison
        ("words", "tsvector NOT NULL"),
        ("known_on", "date"),  # the latest as_of day of all figures, deleted ones included
        ("departments", "text[] NOT NULL"),  # that handle one of its items: a search by department reads no items
    ),
    key=1,
    indexes=(
        "USING gin (words)",
        "USING gin (departments)",
        # In the order of the list; by a filter also counted from it.
        *(f"({column}changed_at DESC NULLS LAST, registered_at DESC NULLS LAST, project)" for column in LISTED_BY),
        "(registered_at)",
        "(uscc)",
        "(enterprise)",
    ),
)

BY_CATEGORY = Table(
    "information_category",
    (
        ("project", "uuid"),
        ("category", "text"),
        ("known", "integer NOT NULL"),  # fields with a value
        ("filled", "integer NOT NULL"),
        ("required", "integer NOT NULL"),
        ("missing", "text[] NOT NULL"),  # required fields without one
        ("complete", "boolean NOT NULL"),
        ("changed_at", "timestamptz"),
        ("changed_by", "text NOT NULL"),
    ),
    key=2,
    indexes=("(category, complete)",),
)

FIELDS = Table(
    "information_field",
    (
        ("project", "uuid"),
        ("category", "text"),
        ("field", "text"),
        ("value", "text NOT NULL"),
        ("unit", "text NOT NULL"),
        ("as_of", "date NOT NULL"),  # the day the value refers to
        ("source", "text NOT NULL"),
        ("entered_at", "timestamptz NOT NULL"),
        ("recorded_at", "timestamptz NOT NULL"),
        ("by", "text NOT NULL"),
        ("version", "integer NOT NULL"),  # of the entry
    ),
    key=3,
)


class CurrentValue(Struct, frozen=True):
    """The current value of one field; empty if deleted."""

    value: str
    unit: str
    as_of: date
    source: str
    entered_at: datetime
    recorded_at: datetime
    by: str
    version: int


class InformationState(Struct):
    """State of one project, in addition to the project itself; *rows* are cached until a change."""

    registered: ProjectRegistered | None = None
    registered_at: datetime | None = None
    fields: dict[tuple[str, str], CurrentValue] = field(default_factory=dict)
    touched: dict[str, tuple[datetime, str]] = field(default_factory=dict)  # last entry, by category
    known_on: date | None = None
    documents: dict[str, str] = field(default_factory=dict)  # by item: the number of its decision
    shown_documents: tuple[tuple[str, str], ...] = ()  # the documents that the cached rows show
    departments: list[str] = field(default_factory=list)  # those that they show
    rows: Rows | None = None


class Information:
    """The fold."""

    name: str = "information"
    version: int = 5
    tables: tuple[Table, ...] = (PROJECTS, BY_CATEGORY, FIELDS)
    follows: Facts = facts_of((ManagerAssigned, InformationRecorded), PLANNING, DOCUMENTED, HANDED_UP)

    def start(self) -> InformationState:
        return InformationState()

    def fold(self, state: InformationState, entry: Entry, project: Project) -> None:  # noqa: ARG002  the view's form
        match entry.fact:
            case ItemCompleted(item=item, document_number=number):
                state.documents[item] = number
            case ItemSubmitted(item=item):
                state.documents.pop(item, None)
            case ProjectRegistered() as registered:
                state.registered, state.registered_at, state.rows = registered, entry.occurred_at, None
            case InformationRecorded() as recorded:
                _enter(state, entry, recorded)
            case ManagerAssigned():
                state.rows = None

    def rows(self, state: InformationState, project: Project) -> Rows:
        registered, documents = state.registered, tuple(_documents(state, project))
        if registered is None:
            return {}
        departments = sorted({item.department for item in project.items.values()})
        if state.rows is None or documents != state.shown_documents or departments != state.departments:
            state.shown_documents, state.departments = documents, departments
            categories = [_category_row(state, project, category) for category in FORM]
            state.rows = {
                "information": [_project_row(state, registered, project, categories)],
                "information_category": categories,
                "information_field": [
                    (project.id, category, key, *(getattr(current, name) for name in CurrentValue.__struct_fields__))
                    for (category, key), current in state.fields.items()
                    if current.value
                ],
            }
        return state.rows


def counted_from(entry: Entry) -> datetime:
    """From when on *entry* counts: figures from the day they are of, whenever they were entered."""
    fact = entry.fact
    return midnight(fact.as_of, ZONE) if isinstance(fact, InformationRecorded) else entry.occurred_at


def _enter(state: InformationState, entry: Entry, recorded: InformationRecorded) -> None:
    by = entry.recorded.actor.id
    for entered in recorded.fields:
        key = recorded.category, entered.key
        before = state.fields.get(key)
        if before is None or recorded.as_of >= before.as_of:
            times = entry.occurred_at, entry.recorded_at
            state.fields[key] = CurrentValue(
                entered.value, entered.unit, recorded.as_of, recorded.source, *times, by, entry.version
            )
    state.touched[recorded.category] = entry.occurred_at, by
    state.known_on = max(state.known_on or recorded.as_of, recorded.as_of)
    state.rows = None


def _documents(state: InformationState, project: Project) -> list[tuple[str, str]]:
    """The current document numbers, by item."""
    documents = []
    for code, item in project.items.items():
        number = item.result.document_number if item.result else state.documents.get(code, "")
        if number:
            documents.append((code, number))
    return documents


def _category_row(state: InformationState, project: Project, category: Category) -> Row:
    required = REQUIRED[category.id]
    known = [form_field.key for form_field in category.fields if _value(state, category.id, form_field.key)]
    missing = [key for key in required if key not in known]
    at, by = state.touched.get(category.id, (None, ""))
    filled = len(required) - len(missing)
    return (project.id, category.id, len(known), filled, len(required), missing, not missing, at, by)


def _value(state: InformationState, category: str, key: str) -> str:
    current = state.fields.get((category, key))
    return current.value if current else ""


def _project_row(
    state: InformationState, registered: ProjectRegistered, project: Project, categories: list[Row]
) -> Row:
    filled, required = (sum(row[column] for row in categories) for column in (3, 4))
    at, by = max(state.touched.values(), default=(None, ""))
    texts = _texts(state, registered)
    return (
        project.id,
        registered.code,
        registered.name,
        registered.enterprise.name,
        registered.enterprise.uscc,
        project.manager,
        project.law,
        _value(state, "basic", "kind"),
        state.registered_at,
        filled,
        required,
        filled == required,
        at,
        by,
        [label for label, _ in texts],
        [text for _, text in texts],
        "\n".join(plain(text) for _, text in texts),
        vector((_weight(label), text) for label, text in texts),
        state.known_on,
        state.departments,
    )


def _weight(label: str) -> str:
    return "C" if label.startswith(DOCUMENT) else WEIGHTS.get(label, "D")


def _texts(state: InformationState, registered: ProjectRegistered) -> list[tuple[str, str]]:
    """Every indexed text of the project, with its label."""
    enterprise = registered.enterprise
    texts = [
        ("name", registered.name),
        ("code", registered.code),
        ("enterprise", enterprise.name),
        ("uscc", enterprise.uscc),
    ]
    for (category, key), current in state.fields.items():
        if category != CONTACTS and category in CATEGORIES:
            texts.append((f"{category}.{key}", spelt(category, key, current.value, current.unit)))
    texts += [(DOCUMENT + item, number) for item, number in state.shown_documents]
    return [(label, text) for label, text in texts if text]


def spelt(category: str, key: str, value: str, unit: str = "") -> str:
    """A field's value as text: a choice in Chinese and English, a figure with its unit."""
    for form_field in CATEGORIES[category].fields:
        if form_field.key == key and form_field.sort is Sort.CHOICE and value in form_field.options:
            return " ".join(form_field.options[value])
    return f"{value} {unit}".strip()


class InformationRow(Struct, frozen=True):
    """One project's row, in the columns of the view, without the search index."""

    project: UUID
    code: str
    name: str
    enterprise: str
    uscc: str
    manager: str
    law: str
    kind: str
    registered_at: datetime | None
    filled: int
    required: int
    complete: bool
    changed_at: datetime | None
    changed_by: str
    labels: list[str]
    texts: list[str]


class CategoryRow(Struct, frozen=True):
    """The completeness of one category of a project."""

    project: UUID
    category: str
    known: int
    filled: int
    required: int
    missing: list[str]
    complete: bool
    changed_at: datetime | None
    changed_by: str


class FieldRow(Struct, frozen=True):
    """The current value of one field of a project."""

    project: UUID
    category: str
    field: str
    value: str
    unit: str
    as_of: date
    source: str
    entered_at: datetime
    recorded_at: datetime
    by: str
    version: int
