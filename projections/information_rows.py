"""The rows of the information base, as they are read from its tables or from a fold."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct


class InformationRow(Struct, frozen=True):
    """One project's row, as the view has it; without the words to search by."""

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
    """How complete one category of a project is."""

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
    """What stands of one field of a project."""

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
