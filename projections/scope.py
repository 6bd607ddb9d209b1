"""登记簿 scope of lists and figures: the zone's own projects, or those of one imported register, never both.

Registers differ in departments, laws and terms, so that sums over several would be meaningless.
"""

from __future__ import annotations

from msgspec import Struct
from psycopg.sql import SQL, Composed, Identifier, Literal

from projections.reader import Reader

ZONE_ONLY = ""  # the register of projects that were not imported
EVERYTHING = SQL("true")
REGISTERS = "SELECT p.register, count(*) FROM views.project AS p WHERE p.register <> '' GROUP BY p.register ORDER BY 1"
# The register is a subquery, so that a list still uses its own index; its name is a literal, as the parameters of the
# query are set elsewhere.
WITHIN = SQL("{project} IN (SELECT r.project FROM views.project AS r WHERE r.register = {register})")


class RegisterCount(Struct, frozen=True):
    """An imported register, by the name of its log, with its number of projects."""

    register: str
    projects: int


class Scope(Struct, frozen=True):
    """The projects of *register*, empty for the zone's own; *whole*: there are no others, so no condition is needed."""

    register: str = ZONE_ONLY
    whole: bool = False

    def of(self, alias: str) -> SQL | Composed:
        """The condition that the project of the table *alias* is in this scope."""
        if self.whole:
            return EVERYTHING
        named = Literal(self.register.replace("%", "%%"))  # % begins a parameter of the query
        return WITHIN.format(project=Identifier(alias, "project"), register=named)


ZONE_SCOPE = Scope()


async def registers_in(store: Reader) -> list[RegisterCount]:
    """The imported registers."""
    async with store.cursor() as cursor:
        await cursor.execute(REGISTERS)
        return [RegisterCount(*row) for row in await cursor.fetchall()]
