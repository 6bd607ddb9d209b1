"""Service items in the words of a page: their fields, and what differs between two editions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from api.html.page import PageContext
from domain.catalogue.item import RequiredMaterial, ServiceItem
from projections.catalogue.reading import EditionDifference, difference, differing

NOTHING = "–"
CHOICE_TABLES = {  # the table of words for each closed set of values
    "task_type": "task_type",
    "mode": "mode_of",
    "project_type": "project_type",
    "server_type": "server_type",
    "joint_form": "joint_form_of",
}
HIDDEN = ("task_code", "remarks")
Items = Mapping[str, ServiceItem]


class FieldChange(Struct, frozen=True):
    """One field that differs, in words; both sides as a page says them."""

    label: str
    before: str
    after: str


class ItemChange(Struct, frozen=True):
    """One item that differs between two editions, and in what."""

    code: str
    name: str
    difference: EditionDifference
    fields: list[FieldChange]


class ItemWords:
    """Says the fields of service items in the language of *page*."""

    def __init__(self, page: PageContext) -> None:
        self._page, self._words = page, page.words

    def name(self, item: ServiceItem) -> str:
        """What the item is called."""
        return (item.task_name_en if self._page.language == "en" else "") or item.task_name

    def label(self, field: str) -> str:
        """What the field is called."""
        return self._words["catalogue_field"](field)

    def in_words(self, field: str, value: Any) -> str:
        """The value of *field*."""
        if value in (None, "", ()):
            return NOTHING
        if isinstance(value, bool):
            return self._words["catalogue_page"]("yes" if value else "no")
        if isinstance(value, tuple):
            return self._page.joined(self._part(field, part) for part in value)
        table = CHOICE_TABLES.get(field)
        return self._words[table](str(value)) if table else str(value)

    def _part(self, field: str, part: Any) -> str:
        """One of several values of *field*."""
        if isinstance(part, RequiredMaterial):
            return f"{part.material_name}{self._words['catalogue_page']('late') if part.tolerable else ''}"
        if field == "other_dept":
            return self._page.office(part)
        return self._page.ground(part) if field == "special_procedure" else str(part)

    def fields(self, item: ServiceItem) -> list[tuple[str, str]]:
        """Every field of *item* that says something, and what."""
        pairs = [(name, getattr(item, name)) for name in ServiceItem.__struct_fields__ if name not in HIDDEN]
        return [(self.label(name), self.in_words(name, value)) for name, value in pairs if value not in (None, "", ())]

    def change(self, code: str, before: ServiceItem | None, after: ServiceItem | None) -> ItemChange:
        """What differs of one item."""
        service = after or before
        assert service is not None  # it is in either of the two
        fields = [
            FieldChange(
                self.label(name), self.in_words(name, getattr(before, name)), self.in_words(name, getattr(after, name))
            )
            for name in differing(before, after)
        ]
        return ItemChange(code, self.name(service), difference(before, after), fields)

    def changes(self, before: Items, after: Items) -> list[ItemChange]:
        """The items that differ, by code."""
        return [
            self.change(code, before.get(code), after.get(code))
            for code in sorted({**before, **after})
            if before.get(code) != after.get(code)
        ]
