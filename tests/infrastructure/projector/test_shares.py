"""The streams are divided into shares: each belongs to one, and their sizes are in proportion."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from infrastructure.projector.fill import BUCKETS, Share, shares_of


@given(st.lists(st.integers(1, 1_000_000), min_size=1, max_size=8))
def test_every_stream_is_in_one_share(sizes: list[int]) -> None:
    shares = shares_of(sizes)

    assert (shares[0].first, shares[-1].last) == (0, BUCKETS - 1)
    assert all(after.first == before.last + 1 for before, after in pairwise(shares))


def test_shares_are_as_large_as_wanted() -> None:
    assert shares_of([1]) == [Share()]
    assert [share.last - share.first + 1 for share in shares_of([3, 1])] == [BUCKETS * 3 // 4, BUCKETS // 4]
