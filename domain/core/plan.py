"""The plan of a project: its items and the phases of its flow."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from domain.core.graph import Groups, groups_of
from domain.core.types import Alternatives, Code, Codes, JointForm, Line, Mode, ModeName, Name


class PlannedItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One service item (事项) as planned for a project. Stored in facts: limits may be widened, never narrowed."""

    item: Code
    department: Code
    name: Line = ""
    requires: Codes = ()  # 前置条件: items that must be granted first
    mode: ModeName = Mode.SINGLE.value  # of its law
    promise_days: Annotated[int, Meta(ge=0)] | None = None  # 承诺时限, in the unit of the law's promises
    live: bool = True  # false: the department works outside the system, its results are keyed in
    special: Name = ""  # the pack's special law for this kind of item, e.g. an environmental report
    requires_any: Alternatives = ()  # of each group one item must be granted first
    phase: Name = ""  # 阶段 of the approval flow, by its code; empty outside a flow
    milestone: bool = False  # 里程碑事项
    service: Line = ""  # its code in the catalogue of service items
    catalogue: Name = ""  # the catalogue's name; empty where the item was planned by hand
    participants: Codes = ()  # 参与部门 of a joint item: consulted on acceptance, each with its own clock
    joint_form: JointForm | None = None
    by_undertaking: bool = False  # 告知承诺: may be granted on the applicant's word, and checked afterwards
    calendar: Name = ""  # of the region whose holidays count for it; empty: its law's own

    @property
    def needs(self) -> Groups:
        """Groups of preconditions: one item of each has to be granted first."""
        return groups_of(self.requires, self.requires_any) if self.requires or self.requires_any else ()

    @property
    def preconditions(self) -> frozenset[str]:
        """Every item named in a precondition."""
        return frozenset(self.requires).union(*self.requires_any)

    def waits_for(self, code: str) -> bool:
        """Whether a precondition names the item *code*."""
        if code in self.requires:
            return True
        return bool(self.requires_any) and any(code in group for group in self.requires_any)


class Phase(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """阶段 of an approval flow, with its time limit. Stored in facts: limits may be widened, never narrowed."""

    code: Code
    name: Line = ""
    limit_days: Annotated[int, Meta(ge=1, le=3650)] | None = None  # in the law's own unit
    name_en: Line = ""  # in English
