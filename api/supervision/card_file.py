"""The file of one card: what fired, its proof, its days, the entries it rests on, and what followed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from anyio import to_thread
from litestar.di import NamedDependency, Provide
from markupsafe import Markup
from msgspec import Struct

from api.guard.judging import ProjectAccess, require_allowed
from api.html.titles import clock_unit
from api.proof.code import printed_code
from api.web.entries import ShownEntry, note_shown, shown
from api.web.problems import Problem
from domain.law.licensing.explain import Explanation
from domain.law.proof import ClockProof
from domain.messages import Entry
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from infrastructure.settings import Settings
from projections.clocks.query import ClocksAt, NoSuchClockError
from projections.clocks.reading import WORKING_DAY, ItemReading
from projections.supervision.card_case_file import card_file, issued_card
from projections.supervision.fold import SignalRow
from projections.supervision.signals import ended_by

SUPERVISION = "read:supervision"
ClockSource: TypeAlias = Callable[[datetime, datetime], ClocksAt]  # the clocks at an instant, as known at another


def clock_source(approvals: NamedDependency[Approvals], laws: NamedDependency[LawBook]) -> ClockSource:
    """The clocks at other instants than that of the request: those at which a card fired and was recorded."""
    return lambda t, known: ClocksAt(approvals.store, laws, t, known)


CLOCK_SOURCE = {"clock_source": Provide(clock_source, sync_to_thread=False)}


class ShownCard(Struct, frozen=True):
    """One card with everything it rests on; *days* explains the clock day by day as it was when it fired.

    *unit* is that of the lengths in its proof, empty for a card given by hand.

    *days* is null for a card given by hand, and where a later correction took the clock away.
    """

    as_of: datetime
    signal: SignalRow
    proof: ClockProof | None
    unit: str
    reasons: str
    days: Explanation | None
    evidence: list[ShownEntry]
    thread: list[ShownEntry]

    @property
    def rule(self) -> str:
        """The law that its clock was counted by, with its version; the installation's for a card given by hand."""
        return self.proof.rule if self.proof else DEFAULT_LAW


async def card_shown(
    clocks: ClockSource, entries: Sequence[Entry], card: str, known: datetime, access: ProjectAccess
) -> ShownCard:
    """The file of one card of the project with these *entries*, as it was at the instant *known*.

    Raises Problem: not-found where the card was not recorded by then, access-denied.
    """
    file = card_file(entries, card, known)
    if file is None:
        cards = ", ".join(dict.fromkeys(filter(None, map(issued_card, entries))))
        raise Problem("not-found", f"the project has no card {card}"[:500], remedy=f"it has: {cards or 'none'}")
    require_allowed(access.judged(SUPERVISION, file.signal.item, file.signal.department), "", access.caller)
    readings = await clocks(known, known).of_project(file.signal.project)
    of_item = [reading for reading in readings if reading.item == file.signal.item]
    lines = {line.version: line for line in shown(entries, access.caller, traced=False)}
    cited = [line for version in file.evidence if (line := lines.get(version))]
    note_shown(file.signal.project, cited)
    return ShownCard(
        as_of=known,
        signal=ended_by(file.signal, readings),
        proof=file.proof,
        unit=unit_of(file.proof, of_item) if file.proof else "",
        reasons=file.reasons,
        days=await days_of(clocks, file.signal, file.proof),
        evidence=cited,
        thread=[lines[version] for version in file.thread],
    )


def unit_of(proof: ClockProof, items: Sequence[ItemReading]) -> str:
    """The unit in which the clock of *proof* counts, as *items* read, else by the law it was counted by."""
    for clock in (clock for item in items for clock in item.clocks):
        if (clock.clock, clock.application) == (proof.clock, proof.application):
            return clock.unit
    return clock_unit(proof.rule, proof.clock) or WORKING_DAY


async def days_of(clocks: ClockSource, signal: SignalRow, proof: ClockProof | None) -> Explanation | None:
    """The clock day by day, as it was when it fired and as was known when that was recorded."""
    if proof is None:
        return None
    try:
        return await clocks(signal.happened_at, signal.told_at).explained(
            signal.project, signal.item, proof.clock, signal.application
        )
    except NoSuchClockError:
        return None


async def code_for(file: ShownCard, entries: Sequence[Entry], settings: Settings, title: str) -> Markup:
    """The code that proves the entry which issued the card, for paper; empty where the log does not hold it yet."""
    issued = next((entry for entry in entries if issued_card(entry) == file.signal.card), None)
    return await to_thread.run_sync(printed_code, settings, issued, title) if issued else Markup("")
