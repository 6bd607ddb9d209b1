"""收件时间 intake hours: when an office, as it has published, takes applications in, and what comes later."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

from domain.law.packs.pack import Pack

RECEIPT = "received"  # the event that the clocks begin with which the hours are about


class IntakeHours(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What an office has published. Facts hold it: widened, never narrowed.

    *intake_shift* next_working_day: what comes in on a rest day, or at or after *close_of_business*, counts as received
    on the next working day; none: as received on its own day, at whatever hour.
    """

    close_of_business: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]  # local HH:MM, exclusive
    intake_shift: Literal["none", "next_working_day"] = "next_working_day"

    @property
    def closes_at(self) -> time:
        """Close of business on the wall clock."""
        return time.fromisoformat(self.close_of_business)


def under_hours(pack: Pack, hours: IntakeHours | None) -> Pack:
    """The law as an office's hours complete it: its closing time, and the day on which receipt counts."""
    if hours is None:
        return pack
    clocks = {
        name: structs.replace(terms, start_shift=hours.intake_shift) if RECEIPT in terms.start else terms
        for name, terms in pack.clocks.items()
    }
    return structs.replace(pack, clocks=clocks, close_of_business=hours.closes_at)
