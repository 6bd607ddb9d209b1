"""The removal of records outside the ledger is recorded: by which rule, how many, and by whom."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from domain.core.context import Context
from domain.core.ledger import Actor, Refused, Role
from domain.retention.removal import RETENTION_STREAM, RecordRemoval, RecordsRemoved, RemovedRecords, Retention
from domain.streams import decide, kind_named_by
from tests.domain.access.test_principals import XU
from tests.examples import LAW, MANAGER

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
SERVERS = Actor("retention", "", Role.SYSTEM)
REMOVED = (RemovedRecords("sessions", "12 hours", AT, 41), RemovedRecords("security_log", "180 days", AT, 1260))
REMOVAL = RecordRemoval(removed=REMOVED)


def context(by: Actor = SERVERS) -> Context:
    return Context(by, AT, AT, LAW)


@pytest.mark.parametrize("by", [SERVERS, XU], ids=["servers", "an administrator"])
def test_a_removal_is_recorded_with_its_rules_and_numbers(by: Actor) -> None:
    state = Retention(RETENTION_STREAM)
    (fact,) = decide(REMOVAL, state, context(by))
    assert fact == RecordsRemoved(removed=REMOVED, records=1301)
    fact.apply(state)
    fact.apply(state)
    assert (state.removed, kind_named_by(type(fact))) == ({"sessions": 82, "security_log": 2520}, "retention")


def test_a_removal_of_nothing_by_others_or_elsewhere_is_refused() -> None:
    for command, state, by, code in (
        (REMOVAL, Retention(RETENTION_STREAM), MANAGER, "wrong-role"),
        (REMOVAL, Retention(uuid4()), SERVERS, "wrong-stream"),
        (RecordRemoval(removed=()), Retention(RETENTION_STREAM), SERVERS, "nothing-removed"),
    ):
        with pytest.raises(Refused) as refused:
            decide(command, state, context(by))
        assert refused.value.code == code
