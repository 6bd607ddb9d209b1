"""The filter of public decisions: the parameters of the page and of the list in JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from msgspec import Struct

from api.cursors import PAGED, ListPaging, paging_of
from api.web.as_of import day_in
from api.web.parameters import WITHOUT_NUL, Department
from api.web.problems import Problem
from projections.window.granted import GrantedFilter, GrantedKey

TEXT_CHARACTERS_MAX = 200
PAGE_ROWS = 30  # on a phone six screens

Words = Annotated[
    str,
    QueryParameter(
        max_length=TEXT_CHARACTERS_MAX,
        pattern=WITHOUT_NUL,
        description="Words in what is published: an enterprise, a project, an item, a code or a number.",
    ),
]
FirstDay = Annotated[date | None, QueryParameter(description="Decided on this day or later.")]
LastDay = Annotated[date | None, QueryParameter(description="Decided on this day or earlier.")]
# Of a form's fields, which browsers send as an empty text where they were not filled in.
TypedDay = Annotated[str, QueryParameter(max_length=10, description="A day; empty: none.")]


class TypedFilter(Struct, frozen=True):
    """What was typed into the form of the page: the filter, or for each field that is wrong the code of its fault."""

    wanted: GrantedFilter
    first: str
    last: str
    faults: dict[str, str]


def check_period(first: date | None, last: date | None) -> None:
    """Raises Problem where the days are no period."""
    for name, day in (("first", first), ("last", last)):
        if day is not None:
            day_in(name, day)
    if first and last and last < first:
        raise Problem(
            "invalid-parameter",
            f"last: {last} is before the first day, {first}",
            remedy="give the earlier day as first",
            parameter="last",
        )


def decision_filter(
    *,
    first: FirstDay = None,
    last: LastDay = None,
    department: Department = "",
    text: Words = "",
    paging: NamedDependency[ListPaging],
) -> GrantedFilter:
    """The filter in the address of the list in JSON. Raises Problem."""
    check_period(first, last)
    return GrantedFilter(
        first=first, last=last, department=department, text=text, limit=paging.rows_read, after=paging.last(GrantedKey)
    )


def typed_filter(
    *,
    first: TypedDay = "",
    last: TypedDay = "",
    department: Department = "",
    text: Words = "",
    paging: NamedDependency[ListPaging],
) -> TypedFilter:
    """The filter in the form of the page. A period that is none is said beside its field, and restricts nothing."""
    days, faults = dict[str, date](), dict[str, str]()
    for name, typed in (("first", first), ("last", last)):
        try:
            if typed:
                days[name] = day_in(name, date.fromisoformat(typed))
        except (ValueError, Problem):
            faults[name] = "no_day"
    begin, end = days.get("first"), days.get("last")
    if begin and end and end < begin:
        faults["last"] = "period_reversed"
    wanted = GrantedFilter(
        first=begin, last=end, department=department, text=text, limit=paging.rows_read, after=paging.last(GrantedKey)
    )
    # Browsers show nothing else as a day.
    return TypedFilter(wanted, begin.isoformat() if begin else "", end.isoformat() if end else "", faults)


OF_LIST = PAGED | {"decision_filter": Provide(decision_filter, sync_to_thread=False)}
OF_PAGE = PAGED | {
    "paging": paging_of(PAGE_ROWS),
    "typed_filter": Provide(typed_filter, sync_to_thread=False),
}
