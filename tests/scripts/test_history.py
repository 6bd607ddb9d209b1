"""The history on the command line shows what later entries made of earlier ones."""

from __future__ import annotations

from datetime import timedelta

from rich.console import Console

from domain.messages import AnyFact
from domain.project.application.correction import EntryAmended, EntryRetracted
from scripts.history import table_of, with_corrections
from tests.examples import REGISTERED, accepted, submitted
from tests.spec import NOW, entry

EARLIER = NOW - timedelta(days=3)
FACTS: tuple[AnyFact, ...] = (
    REGISTERED,
    submitted(),
    accepted(),
    EntryAmended(version=2, item="land", new_occurred_at=EARLIER, reasons="typo"),
    EntryRetracted(version=3, item="land", reasons="wrong file"),
)


def test_what_no_longer_counts_is_shown_beside_the_entry() -> None:
    entries = with_corrections([entry(version, fact) for version, fact in enumerate(FACTS, 1)])
    assert [entry_.amended_to for entry_ in entries] == [None, EARLIER, None, None, None]
    assert [entry_.retracted for entry_ in entries] == [False, False, True, False, False]

    console = Console(width=500)
    with console.capture() as shown:
        console.print(table_of("P-1", entries))
    assert f"item_submitted  (amended to {EARLIER:%Y-%m-%d %H:%M})" in shown.get()
    assert "item_accepted  (retracted)" in shown.get()
