"""GET /problems: every code an answer can carry, what it means, and the status it comes with."""

from __future__ import annotations

from litestar import Controller, get
from litestar.params import FromPath
from msgspec import Struct

from api.problems import KINDS, PATH, Kind, Problem


class Problems(Struct, frozen=True):
    """All kinds of problem, by code in alphabetical order."""

    problems: list[Kind]


class Catalogue(Controller):
    """What the `type` of a problem leads to."""

    path = PATH
    tags = ("problems",)

    @get("/", operation_id="list_problems", summary="Every code a problem can have", sync_to_thread=False)
    def list_problems(self) -> Problems:
        """The codes are stable; the sentences of single answers are for people."""
        return Problems([KINDS[code] for code in sorted(KINDS)])

    @get("/{code:str}", operation_id="get_problem", summary="What one code means", sync_to_thread=False)
    def get_problem(self, code: FromPath[str]) -> Kind:
        """One kind of problem."""
        kind = KINDS.get(code)
        if kind is None:
            raise Problem("not-found", f"there is no problem with the code {code[:64]}", remedy="GET /problems")
        return kind
