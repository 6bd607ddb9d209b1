"""登记簿 scope of lists and figures: the zone's own projects, or those of one imported register, never both.

Registers differ in departments, laws and terms, so that sums over several would be meaningless. Within a scope a caller
gets only what the table of access allows: each query names the action by which its rows are read.
"""

from __future__ import annotations

from msgspec import Struct
from psycopg.sql import SQL, Composed, Identifier, Literal

from domain.access.decision import in_scope, may
from domain.access.principal import Caller
from domain.access.table import TABLE, Relation
from projections.access.predicate import AccessColumns, granted, predicate
from projections.reader import Reader

ZONE_ONLY = ""  # the register of projects that were not imported
EVERYTHING = SQL("true")
REGISTERS = "SELECT p.register, count(*) FROM views.project AS p WHERE p.register <> '' GROUP BY p.register ORDER BY 1"
# The register is a subquery, so that a list still uses its own index; its name is a literal, as the parameters of the
# query are set elsewhere. The zone's own projects are those that an index of the imported ones does not have.
WITHIN = SQL("{project} IN (SELECT r.project FROM views.project AS r WHERE r.register = {register})")
NOT_IMPORTED = SQL("NOT EXISTS (SELECT FROM views.project AS r WHERE r.project = {project} AND r.register <> '')")


class RegisterCount(Struct, frozen=True):
    """An imported register, by the name of its log, with its number of projects."""

    register: str
    projects: int


class Scope(Struct, frozen=True):
    """The projects of *register*, empty for the zone's own; *whole*: there are no others, so no condition is needed.

    *caller*: who reads; None: this system itself, which may read everything.
    """

    register: str = ZONE_ONLY
    whole: bool = False
    caller: Caller | None = None

    @classmethod
    def of_any_register(cls, caller: Caller) -> Scope:
        """What *caller* may read, of whatever register: for queries about one project, person or flow."""
        return cls(whole=True, caller=caller)

    def of(self, alias: str, action: str, *, item: str = "", department: str = "") -> SQL | Composed:
        """The condition that a row of the table *alias* is in this scope, and that the caller may do *action* on it.

        *item* and *department* are columns of the table that say whose the row is; see `AccessColumns`.
        """
        return both(self.registered(alias), self.readable(alias, action, item=item, department=department))

    def registered(self, alias: str) -> SQL | Composed:
        """The condition that the project of the table *alias* is in the register."""
        if self.whole:
            return EVERYTHING
        if self.register == ZONE_ONLY:
            return NOT_IMPORTED.format(project=Identifier(alias, "project"))
        named = Literal(self.register.replace("%", "%%"))  # % begins a parameter of the query
        return WITHIN.format(project=Identifier(alias, "project"), register=named)

    def readable(
        self, alias: str, action: str, *, item: str = "", department: str = "", parties: bool = False
    ) -> SQL | Composed:
        """The condition that the caller may do *action* on a row of the table *alias*, of whatever register.

        *parties*: that table has columns for whose the project is; see `AccessColumns`.
        """
        if self.caller is None or self.sees_all(action):
            return EVERYTHING
        return predicate(self.caller, action, AccessColumns(alias, item=item, department=department, parties=parties))

    def projects(self, alias: str, action: str) -> SQL | Composed:
        """The condition that a project may have rows for the caller: `takes` decides which of them."""
        if self.caller is not None and TABLE[action].roles.get(self.caller.role) is Relation.OWN_DEPARTMENT:
            return both(self.registered(alias), granted(self.caller, AccessColumns(alias)))
        return self.of(alias, action)

    def takes(self, action: str, department: str) -> bool:
        """Whether the caller may do *action* on what *department* handles, in a project let through by `projects`."""
        if self.caller is None or TABLE[action].roles.get(self.caller.role) is not Relation.OWN_DEPARTMENT:
            return True
        return department == self.caller.over != "" and in_scope(self.caller, action)

    def department_of(self, action: str) -> str | None:
        """The department whose rows are all that the caller may do *action* on; empty: every row, None: neither."""
        if self.caller is None or self.sees_all(action):
            return ""
        own = TABLE[action].roles.get(self.caller.role) is Relation.OWN_DEPARTMENT and in_scope(self.caller, action)
        return self.caller.over or None if own and not self.caller.projects else None

    def sees_all_of(self, action: str, department: str) -> bool:
        """Whether the caller may do *action* in every project in which *department* takes part, as it is today.

        A list of what that department handles or has to act on then needs no condition for each row.
        """
        if self.sees_all(action):
            return True
        if self.caller is None or self.caller.projects or not in_scope(self.caller, action):
            return False
        takes_part = TABLE[action].roles.get(self.caller.role) is Relation.TAKES_PART
        return takes_part and department == self.caller.over != ""

    def sees_all(self, action: str) -> bool:
        """Whether the caller may do *action* on every row there is, so that sums may answer."""
        return self.caller is None or may(self.caller, action).allowed


ZONE_SCOPE = Scope()


def both(first: SQL | Composed, second: SQL | Composed) -> SQL | Composed:
    """Both conditions, without those that hold for every row."""
    if first is EVERYTHING:
        return second
    return first if second is EVERYTHING else SQL("{} AND {}").format(first, second)


async def registers_in(store: Reader) -> list[RegisterCount]:
    """The imported registers."""
    async with store.cursor() as cursor:
        await cursor.execute(REGISTERS)
        return [RegisterCount(*row) for row in await cursor.fetchall()]
