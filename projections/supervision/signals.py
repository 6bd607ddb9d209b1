"""What single signals are: in force, or ended with their clocks, and in which lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import structs

from domain.law.licensing.clock import State
from projections.clocks.reading import ItemReading
from projections.supervision.figures import SIGNAL_FIGURES
from projections.supervision.fold import ENDED, STANDING, VOID, WARNING, SignalRow
from projections.supervision.list import AT_ISSUE, CARDS, CARDS_OF, DISPUTED, IN_FORCE


def is_in_force(signal: SignalRow) -> bool:
    """Whether it is in force: neither rescinded or revoked, nor ended with its clock."""
    return signal.state not in (*VOID, ENDED)


def ended_by(signal: SignalRow, items: Sequence[ItemReading]) -> SignalRow:
    """*signal* by the clock readings of its project: a warning is in force while its clock runs and is not over."""
    if signal.level != WARNING or signal.state != STANDING:
        return signal
    runs = any(
        not clock.closed and clock.state in (State.RUNNING, State.SUSPENDED)
        for item in items
        if (item.item, item.application) == (signal.item, signal.application)
        for clock in item.clocks
        if clock.clock == signal.clock
    )
    return signal if runs else structs.replace(signal, state=ENDED)


LISTED: Mapping[str, Callable[[SignalRow], bool]] = {
    **SIGNAL_FIGURES,
    IN_FORCE: is_in_force,
    CARDS: lambda signal: signal.level in CARDS_OF,
    DISPUTED: lambda signal: signal.level in CARDS_OF and signal.state in AT_ISSUE,
}
