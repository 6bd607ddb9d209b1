"""An event that the law knows: something that legally happened to an item."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct

if TYPE_CHECKING:
    from domain.law.licensing.case import Case

from domain.law.calendar.moment import Instant, Moment


class Happening(Struct, frozen=True, tag_field="type"):
    """Something that legally happened to an item. *at* is when; *recorded_at* when the system learned of it (B1.1).

    *recorded_at* None means that both are one. *begins* marks what can be the first thing known of an application,
    *outlives_withdrawal* what is still recorded after a withdrawal, *corrects* a correction of another event.
    """

    id: str
    at: Instant
    recorded_at: Instant | None = None

    begins: ClassVar[bool] = False
    outlives_withdrawal: ClassVar[bool] = False
    corrects: ClassVar[bool] = False

    def apply(self, case: Case, when: Moment) -> None:
        """Apply the event to *case*, as the law has it; never fails, on any history."""

    def apply_too_early(self, case: Case, when: Moment) -> None:
        """Flag on *case* an act that came before there was an application; most leave no flag."""
