"""登记簿 the scope of lists and figures: the zone's own projects, or those of one imported register, never both.

Other registers have other departments, other laws and other words; a sum over several would mean nothing.
"""

from __future__ import annotations

from msgspec import Struct
from psycopg.sql import SQL, Composed, Identifier, Literal

from projections.reader import Reader

ZONE_ONLY = ""  # the register of what nobody imported
EVERYTHING = SQL("true")
REGISTERS = "SELECT p.register, count(*) FROM views.project AS p WHERE p.register <> '' GROUP BY p.register ORDER BY 1"
# The projects of the register are a subquery, so that a list goes on by its own index; the name is written into the
# query, which has its parameters from elsewhere.
WITHIN = SQL("{project} IN (SELECT r.project FROM views.project AS r WHERE r.register = {register})")


class RegisterCount(Struct, frozen=True):
    """An imported register, by the name of its log, and how many projects it has."""

    register: str
    projects: int


class Scope(Struct, frozen=True):
    """The projects of *register*, empty for the zone's own; *whole*: there are no others, so nothing is left out."""

    register: str = ZONE_ONLY
    whole: bool = False

    def of(self, alias: str) -> SQL | Composed:
        """The condition that the project of the table *alias* belongs here."""
        if self.whole:
            return EVERYTHING
        named = Literal(self.register.replace("%", "%%"))  # the queries have parameters, which begin with a %
        return WITHIN.format(project=Identifier(alias, "project"), register=named)


ZONE_SCOPE = Scope()


async def registers_in(store: Reader) -> list[RegisterCount]:
    """The registers that were imported."""
    async with store.cursor() as cursor:
        await cursor.execute(REGISTERS)
        return [RegisterCount(*row) for row in await cursor.fetchall()]
