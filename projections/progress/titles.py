"""Names of projects and items, for lists that hold only ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from projections.reader import Reader

NAMES = "SELECT p.project, p.code, p.name FROM views.project AS p WHERE p.project = ANY(%s)"
ITEM_NAMES = "SELECT i.project, i.item, i.name FROM views.item AS i WHERE i.project = ANY(%s)"
NAMES_OF_ITEMS = """
    SELECT i.project, i.item, i.name FROM unnest(%s::uuid[], %s::text[]) AS k (project, item)
    JOIN views.item AS i ON (i.project, i.item) = (k.project, k.item)
"""


class ProjectTitles(Struct, frozen=True):
    """Names by id; the id itself for anything not yet in the views."""

    projects: dict[UUID, str]
    codes: dict[UUID, str]
    items: dict[tuple[UUID, str], str]

    def project(self, project: UUID) -> str:
        """Its name, or its code, or its id."""
        return self.projects.get(project) or self.codes.get(project) or str(project)

    def of(self, project: UUID, called: Callable[[str], str]) -> dict[str, str]:
        """The names of the items of *project* by their codes, as they are *called*."""
        return {code: called(name) or code for (of, code), name in self.items.items() if of == project}

    def item(self, project: UUID, item: str) -> str:
        """Its name, or its code."""
        return self.items.get((project, item)) or item


async def names_of(store: Reader, projects: Iterable[UUID]) -> ProjectTitles:
    """The names of *projects* and their items."""
    named = list(set(projects))
    return await _named(store, named, ITEM_NAMES, [named])


async def names_of_items(store: Reader, cases: Iterable[tuple[UUID, str]]) -> ProjectTitles:
    """The names of some items and their projects; an empty item is of its project alone."""
    named = sorted(set(cases))
    columns: list[Sequence[object]] = [[project for project, _ in named], [item for _, item in named]]
    return await _named(store, sorted({project for project, _ in named}), NAMES_OF_ITEMS, columns)


async def _named(
    store: Reader, projects: Sequence[UUID], items: LiteralString, params: Sequence[Sequence[object]]
) -> ProjectTitles:
    async with store.cursor() as cursor:
        await cursor.execute(NAMES, [projects])
        rows = await cursor.fetchall()
        await cursor.execute(items, params)
        by_item = {(project, item): name for project, item, name in await cursor.fetchall()}
    return ProjectTitles({row[0]: row[2] for row in rows}, {row[0]: row[1] for row in rows}, by_item)
