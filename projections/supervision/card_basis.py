"""The decisive evidence of a card: the entries without which its clock would not have passed that rung."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.messages import Entry, corrections
from domain.project.application.correction import EntryRetracted
from projections.reader import Laws
from projections.view import CORRECTIONS
from projections.watch.fold import holds
from projections.watch.state import courses_of, signals_in


def decisive_entries(entries: Sequence[Entry], card: str, laws: Laws, now: datetime) -> tuple[int, ...]:
    """The versions of the evidence of *card* whose retraction would rescind it, from all *entries* of its project.

    Each is tried: the entry is retracted in memory and the clocks are read again, as the deadline watcher does. Empty
    for a card that was given by hand, or that does not hold any more.
    """
    signal = next((issued for issued in signals_in(entries) if issued.card == card), None)
    if signal is None or signal.rescinded or signal.final:
        return ()
    retracted, last = corrections(entries).retracted, entries[-1]
    decisive = []
    for version in signal.proof.evidence:
        if version in retracted or isinstance(entries[version - 1].fact, CORRECTIONS):
            continue
        fact = EntryRetracted(version=version, item=signal.item, reasons="")
        without = [*entries, Entry(last.stream, last.version + 1, now, now, fact, last.recorded)]
        if not holds(signal, courses_of(without, laws, now, signal.item)):
            decisive.append(version)
    return tuple(decisive)
