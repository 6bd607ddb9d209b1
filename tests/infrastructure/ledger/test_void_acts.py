"""An extension that would be void is refused to the person who sends it, as one that is too long is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from msgspec import structs

from domain.core.ledger import Actor, Refused, Role
from domain.core.plan import PlannedItem
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem
from domain.project.application.extension import ExtendLimit, LimitExtended
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.application.suspension import ResumeClock, SuspendClock
from infrastructure.ledger.approvals import Approvals
from tests.examples import APPLICANT, LAND, MANAGER
from tests.law.questions import at

IMPORT = Actor("import", "land", Role.SYSTEM)
EXTEND = ExtendLimit(item="land", days=10, reasons="expert opinion is late", approver="agency_head", notified=True)
REGISTER = RegisterProject(
    name="Fab 2",
    enterprise=Enterprise("Hengxin"),
    manager="wang",
    items=(PlannedItem(item="land", department="land"),),
)


class Office:
    """One project whose item was accepted on March 2, so that its last day is the 30th; *now* is the time."""

    def __init__(self, approvals: Approvals, hands: list[datetime]) -> None:
        self.approvals, self._hands, self.project = approvals, hands, uuid4()

    async def say(self, when: str, command: AnyCommand, by: Actor = LAND, key: UUID | None = None) -> None:
        self._hands[0] = at(when)
        await self.approvals.handle(self.project, command, by, key or uuid4())

    async def refused(self, when: str, command: AnyCommand, code: str) -> Refused:
        with pytest.raises(Refused) as refusal:
            await self.say(when, command)
        assert refusal.value.code == code
        return refusal.value


@pytest_asyncio.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    hands = [at("03-02 09:00")]
    async with Approvals(database_url, clock=lambda: hands[0]) as approvals:
        office = Office(approvals, hands)
        await office.say("03-02 09:00", REGISTER, MANAGER)
        await office.say("03-02 09:30", SubmitItem(item="land"), APPLICANT)
        await office.say("03-02 10:00", AcceptItem(item="land"))
        yield office


async def test_half_an_hour_too_late_is_too_late(office: Office) -> None:
    refused = await office.refused("03-31 00:30", EXTEND, "extension-late")

    assert "2026-03-30" in refused.sentence
    assert "42" in refused.article
    assert "occurred_at" in refused.remedy
    assert len(await office.approvals.history(office.project)) == 3


async def test_approved_in_time_and_keyed_in_late_counts(office: Office) -> None:
    dated = structs.replace(EXTEND, occurred_at=at("03-30 17:00"))
    key = uuid4()

    await office.say("03-31 00:30", dated, key=key)
    await office.say("04-20 09:00", dated, key=key)  # sent again it has its first answer, whatever the day

    (extended,) = await office.approvals.entries_with(office.project, LimitExtended)
    assert extended.occurred_at == at("03-30 17:00")


async def test_the_last_minute_of_the_last_day_is_in_time(office: Office) -> None:
    await office.say("03-30 23:59", EXTEND)
    assert await office.approvals.entries_with(office.project, LimitExtended)


async def test_while_the_clock_is_suspended_no_day_is_too_late(office: Office) -> None:
    await office.say("03-10 09:00", SuspendClock(item="land", ground="testing", suspension="s1"))
    await office.say("04-20 09:00", EXTEND)
    await office.say("04-21 09:00", ResumeClock(item="land", suspension="s1"))
    assert await office.approvals.entries_with(office.project, LimitExtended)


async def test_before_the_acceptance_there_is_no_clock_to_extend(office: Office) -> None:
    early = structs.replace(EXTEND, occurred_at=at("03-01 09:00"))

    refused = await office.refused("03-10 09:00", early, "extension-outside-clock")
    assert "2026-03-01" in refused.sentence


async def test_what_another_register_holds_is_kept_and_flagged_by_the_clock(office: Office) -> None:
    await office.say("03-31 00:30", EXTEND, IMPORT)
    assert await office.approvals.entries_with(office.project, LimitExtended)
