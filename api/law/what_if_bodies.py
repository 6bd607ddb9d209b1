"""Bodies of what-if requests: assumed events, and changed rules, with an example each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from msgspec import Meta, Struct

from api.cursors import CURSOR_CHARACTERS_MAX
from api.web.parameters import PAGE_ROWS, PAGE_ROWS_MAX, WITHOUT_NUL
from domain.core.types import CODE_CHARACTERS_MAX
from domain.law.licensing.event import LawEvent
from projections.law.what_if import Alternative

ITEMS_MAX, EVENTS_MAX = 20, 50  # assumed at once
PERIOD_DAYS_MAX = 370  # a year
Code = Annotated[str, Meta(min_length=1, max_length=CODE_CHARACTERS_MAX)]


class Assumed(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is assumed of one *item*: *events* after those that happened. *application* 0 is the last one."""

    item: Code
    application: Annotated[int, Meta(ge=0)] = 0
    events: Annotated[list[LawEvent], Meta(min_length=1, max_length=EVENTS_MAX)]


class Assumptions(Struct, frozen=True, forbid_unknown_fields=True):
    """Events that did not happen, for some of a project's items."""

    assume: Annotated[list[Assumed], Meta(min_length=1, max_length=ITEMS_MAX)]


class OtherRules(Alternative, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A period of local days and what its rules are to be instead; of one *department* or all."""

    first: date
    last: date
    department: Annotated[str, Meta(max_length=CODE_CHARACTERS_MAX, pattern=WITHOUT_NUL)] = ""
    limit: Annotated[int, Meta(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS
    cursor: Annotated[str, Meta(max_length=CURSOR_CHARACTERS_MAX)] = ""


WHAT_IF: dict[str, tuple[type, ...]] = {"assume_events": (Assumptions,), "assume_rules": (OtherRules,)}
EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "assume_events": {
        "paused": {
            "summary": "An expert review of eight days, and ten more days",
            "value": {
                "assume": [
                    {
                        "item": "land",
                        "events": [
                            {
                                "id": "assumed-1",
                                "type": "suspend",
                                "sid": "review",
                                "reason": "expert_review",
                                "planned_until": "2026-03-18",
                                "at": "2026-03-10T09:00:00+08:00",
                            },
                            {
                                "id": "assumed-2",
                                "type": "resume",
                                "sid": "review",
                                "at": "2026-03-18T16:00:00+08:00",
                            },
                            {
                                "id": "assumed-3",
                                "type": "extension",
                                "days": 10,
                                "at": "2026-03-19T09:00:00+08:00",
                            },
                        ],
                    }
                ]
            },
        }
    },
    "assume_rules": {
        "earlier_yellow": {
            "summary": "Yellow from half of the limit on, and promises of five days",
            "value": {
                "first": "2026-01-01",
                "last": "2026-03-31",
                "department": "land",
                "yellow": {"num": 1, "den": 2, "min": 1},
                "commitment_days": 5,
            },
        },
        "other_version": {
            "summary": "Under the version of a law that is named",
            "value": {"first": "2026-01-01", "last": "2026-03-31", "law": "cn-licensing@2019-04-23"},
        },
    },
}
