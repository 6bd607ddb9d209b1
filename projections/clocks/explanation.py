"""How a clock of an application was counted: day by day by its law, with the entries that changed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import structs

from domain.law.explained_acts import ExplainedExtension, ExplainedSuspension, Recording
from domain.law.licensing.explain import Explanation
from domain.law.procedure.history import ItemHistory
from domain.messages import Entry
from domain.project.application.extension import LimitExtended
from domain.project.application.supplement import SupplementRequested
from domain.project.application.suspension import ClockSuspended
from projections.clocks.law_events import id_of
from projections.clocks.procedures import procedure_of
from projections.reader import Laws

Recorded = Mapping[str, Entry]


def explanation(
    history: ItemHistory,
    laws: Laws,
    clock: str,
    t: datetime,
    known: datetime,
    entries: Sequence[Entry] = (),
) -> Explanation:
    """The *clock* day by day at *t*, by what was known at *known*; *entries* of its project say who did what, and why.

    Raises KeyError if it has not started by then, ValueError if it is counted in hours.
    """
    procedure = procedure_of(history, laws)
    if procedure is None:
        raise KeyError(clock)
    counted = procedure.explain(history, clock, t, known)
    return recorded(counted, {id_of(entry.version): entry for entry in entries}) if entries else counted


def recorded(explained: Explanation, entries: Recorded) -> Explanation:
    """*explained*, with who recorded each act, and in what words."""
    return structs.replace(
        explained,
        suspensions=tuple(_suspension(suspension, entries) for suspension in explained.suspensions),
        extensions=tuple(_extension(extension, entries) for extension in explained.extensions),
    )


def _suspension(suspension: ExplainedSuspension, entries: Recorded) -> ExplainedSuspension:
    entry = entries.get(suspension.event)
    fact = entry.fact if entry else None
    reason = fact.reason if isinstance(fact, ClockSuspended) else ""
    if isinstance(fact, SupplementRequested):
        reason = "、".join(fact.missing)
    return structs.replace(
        suspension,
        reason=reason,
        recorded=_recording(entry),
        end_recorded=_recording(entries.get(suspension.end_event)),
    )


def _extension(extension: ExplainedExtension, entries: Recorded) -> ExplainedExtension:
    entry = entries.get(extension.event)
    if entry is None or not isinstance(entry.fact, LimitExtended):
        return extension
    fact = entry.fact
    return structs.replace(
        extension,
        approver=fact.approver,
        approved_by=fact.approved_by,
        reasons=fact.reasons,
        recorded=_recording(entry),
    )


def _recording(entry: Entry | None) -> Recording | None:
    if entry is None:
        return None
    by = entry.recorded.actor
    return Recording(by.id, by.department, entry.recorded_at, entry.version)
