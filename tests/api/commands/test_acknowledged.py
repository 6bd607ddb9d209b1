"""What the proof of a failover counts as lost: nothing that was acknowledged and stored, and everything else."""

from __future__ import annotations

from uuid import UUID, uuid4

from msgspec import structs

from tests.api.client import REGISTER, Door
from tests.examples import LEADER, MANAGER
from tests.proofs.operating.patroni import Acknowledged, lost

KEY = UUID(int=7)


async def test_only_what_the_ledger_does_not_have_as_answered_is_lost(door: Door, shared_database_url: str) -> None:
    receipt = (await door.post(uuid4(), REGISTER, MANAGER, KEY)).json()
    stored = Acknowledged(MANAGER.id, KEY, receipt["position"])

    assert lost(shared_database_url, [stored]) == 0
    elsewhere = structs.replace(stored, position=stored.position + 1)
    by_another, never_sent = structs.replace(stored, principal=LEADER.id), structs.replace(stored, key=uuid4())
    assert lost(shared_database_url, [stored, elsewhere, by_another, never_sent]) == 3
