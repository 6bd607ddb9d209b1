"""A clock that was set back is told apart from a stored time that was changed: the chain holds when it was recorded."""

from __future__ import annotations

import pytest

from infrastructure.verifier.command_check import EPOCH_2000_US, CommandCheck, ExpectedAnswer, StoredAnswer

MINUTE_US = 60_000_000
BEGIN_US = 2 * EPOCH_2000_US
NAME = "00000000-0000-0000-0000-{:012d}"


def checked(minutes: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """The positions of times out of order, and those before which the clock was set back.

    *minutes*: of each command, when its entry was recorded, and when it was stored.
    """
    check = CommandCheck()
    for seq, (recorded, at) in enumerate(minutes, start=1):
        stored_at = (BEGIN_US + at * MINUTE_US - EPOCH_2000_US).to_bytes(8, "big", signed=True)
        name = NAME.format(seq)
        expected = ExpectedAnswer(name, seq, bytes(16), seq, (), b"", BEGIN_US + recorded * MINUTE_US)
        check.take(expected, StoredAnswer(name, bytes(32), seq, b"{}", stored_at))
    early = [fault.seq for fault in check.faults if "before the one that it follows" in fault.what]
    return early, [fault.seq for fault in check.set_back]


@pytest.mark.parametrize(
    ("minutes", "early", "set_back"),
    [
        ([(0, 0), (5, 5), (9, 9)], [], []),
        ([(0, 0), (60, 60), (2, 2), (3, 3), (61, 61)], [], [3]),  # an hour ahead, and put right
        (
            [(0, 0), (60, 60), (60, 1), (2, 2), (3, 3)],
            [],
            [4],
        ),  # first a project of the hour ahead: its times never fall
        ([(0, 0), (60, 60), (61, 1), (62, 62)], [3], []),  # a stored time was changed
        ([(0, 0), (60, 60), (61, 1)], [3], []),
        ([(0, 0), (60, 60), (61, 1), (62, 62), (3, 3)], [3], [5]),
        ([(-900, 0), (-800, 60), (-700, 1), (-600, 61)], [3], []),  # imported
    ],
)
def test_the_entries_say_whether_the_clock_was_set_back(
    minutes: list[tuple[int, int]], early: list[int], set_back: list[int]
) -> None:
    assert checked(minutes) == (early, set_back)
