"""清理 removal: records outside the ledger were deleted when their retention period was over."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeAlias
from uuid import UUID, uuid5

from msgspec import Meta, Struct, field

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.rules import require_role
from domain.core.types import Code, Line

RULES_MAX = 100
NAMESPACE = UUID("b1c0a6a4-8d0e-4f5b-9a53-2c8c6a0d7f31")  # permanent: the stream is looked up by its id
RETENTION_STREAM = uuid5(NAMESPACE, "retention")


class Retention(Struct):
    """How many records were *removed* by each rule."""

    id: UUID
    version: int = 0
    removed: dict[str, int] = field(default_factory=dict)

    law: ClassVar[str] = ""  # none of its own


AnyRetention: TypeAlias = Retention | Any  # facts of all aggregates lie in one union; only this fold applies these


class RemovedRecords(Struct, frozen=True):
    """What one *rule* removed: *count* records from before *before*, whose retention period was over. *stays* says in
    words how long such records are stored.
    """

    rule: Code
    stays: Line
    before: datetime
    count: Annotated[int, Meta(ge=1)]


Removed = Annotated[tuple[RemovedRecords, ...], Meta(max_length=RULES_MAX)]


class RecordRemoval(Command, frozen=True, tag="record_removal"):
    """Record that records outside the ledger were removed: by which rules, and how many of each."""

    removed: Removed

    def decide(self, state: AnyRetention, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "record a removal", Role.ADMINISTRATOR, Role.SYSTEM)
        if state.id != RETENTION_STREAM:
            raise Refused(
                "wrong-stream",
                "a removal is recorded in a stream of its own",
                remedy=f"send it to {RETENTION_STREAM}",
            )
        if not self.removed:
            raise Refused(
                "nothing-removed", "the removal names no records", remedy="name what was removed, and how much"
            )
        return (RecordsRemoved(removed=self.removed, records=sum(each.count for each in self.removed)),)


class RecordsRemoved(Fact, frozen=True, tag="records_removed"):
    """清理: *records* in all were removed outside the ledger; *removed* says by which rules."""

    removed: tuple[RemovedRecords, ...]
    records: int

    def apply(self, state: AnyRetention) -> None:
        for each in self.removed:
            state.removed[each.rule] = state.removed.get(each.rule, 0) + each.count
