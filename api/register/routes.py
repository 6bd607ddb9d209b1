"""GET /v1/registers: the registers that were imported, each a scope of its own beside the zone's."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency
from msgspec import Struct

from api.route_access import ACCESS
from infrastructure.projector.positions import Views
from projections.scope import RegisterCount


class Registers(Struct, frozen=True):
    """What `register=` may name. *zone* is how many projects are the zone's own."""

    zone: int
    registers: list[RegisterCount]
    position: int


class RegisterRoutes(Controller):
    """Lists and figures are of the zone, or of one register: they are never added up."""

    opt = {ACCESS: "read:registers"}  # noqa: RUF012  litestar's own spelling
    tags = ("views",)

    @get("/registers", operation_id="list_registers", summary="The registers that were imported")
    async def list_registers(
        self,
        position: NamedDependency[int],
        views: NamedDependency[Views],
        registers: NamedDependency[list[RegisterCount]],
    ) -> Registers:
        """By the names of their logs, with how many projects each has."""
        return Registers((await views.summary()).projects, registers, position)
