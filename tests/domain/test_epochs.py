"""Epochs of the ledger: what a restore records, and what became of a position that was given out before it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.core.context import Context
from domain.core.ledger import Actor, Refused, Role
from domain.epochs.restore import LedgerRestored, RecordRestore
from domain.epochs.state import EPOCHS_STREAM, Epochs, RestorePoint, epoch_of, loss_of
from domain.streams import decide, kind_named_by
from tests.domain.access.test_principals import XU
from tests.examples import LAW

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
SYSTEM = Actor("operator", "", Role.SYSTEM)
RESTORE = RecordRestore(kept_to=100, lost_to=110, log="zone", restored_to=AT)


def context(by: Actor = SYSTEM) -> Context:
    return Context(by, AT, AT, LAW)


def test_each_restore_begins_the_next_epoch() -> None:
    state = Epochs(EPOCHS_STREAM)
    (first,) = decide(RESTORE, state, context())
    assert first == LedgerRestored(epoch=2, kept_to=100, lost_to=110, log="zone", restored_to=AT)
    first.apply(state)
    state.version = 1
    (second,) = decide(RecordRestore(kept_to=90, lost_to=101), state, context())
    assert isinstance(second, LedgerRestored)
    assert (second.epoch, state.current, kind_named_by(type(second))) == (3, 2, "epochs")


def test_an_epoch_whose_restore_was_taken_away_is_not_numbered_again() -> None:
    (fact,) = decide(RecordRestore(kept_to=50, lost_to=101, epoch_before=3), Epochs(EPOCHS_STREAM), context())
    assert isinstance(fact, LedgerRestored)
    assert fact.epoch == 4


def test_only_the_system_records_a_restore_and_only_in_its_place() -> None:
    for command, state, by, code in (
        (RESTORE, Epochs(EPOCHS_STREAM), XU, "wrong-role"),
        (RESTORE, Epochs(uuid4()), SYSTEM, "wrong-stream"),
        (RecordRestore(kept_to=100, lost_to=99), Epochs(EPOCHS_STREAM), SYSTEM, "restore-range"),
        (RecordRestore(kept_to=-1, lost_to=99), Epochs(EPOCHS_STREAM), SYSTEM, "restore-range"),
    ):
        with pytest.raises(Refused) as refused:
            decide(command, state, context(by))
        assert refused.value.code == code


@settings(max_examples=60)
@for_all(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=4))
def test_an_id_given_out_always_names_its_entry_or_is_lost(histories: list[tuple[int, int]]) -> None:
    """Whatever restores come later: an id means the entry that had it, or is known to be lost."""
    ledger: list[tuple[int, int]] = [(1, seq) for seq in range(1, 11)]  # epoch and position of each entry
    restores: list[RestorePoint] = []
    current, names = 1, {(seq, 1) for seq in range(1, 11)}
    for back, forward in histories:
        kept_to = max(0, len(ledger) - back)
        current += 1
        # A restore to before an earlier one has lost the fact of that one, the first entry behind what was left.
        restores = [point for point in restores if point.kept_to < kept_to]
        restores.append(RestorePoint(current, kept_to, len(ledger)))
        ledger = [*ledger[:kept_to], *((current, seq) for seq in range(kept_to + 1, kept_to + 2 + forward))]
        names |= {(seq, epoch_of(seq, restores)) for _, seq in ledger}
    for seq, epoch in names:
        is_there = seq <= len(ledger) and ledger[seq - 1] == (epoch, seq)
        assert (loss_of(seq, epoch, restores) is None) == is_there
    assert [epoch_of(seq, restores) for _, seq in ledger] == [epoch for epoch, _ in ledger]
