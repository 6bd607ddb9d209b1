"""What the information base answers: a project by category, what is missing, every step's result; and matches."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct, structs

from api.html.translations import TABLES
from domain.project.information.form import CATEGORIES, FormField, Sort
from projections.information.fold import CONTACTS, DOCUMENT, CategoryRow, FieldRow, InformationRow
from projections.information.query import KnownProject
from projections.information.search import Piece, snippet
from projections.information.words import question
from projections.personal_reads import INFORMATION, NO_TEXT, note_project
from projections.progress.rows import ProgressItem

SNIPPETS_MAX = 3  # of one match


class BasicFacts(Struct, frozen=True):
    """What the project was registered with."""

    project: UUID
    code: str
    name: str
    enterprise: str
    uscc: str
    manager: str
    law: str
    registered_at: datetime | None


class ShownField(Struct, frozen=True):
    """One field of the form; *value* is empty where none is recorded. *of_day*: the day the value is of.

    *said_zh* and *said_en* are a choice in words, else the value itself. *entered_at* and *recorded_at*: when it was
    entered, and when the system learned of that.
    """

    field: str
    zh: str
    en: str
    sort: Sort
    required: bool
    value: str = ""
    unit: str = ""
    said_zh: str = ""
    said_en: str = ""
    of_day: date | None = None
    source: str = ""
    entered_at: datetime | None = None
    recorded_at: datetime | None = None
    by: str = ""
    version: int | None = None


class ShownCategory(Struct, frozen=True):
    """One category of the form: *filled* of its *required* fields are known, *missing* are those that are not."""

    category: str
    zh: str
    en: str
    complete: bool
    filled: int
    required: int
    missing: list[str]
    changed_at: datetime | None
    changed_by: str
    fields: list[ShownField]


class StepResult(Struct, frozen=True):
    """What one item has come to; *document* is the number of its decision."""

    item: str
    name: str
    department: str
    stage: str
    outcome: str
    application: int
    document: str
    external: bool
    submitted_at: datetime | None
    accepted_at: datetime | None
    decided_at: datetime | None
    delivered_at: datetime | None


class ProjectInformation(Struct, frozen=True):
    """One project's information at *as_of*, as known at *known_at*."""

    as_of: datetime
    known_at: datetime
    basic: BasicFacts
    complete: bool
    filled: int
    required: int
    categories: list[ShownCategory]
    results: list[StepResult]


class Snippet(Struct, frozen=True):
    """A match: the text around it in pieces, of which those that match are marked.

    *label* is `name`, `code`, `enterprise`, `uscc`, a field such as `land.use`, or `document:` and an item; *zh* and
    *en* say it in words.
    """

    label: str
    zh: str
    en: str
    pieces: list[Piece]


class Match(Struct, frozen=True):
    """A matching project, and where it matches."""

    project: UUID
    code: str
    name: str
    enterprise: str
    uscc: str
    manager: str
    kind: str
    registered_at: datetime | None
    complete: bool
    filled: int
    required: int
    changed_at: datetime | None
    changed_by: str
    snippets: list[Snippet]


LABELS = TABLES["search_label"]  # of the texts that are not fields of the form


def information_of(known: KnownProject, as_of: datetime, known_at: datetime) -> ProjectInformation:
    """*known* as it is shown."""
    row = known.project
    known_fields = {(field.category, field.field): field for field in known.fields}
    return ProjectInformation(
        as_of=as_of,
        known_at=known_at,
        basic=BasicFacts(**{name: getattr(row, name) for name in BasicFacts.__struct_fields__}),
        complete=row.complete,
        filled=row.filled,
        required=row.required,
        categories=[_category(category, known_fields) for category in known.categories],
        results=[step_result(item) for item in known.items],
    )


def nothing_known(project: UUID) -> KnownProject:
    """What is known of *project* before it was registered."""
    texts = dict.fromkeys(("code", "name", "enterprise", "uscc", "manager", "law", "kind", "changed_by"), "")
    row = InformationRow(
        project=project,
        **texts,
        registered_at=None,
        filled=0,
        required=0,
        complete=False,
        changed_at=None,
        labels=[],
        texts=[],
    )
    return KnownProject(row, [], [], [])


def with_contacts(known: ProjectInformation, *, allowed: bool) -> ProjectInformation:
    """*known* for a reader who is *allowed* to see whom to call, which is noted, or without that."""
    if not allowed:
        return without_contacts(known)
    contacts = (field for category in known.categories if category.category == CONTACTS for field in category.fields)
    if any(field.value not in NO_TEXT for field in contacts):
        note_project(INFORMATION, known.basic.project)
    return known


def without_contacts(known: ProjectInformation) -> ProjectInformation:
    """*known* without whom to call: that they are known still shows."""
    return structs.replace(
        known,
        categories=[
            structs.replace(category, fields=[_emptied(field) for field in category.fields])
            if category.category == CONTACTS
            else category
            for category in known.categories
        ],
    )


def _emptied(field: ShownField) -> ShownField:
    return structs.replace(field, value="", said_zh="", said_en="")


def step_result(item: ProgressItem) -> StepResult:
    """What *item* has come to."""
    return StepResult(**{name: getattr(item, name) for name in StepResult.__struct_fields__})


def _category(row: CategoryRow, known_fields: dict[tuple[str, str], FieldRow]) -> ShownCategory:
    form = CATEGORIES[row.category]
    return ShownCategory(
        category=form.id,
        zh=form.zh,
        en=form.en,
        complete=row.complete,
        filled=row.filled,
        required=row.required,
        missing=row.missing,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        fields=[_field(field, known_fields.get((form.id, field.key))) for field in form.fields],
    )


def _field(form: FormField, stand: FieldRow | None) -> ShownField:
    empty = ShownField(form.key, form.zh, form.en, form.sort, form.required)
    if stand is None:
        return empty
    zh, en = form.options.get(stand.value, (stand.value, stand.value))
    return ShownField(
        field=form.key,
        zh=form.zh,
        en=form.en,
        sort=form.sort,
        required=form.required,
        value=stand.value,
        unit=stand.unit,
        said_zh=zh,
        said_en=en,
        of_day=stand.as_of,
        source=stand.source,
        entered_at=stand.entered_at,
        recorded_at=stand.recorded_at,
        by=stand.by,
        version=stand.version,
    )


def match_of(row: InformationRow, text: str) -> Match:
    """*row*, and where *text* was found in it."""
    marks = question(text).marks
    matches = (
        [(label, snippet(label_text, marks)) for label, label_text in zip(row.labels, row.texts, strict=True)]
        if marks
        else []
    )
    snippets = [Snippet(label, *in_words(label), pieces) for label, pieces in matches if pieces]
    members = {name: getattr(row, name) for name in Match.__struct_fields__ if name != "snippets"}
    return Match(**members, snippets=snippets[:SNIPPETS_MAX])


def in_words(label: str) -> tuple[str, str]:
    """What a text of the information base is, in Chinese and in English."""
    if label.startswith(DOCUMENT):
        return LABELS["document"]  # the label names the item
    if label in LABELS:
        return LABELS[label]
    category, _, key = label.partition(".")
    field = CATEGORIES[category].field(key)
    return field.zh, field.en
