"""GET /names: what was published of names in two languages, to be joined to the codes and names in other answers."""

from __future__ import annotations

from litestar import Controller, get
from msgspec import Struct

from api.called import titles_of
from api.identity import actor_of, headers_of
from api.parts import AnyRequest, parts_of


class NamedDepartment(Struct, frozen=True):
    """A department as it is called now; a name that nobody said is empty."""

    department: str
    name: str
    name_en: str


class EnglishName(Struct, frozen=True):
    """What is called *name* in the ledger, an item, a step or a phase, is called *name_en* in English."""

    name: str
    name_en: str


class PublishedNames(Struct, frozen=True):
    """*departments* by code; *names* of items, steps and phases by name, of all editions that gave an English one."""

    departments: list[NamedDepartment]
    names: list[EnglishName]


class Names(Controller):
    """Cases keep the Chinese name their item was planned under; by that name its English one is found here."""

    path = "/names"
    tags = ("catalogues",)

    @get("/", operation_id="get_names", summary="Names of departments, items and phases in Chinese and English")
    async def get_names(self, request: AnyRequest) -> PublishedNames:
        """The names that the pages use: for answers that tell a department by its code, or an item by one name."""
        actor_of(headers_of(request.scope))
        titles = await titles_of(parts_of(request).approvals)
        return PublishedNames(
            departments=[NamedDepartment(code, *names) for code, names in sorted(titles.departments.items())],
            names=[EnglishName(name, english) for name, english in sorted(titles.english.items())],
        )
