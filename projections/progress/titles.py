"""Names of projects and items, for lists that hold only ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from msgspec import Struct

from projections.reader import Reader

NAMES = "SELECT p.project, p.code, p.name FROM views.project AS p WHERE p.project = ANY(%s)"
ITEM_NAMES = "SELECT i.project, i.item, i.name FROM views.item AS i WHERE i.project = ANY(%s)"


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
    params = [list(set(projects))]
    async with store.cursor() as cursor:
        await cursor.execute(NAMES, params)
        rows = await cursor.fetchall()
        await cursor.execute(ITEM_NAMES, params)
        items = {(project, item): name for project, item, name in await cursor.fetchall()}
    return ProjectTitles({row[0]: row[2] for row in rows}, {row[0]: row[1] for row in rows}, items)
