"""What a calendar remembers in order to decide: the notices imported here, and how far each has come."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, TypeAlias
from uuid import UUID, uuid5

from msgspec import Struct, field

from domain.core.ledger import Refused, Role
from domain.law.calendar.calendar import Notice

NAMESPACE = UUID("b5b0f0c4-3c35-4d0c-8a5c-6d1d4c9f2a77")  # permanent: a calendar's entries are found by its name
KEEPERS = (Role.SUPERVISOR, Role.LEADER, Role.SYSTEM)  # who answers for the calendar of a zone


class NoticeStage(StrEnum):
    """How far an imported notice has come."""

    IMPORTED = "imported"  # counted for a preview, nowhere else
    APPROVED = "approved"  # by a second person
    APPLIED = "applied"
    WITHDRAWN = "withdrawn"


OPEN_STAGES = (NoticeStage.IMPORTED, NoticeStage.APPROVED)


class KeptNotice(Struct):
    """One notice: as it was imported, by whom, and how far it has come."""

    notice: Notice
    imported_by: str
    stage: NoticeStage = NoticeStage.IMPORTED


class Calendar(Struct):
    """The notices imported for one named calendar, beside those the package ships."""

    id: UUID
    version: int = 0
    notices: dict[str, KeptNotice] = field(default_factory=dict)

    law: ClassVar[str] = ""  # none of its own: what is said to it is recorded under the installation's

    def open_notice(self, code: str) -> KeptNotice:
        """The notice *code*, neither applied nor withdrawn; refused otherwise."""
        imported = self.notices.get(code)
        if imported is None:
            known = ", ".join(self.notices) or "none"
            raise Refused("unknown-notice", f"no notice {code} was imported", remedy=f"imported are: {known}")
        if imported.stage not in OPEN_STAGES:
            raise Refused(
                "notice-settled",
                f"the notice {code} is {imported.stage}",
                remedy="what an applied notice got wrong, a new notice puts right",
                stage=str(imported.stage),
            )
        return imported

    def applied(self) -> list[Notice]:
        """The notices that are counted by, in the order in which they were imported."""
        return [imported.notice for imported in self.notices.values() if imported.stage is NoticeStage.APPLIED]


AnyState: TypeAlias = Calendar | Any  # facts of all aggregates lie in one union; only a calendar's fold applies these


def stream_of(name: str) -> UUID:
    """Where the entries of the calendar called *name* stand in the ledger."""
    return uuid5(NAMESPACE, name)
