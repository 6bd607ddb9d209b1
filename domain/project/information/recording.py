"""项目信息 information: data on a project, entered by category and corrected by entering it again."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.personal import CONTACT, personal
from domain.core.rules import require_role
from domain.core.types import LINES_MAX, TEXT_CHARACTERS_MAX, Code, Line, Name
from domain.project.information.form import CATEGORIES, FORMS, Category, FormField, Sort
from domain.project.state.project import Project

OF_CONTACTS = personal(CONTACT, only=("category", "contacts"))  # the category of the form that names people
Value = Annotated[str, Meta(max_length=TEXT_CHARACTERS_MAX)] | int | float


class EnteredField(Struct, frozen=True, forbid_unknown_fields=True):
    """One field as entered. An empty *value* deletes the earlier one."""

    key: Code
    value: Annotated[Value, OF_CONTACTS]
    unit: Name = ""


class KnownField(Struct, frozen=True):
    """One field as stored: *value* in the canonical format of its sort, empty if deleted."""

    key: str
    value: Annotated[str, OF_CONTACTS]
    unit: str = ""


class RecordInformation(Command, frozen=True, tag="record_information"):
    """Enter fields of one *category* of the form, or correct them by entering them again.

    *as_of* is the day the figures refer to, today if left out. Of two entries for a field the one of the later day
    counts, of the same day the one entered last. *source* is where they come from.
    """

    category: Code
    fields: Annotated[tuple[EnteredField, ...], Meta(min_length=1, max_length=LINES_MAX)]
    source: Line = ""
    as_of: date | None = None

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:  # noqa: ARG002  the form is the same for all
        require_role(context.by, "enter a project's information", Role.PROJECT_MANAGER, Role.SYSTEM)
        category = CATEGORIES.get(self.category)
        if category is None:
            raise Refused(
                "unknown-category",
                f"the information base has no category {self.category}",
                remedy=f"its categories: {', '.join(CATEGORIES)}",
            )
        keys = [field.key for field in self.fields]
        if repeated := next((key for key in keys if keys.count(key) > 1), None):
            raise Refused("field-repeated", f"{repeated} is given twice", remedy="give each field once", field=repeated)
        today = context.at.astimezone(ZoneInfo(context.law.zone)).date()
        as_of = self.as_of or today
        if as_of > today:
            raise Refused(
                "in-the-future",
                f"as_of can't be {as_of}: that day is still to come",
                remedy="give today or an earlier day",
            )
        known = tuple(_known(category, field) for field in self.fields)
        return (InformationRecorded(category=self.category, fields=known, as_of=as_of, source=self.source),)


class InformationRecorded(Fact, frozen=True, tag="information_recorded"):
    """信息入库: fields of one category as of a day."""

    category: str
    fields: tuple[KnownField, ...]
    as_of: date
    source: str = ""

    def apply(self, project: Project) -> None:
        """No effect on later decisions; the information base shows it."""


def _known(category: Category, entered: EnteredField) -> KnownField:
    """*entered* in canonical format. Refused if *category* has no such field, or if the value is invalid."""
    field = category.field(entered.key)
    value = str(entered.value).strip()
    if not value:
        return KnownField(entered.key, "")
    _require_form(category, field, value)
    if entered.unit not in (field.units or ("",)):
        units = ", ".join(field.units)
        raise Refused(
            "unit-wrong",
            f"{category.id}.{field.key} ({field.zh}) can't be given in {entered.unit or 'no unit'}",
            remedy=f"give one of these units: {units}" if units else "give it without a unit",
            field=field.key,
        )
    return KnownField(field.key, value, entered.unit)


def _require_form(category: Category, field: FormField, value: str) -> None:
    """Refuse a *value* that is not in the format of *field*."""
    if field.sort is Sort.CHOICE:
        wrong, form = value not in field.options, f"one of: {', '.join(field.options)}"
    elif field.sort is Sort.TEXT:
        return
    else:
        pattern, form = FORMS[field.sort]
        wrong = pattern.fullmatch(value) is None or (field.sort is Sort.DATE and not _is_day(value))
    if wrong:
        raise Refused(
            "information-invalid",
            f"{category.id}.{field.key} ({field.zh}) can't be {value[:40]!r}",
            remedy=f"write {form}",
            field=field.key,
        )


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:  # a 30 February
        return False
    return True
