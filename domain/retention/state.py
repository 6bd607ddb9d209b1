"""What was ever removed beside the ledger, as far as it was recorded."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias
from uuid import UUID, uuid5

from msgspec import Struct, field

NAMESPACE = UUID("b1c0a6a4-8d0e-4f5b-9a53-2c8c6a0d7f31")  # permanent: the stream is looked up by its id
RETENTION_STREAM = uuid5(NAMESPACE, "retention")


class Retention(Struct):
    """How many records were *removed* by each rule."""

    id: UUID
    version: int = 0
    removed: dict[str, int] = field(default_factory=dict)

    law: ClassVar[str] = ""  # none of its own


AnyRetention: TypeAlias = Retention | Any  # facts of all aggregates lie in one union; only this fold applies these
