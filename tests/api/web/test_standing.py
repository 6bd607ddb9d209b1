"""Whether a sender is still accepted: looked up at first, after a change, and never beyond the end that is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.web.standing import Standing

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Sender:
    """A sender who is accepted or not, how often that was looked up, and how often anything changed."""

    def __init__(self) -> None:
        self.accepted, self.looks, self.changes, self.now = True, 0, 0, NOON

    async def look_up(self) -> bool:
        self.looks += 1
        return self.accepted

    def standing(self, ends_at: datetime | None = None) -> Standing:
        return Standing(self.look_up, lambda: self.changes, lambda: self.now, ends_at)


async def test_it_is_looked_up_again_once_something_has_changed() -> None:
    sender = Sender()
    standing = sender.standing()
    assert [await standing.holds() for _ in range(3)] == [True] * 3
    assert sender.looks == 1
    sender.accepted, sender.changes = False, 1
    assert not await standing.holds()


async def test_it_ends_at_the_instant_that_was_known_beforehand() -> None:
    sender = Sender()
    standing = sender.standing(NOON + timedelta(minutes=1))
    assert await standing.holds()
    sender.now = NOON + timedelta(minutes=1)
    assert not await standing.holds()


async def test_a_change_that_no_one_announced_is_seen_within_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender()
    standing = sender.standing()
    assert await standing.holds()
    sender.accepted = False
    monkeypatch.setattr("api.web.standing.LOOK_SECONDS", 0.0)
    later = sender.standing()
    assert not await later.holds()
    assert await standing.holds()
    assert not await later.holds()
    assert sender.looks == 3
