"""GET /registers: the registers that were imported, each a scope of its own beside the zone's."""

from __future__ import annotations

from litestar import Controller, get
from msgspec import Struct

from api.web.dependencies import AnyRequest
from api.web.parameters import After, caught_up
from api.web.scope import registers_of
from projections.scope import RegisterCount


class Registers(Struct, frozen=True):
    """What `register=` may name. *zone* is how many projects are the zone's own."""

    zone: int
    registers: list[RegisterCount]
    position: int


class RegisterList(Controller):
    """Lists and figures are of the zone, or of one register: they are never added up."""

    tags = ("views",)

    @get("/registers", operation_id="list_registers", summary="The registers that were imported")
    async def list_registers(self, request: AnyRequest, after: After = 0) -> Registers:
        """By the names of their logs, with how many projects each has."""
        views, position = await caught_up(request, after)
        return Registers((await views.summary()).projects, await registers_of(request), position)
