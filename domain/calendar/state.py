"""State of a calendar: the imported notices and the stage of each."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, TypeAlias
from uuid import UUID, uuid5

from msgspec import Struct, field

from domain.core.ledger import Refused, Role
from domain.law.calendar.calendar import Notice

NAMESPACE = UUID("b5b0f0c4-3c35-4d0c-8a5c-6d1d4c9f2a77")  # permanent: a calendar's entries are found by its name
KEEPERS = (Role.SUPERVISOR, Role.LEADER, Role.SYSTEM)  # roles that maintain a zone's calendar


class NoticeStage(StrEnum):
    """The stage of an imported notice."""

    IMPORTED = "imported"  # used in previews only
    APPROVED = "approved"  # by a second person
    APPLIED = "applied"
    WITHDRAWN = "withdrawn"


OPEN_STAGES = (NoticeStage.IMPORTED, NoticeStage.APPROVED)


class ImportedNotice(Struct):
    """One notice, who imported it, and its stage."""

    notice: Notice
    imported_by: str
    stage: NoticeStage = NoticeStage.IMPORTED


class Calendar(Struct):
    """The notices imported for one named calendar, in addition to those shipped with the package."""

    id: UUID
    version: int = 0
    notices: dict[str, ImportedNotice] = field(default_factory=dict)

    law: ClassVar[str] = ""  # none of its own: its commands are recorded under the installation's law

    def open_notice(self, code: str) -> ImportedNotice:
        """The notice *code*; refused unless it is open, that is neither applied nor withdrawn."""
        imported = self.notices.get(code)
        if imported is None:
            known = ", ".join(self.notices) or "none"
            raise Refused("unknown-notice", f"no notice {code} was imported", remedy=f"imported notices: {known}")
        if imported.stage not in OPEN_STAGES:
            raise Refused(
                "notice-settled",
                f"the notice {code} is {imported.stage}",
                remedy="import a new notice to correct an applied one",
                stage=str(imported.stage),
            )
        return imported

    def applied(self) -> list[Notice]:
        """The applied notices, in order of import."""
        return [imported.notice for imported in self.notices.values() if imported.stage is NoticeStage.APPLIED]


AnyState: TypeAlias = Calendar | Any  # facts of all aggregates lie in one union; only a calendar's fold applies these


def stream_of(name: str) -> UUID:
    """The stream id of the calendar called *name*."""
    return uuid5(NAMESPACE, name)
