"""A desk where things are said to an aggregate that is no project, or to a project that looks onto the shelf."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pytest

from domain.catalogue.item import ServiceItem, TaskType
from domain.catalogue.listing import DefineServiceItem
from domain.catalogue.publication import PublishCatalogue
from domain.catalogue.state import Catalogue
from domain.catalogue.state import stream_of as catalogue_stream
from domain.core.context import Context
from domain.core.ledger import Actor, Fact, Refused, Role
from domain.core.refusals import REFUSAL_CODES
from domain.flow.publication import PublishFlow
from domain.flow.state import Flow
from domain.flow.state import stream_of as flow_stream
from domain.reference_data import ReferenceData
from domain.streams import decide
from tests.examples import LAW
from tests.spec import NOW

HEAD = Actor("ma.jun", "zone-office", Role.LEADER)
ZONE, FLOW = "test-zone", "test-flow"


class ZoneDesk:
    """A catalogue, a flow, and projects; `say` carries out a command on any of them, `refused` sees it refused."""

    def __init__(self) -> None:
        self.catalogue, self.flow = Catalogue(catalogue_stream(ZONE)), Flow(flow_stream(FLOW))

    @property
    def shelf(self) -> ReferenceData:
        return ReferenceData({self.catalogue.id: self.catalogue}, {self.flow.id: self.flow})

    def say(self, state: Any, command: Any, by: Actor = HEAD, at: datetime = NOW) -> tuple[Fact, ...]:
        facts: tuple[Any, ...] = decide(command, state, Context(by, at, at, LAW, self.shelf))
        for fact in facts:
            fact.apply(state)
            state.version += 1
        return facts

    def refused(
        self, code: str, state: Any, command: Any, by: Actor = HEAD, at: datetime = NOW, part: str = ""
    ) -> Refused:
        before = msgspec.json.encode(state)
        with pytest.raises(Refused) as caught:
            self.say(state, command, by, at)
        assert (caught.value.code, part in caught.value.sentence) == (code, True), caught.value.sentence
        assert code in REFUSAL_CODES
        assert msgspec.json.encode(state) == before
        return caught.value

    def publish(self, *items: ServiceItem, valid_from: str = "2026-01-01") -> None:
        """Define *items* and publish an edition with them, in force from a day."""
        for item in items:
            self.say(self.catalogue, DefineServiceItem(catalogue=ZONE, service=item))
        day = datetime.fromisoformat(valid_from).date()
        self.say(self.catalogue, PublishCatalogue(catalogue=ZONE, valid_from=day))

    def publish_flow(self, command: PublishFlow) -> None:
        self.say(self.flow, command)


def service(code: str, **fields: Any) -> ServiceItem:
    """A service item of the land department, but for what is *fields*."""
    members: dict[str, Any] = {"task_name": code, "task_type": TaskType.LICENCE, "dept_code": "land", "is_online": True}
    return ServiceItem(task_code=code, **(members | fields))
