"""机构合并 merged departments: from a day on, the officers of one department do the work of another as well."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, TypeAlias
from uuid import UUID, uuid5

from msgspec import Struct, field

from domain.access.state import KEEPERS, NAMESPACE, require_period
from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.rules import require_role
from domain.core.types import Code, Line

DEPARTMENTS_STREAM = uuid5(NAMESPACE, "departments/")  # no principal's: an id of theirs is without the slash


class DepartmentMerge(Struct, frozen=True, gc=False):
    """A merge: the department that takes over the work, and from when."""

    into: str
    valid_from: datetime


class Departments(Struct):
    """The zone's departments, as far as they were merged."""

    id: UUID
    version: int = 0
    merges: dict[str, DepartmentMerge] = field(default_factory=dict)

    law: ClassVar[str] = ""  # none of its own

    def absorbed(self, department: str, at: datetime) -> list[str]:
        """The departments whose work *department* does at the instant *at*, through any number of merges."""
        out: list[str] = []
        queue = [department]
        while queue:
            into = queue.pop()
            merged = [old for old, merge in self.merges.items() if merge.into == into and merge.valid_from <= at]
            out += merged
            queue += merged
        return sorted(out)


AnyDepartments: TypeAlias = Departments | Any  # facts of all aggregates lie in one union; only this fold applies these


class MergeDepartments(Command, frozen=True, tag="merge_departments"):
    """Let the officers of *into* do the work of *department* as well. Its items, and its past acts, keep its name."""

    department: Code
    into: Code
    valid_from: datetime | None = None
    paper: Line = ""  # the decision on the reorganisation (机构改革方案)

    def decide(self, state: Departments, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "merge departments", *KEEPERS)
        if state.id != DEPARTMENTS_STREAM:
            raise Refused(
                "wrong-stream",
                "departments are merged in a stream of their own",
                remedy=f"send it to {DEPARTMENTS_STREAM}",
            )
        if self.department in state.merges:
            raise Refused(
                "department-merged",
                f"{self.department} was merged into {state.merges[self.department].into} before",
                remedy=f"merge {state.merges[self.department].into} instead, if it was dissolved as well",
            )
        start = require_period(self.valid_from, None, context)
        if self.into == self.department or self.into in _absorbed_ever(state, self.department):
            raise Refused(
                "merge-circle",
                f"{self.department} can't be merged into {self.into}, which is part of it",
                remedy="name the department that goes on",
            )
        return (DepartmentsMerged(department=self.department, into=self.into, valid_from=start, paper=self.paper),)


class DepartmentsMerged(Fact, frozen=True, tag="departments_merged"):
    """机构合并: the work of *department* is done by *into* from *valid_from*."""

    department: str
    into: str
    valid_from: datetime
    paper: str = ""

    def apply(self, state: AnyDepartments) -> None:
        state.merges[self.department] = DepartmentMerge(self.into, self.valid_from)


def _absorbed_ever(state: Departments, department: str) -> set[str]:
    """Every department whose work passes to *department*, whenever that begins."""
    out: set[str] = set()
    queue = [department]
    while queue:
        into = queue.pop()
        new = [old for old, merge in state.merges.items() if merge.into == into and old not in out]
        out.update(new)
        queue += new
    return out
