"""The table of access as a condition of SQL: which rows of a list a caller may read, or act on.

It gives the same answers as `domain.access.decision.may` does case by case. Lists add it to their own conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import LiteralString

from msgspec import Struct
from psycopg.sql import SQL, Composed, Identifier, Literal

from domain.access.decision import in_scope, works_as
from domain.access.principal import Caller
from domain.access.table import TABLE, Relation

EVERY_ROW, NO_ROW = SQL("true"), SQL("false")
# The caller's ids are literals in the query, not parameters, so that the planner knows whether many projects match,
# which are then read in the order of the list until a page is full, or few, which are looked up by an index.
PROJECTS: LiteralString = "EXISTS (SELECT FROM views.access_project AS a WHERE a.project = {project} AND {condition})"
OF_ENTERPRISE: LiteralString = "{a}.uscc = {value}"
OF_MANAGER: LiteralString = "{a}.manager = {value}"
OF_DEPARTMENT: LiteralString = "{a}.departments @> ARRAY[{value}]"
ITEMS: LiteralString = (
    "EXISTS (SELECT FROM views.access_item AS a WHERE a.project = {project} AND a.item = {item}"
    " AND (a.department = {value} OR a.countersigners @> ARRAY[{value}]))"
)


class AccessColumns(Struct, frozen=True):
    """The names of the columns that hold a list's case; empty where the list has none of that.

    *uscc* is of an enterprise's own code in a list of enterprises: elsewhere the enterprise is that of the project.
    *department*: in lists of complaints, cards and the like, the department whose they are; else that of the item is.
    *parties*: the table itself has the columns uscc, manager and departments of `access_project`, as they are today.
    """

    alias: str
    project: str = "project"
    item: str = ""
    department: str = ""
    uscc: str = ""
    principal: str = ""
    parties: bool = False

    def column(self, name: str) -> Composed:
        """The column *name*, in SQL."""
        return SQL("{}").format(Identifier(self.alias, name))


def predicate(caller: Caller | None, action: str, columns: AccessColumns) -> SQL | Composed:
    """The rows on which *caller* (None: not signed in) may do *action*, as a condition for queries with parameters.

    Raises KeyError where no rule is declared.
    """
    rule = TABLE[action]
    if rule.public:
        return EVERY_ROW
    relation = rule.roles.get(caller.role) if caller is not None else None
    if caller is None or relation is None or not in_scope(caller, action):
        return NO_ROW
    condition = CONDITIONS[relation](caller, columns)
    if caller.projects and relation is not Relation.SELF:
        return SQL("{} AND {}").format(granted(caller, columns), condition)
    return condition


def granted(caller: Caller, columns: AccessColumns) -> SQL | Composed:
    """The condition for the projects that the grant of *caller* is limited to; without such a limit all rows match."""
    if not caller.projects:
        return EVERY_ROW
    if not columns.project:
        return NO_ROW
    return SQL("{} = ANY({}::uuid[])").format(columns.column(columns.project), Literal(list(caller.projects)))


def value(text: str) -> Composed:
    """*text* as a value in a query that has parameters, which begin with a %."""
    return SQL("{}::text").format(Literal(text.replace("%", "%%")))


def _of_project(columns: AccessColumns, condition: LiteralString, text: str) -> SQL | Composed:
    if not (columns.project and text):
        return NO_ROW
    if columns.parties:
        return SQL(condition).format(a=Identifier(columns.alias), value=value(text))
    compared = SQL(condition).format(a=SQL("a"), value=value(text))
    return SQL(PROJECTS).format(project=columns.column(columns.project), condition=compared)


def _own_enterprise(caller: Caller, columns: AccessColumns) -> SQL | Composed:
    if columns.uscc and caller.over:
        return SQL("{} = {}").format(columns.column(columns.uscc), value(caller.over))
    return _of_project(columns, OF_ENTERPRISE, caller.over)


def _owner(caller: Caller, columns: AccessColumns) -> SQL | Composed:
    return NO_ROW if caller.as_agent else _own_enterprise(caller, columns)


def _own_project(caller: Caller, columns: AccessColumns) -> SQL | Composed:
    return _of_project(columns, OF_MANAGER, works_as(caller))


def _takes_part(caller: Caller, columns: AccessColumns) -> SQL | Composed:
    return _of_project(columns, OF_DEPARTMENT, caller.over)


def _own_department(caller: Caller, columns: AccessColumns) -> SQL | Composed:
    """Without a column for the item or the department no department handles the row."""
    if columns.department and caller.over:
        return SQL("{} = {}").format(columns.column(columns.department), value(caller.over))
    if not (caller.over and columns.project and columns.item):
        return NO_ROW
    project, item = columns.column(columns.project), columns.column(columns.item)
    return SQL(ITEMS).format(project=project, item=item, value=value(caller.over))


def _self(caller: Caller, columns: AccessColumns) -> SQL | Composed:
    if not (caller.id and columns.principal):
        return NO_ROW
    return SQL("{} = {}").format(columns.column(columns.principal), value(caller.id))


CONDITIONS: Mapping[Relation, Callable[[Caller, AccessColumns], SQL | Composed]] = {
    Relation.ZONE: lambda _, __: EVERY_ROW,
    Relation.SELF: _self,
    Relation.OWNER: _owner,
    Relation.OWN_ENTERPRISE: _own_enterprise,
    Relation.OWN_DEPARTMENT: _own_department,
    Relation.TAKES_PART: _takes_part,
    Relation.OWN_PROJECT: _own_project,
}
