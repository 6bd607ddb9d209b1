"""State of a flow: its published editions."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias
from uuid import UUID, uuid5

from msgspec import Struct, field

from domain.core.ledger import Refused
from domain.flow.step import FlowEdition

NAMESPACE = UUID("1c8e6a0b-7a57-4a83-9f0e-5b2f6d9c4e31")  # permanent: a flow's entries are found by its name


class Flow(Struct):
    """A named approval flow with all its editions: a project keeps the one it adopted."""

    id: UUID
    version: int = 0
    name: str = ""
    editions: list[FlowEdition] = field(default_factory=list)

    law: ClassVar[str] = ""  # none of its own: its commands are recorded under the installation's law

    def edition(self, number: int = 0) -> FlowEdition:
        """Edition *number*, 0 for the newest; refused if there is none."""
        if not 0 <= number <= len(self.editions):
            raise Refused(
                "unknown-edition",
                f"the flow {self.name} has no edition {number}",
                remedy=f"choose an edition from 1 to {len(self.editions)}",
            )
        return self.editions[number - 1]


AnyState: TypeAlias = Flow | Any  # facts of all aggregates lie in one union; only a flow's fold applies these


def stream_of(name: str) -> UUID:
    """The stream id of the flow called *name*."""
    return uuid5(NAMESPACE, name)
