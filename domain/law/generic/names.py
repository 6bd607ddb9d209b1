"""How a pack of a general law may call an item's events."""

from __future__ import annotations

from functools import cache

from domain.law.licensing.happening import Happening
from domain.law.licensing.review import Decided


def names_of(event: Happening) -> frozenset[str]:
    """How a pack may call an event: by its stored name, or by the outcome of a decision."""
    return _names(type(event), event.outcome if isinstance(event, Decided) else None)


@cache
def _names(kind: type[Happening], outcome: str | None) -> frozenset[str]:
    return frozenset(name for name in (str(kind.__struct_config__.tag), outcome) if name)
