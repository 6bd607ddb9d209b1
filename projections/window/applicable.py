"""可申请事项 the items that a caller may apply for now, or once others are granted, by the table of access."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL

from domain.access.principal import Caller
from domain.core.types import DECIDED_STAGES, FRESH_STAGES, Outcome
from projections.access.predicate import AccessColumns, predicate
from projections.reader import Reader
from projections.view import literal

SUBMIT = "submit_item"
ROWS_MAX = 200
APPLICABLE = """
    SELECT i.project, p.code, p.name, p.enterprise, i.item, i.name, i.department, i.stage, i.unmet
    FROM views.item AS i JOIN views.project AS p ON p.project = i.project
    WHERE p.register = '' AND i.live AND {readable}
      AND (i.stage = ANY(%(fresh)s) OR (i.stage = ANY(%(decided)s) AND i.outcome <> %(granted)s))
      AND (%(text)s = '' OR concat_ws(' ', p.code, p.name, p.enterprise, i.item, i.name) ILIKE %(pattern)s)
    ORDER BY cardinality(i.unmet) > 0, p.name, i.project, i.nth LIMIT %(limit)s
"""


class ApplicableItem(Struct, frozen=True):
    """An item of a project that is not under way; *unmet* are items that have to be granted first."""

    project: UUID
    project_code: str
    project_name: str
    enterprise: str
    item: str
    name: str
    department: str
    stage: str
    unmet: list[str]


async def applicable(store: Reader, caller: Caller, text: str) -> list[ApplicableItem]:
    """The items that *caller* may apply for, those that wait for nothing first; with *text* in project or item."""
    readable = predicate(caller, SUBMIT, AccessColumns("i", item="item"))
    params = {
        "fresh": [stage.value for stage in FRESH_STAGES],
        "decided": [stage.value for stage in DECIDED_STAGES],
        "granted": Outcome.GRANTED.value,
        "text": text,
        "pattern": f"%{literal(text)}%",
        "limit": ROWS_MAX,
    }
    async with store.cursor() as cursor:
        await cursor.execute(SQL(APPLICABLE).format(readable=readable), params)
        return [ApplicableItem(*row) for row in await cursor.fetchall()]
