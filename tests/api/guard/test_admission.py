"""Whether a sender is still accepted: looked up at first, after a change, and never beyond the end that is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.guard.admission import StillAccepted

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Sender:
    """A sender who is accepted or not, how often that was looked up, and how often anything changed."""

    def __init__(self) -> None:
        self.accepted, self.looks, self.changes, self.now = True, 0, 0, NOON

    async def look_up(self) -> bool:
        self.looks += 1
        return self.accepted

    def admission(self, ends_at: datetime | None = None) -> StillAccepted:
        return StillAccepted(self.look_up, lambda: self.changes, lambda: self.now, ends_at)


async def test_it_is_looked_up_again_once_something_has_changed() -> None:
    sender = Sender()
    admission = sender.admission()
    assert [await admission.holds() for _ in range(3)] == [True] * 3
    assert sender.looks == 1
    sender.accepted, sender.changes = False, 1
    assert not await admission.holds()


async def test_it_ends_at_the_instant_that_was_known_beforehand() -> None:
    sender = Sender()
    admission = sender.admission(NOON + timedelta(minutes=1))
    assert await admission.holds()
    sender.now = NOON + timedelta(minutes=1)
    assert not await admission.holds()


async def test_a_change_that_no_one_announced_is_seen_within_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender()
    admission = sender.admission()
    assert await admission.holds()
    sender.accepted = False
    monkeypatch.setattr("api.guard.admission.LOOK_SECONDS", 0.0)
    later = sender.admission()
    assert not await later.holds()
    assert await admission.holds()
    assert not await later.holds()
    assert sender.looks == 3
