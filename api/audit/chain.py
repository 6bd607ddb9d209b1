"""The hash chain of one project, checked again from the stored bytes whenever the page is read."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from infrastructure.ledger.hash_chain import GENESIS, RawRow
from infrastructure.ledger.mapper import StoredRow


class ChainState(Struct, frozen=True):
    """How many of the *entries* match their hashes, and the version of the first that does not; 0: all do."""

    entries: int
    verified: int
    broken_at: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether every entry matches."""
        return self.verified == self.entries


def chain_state(rows: Sequence[StoredRow]) -> ChainState:
    """The state of the chain of *rows*, all of one stream's; what follows a broken entry proves nothing."""
    previous, before = GENESIS, 0
    for verified, row in enumerate(rows):
        follows = row.version == before + 1 or (before == 0 and row.version == 0)
        if not follows or RawRow.of(row).expected(previous) != row.hash:
            return ChainState(len(rows), verified, broken_at=row.version)
        previous, before = row.hash, row.version
    return ChainState(len(rows), len(rows))
