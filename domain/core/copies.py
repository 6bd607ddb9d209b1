"""Copies of folded states: what is tried on a copy leaves the state that others read as it is."""

from __future__ import annotations

from copy import copy
from typing import Any, TypeVar

from msgspec import Struct

T = TypeVar("T")


def independent(state: T) -> T:
    """A copy of *state* that shares nothing with it which applying a fact could change."""
    copied: Any = _copied(state)
    return copied  # type: ignore[no-any-return]  # of the same type


def _copied(value: Any) -> Any:
    if isinstance(value, Struct):
        return value if value.__struct_config__.frozen else _with_copied_fields(value)
    if isinstance(value, dict):
        return {key: _copied(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_copied(part) for part in value]
    return set(value) if isinstance(value, set) else value


def _with_copied_fields(state: Struct) -> Struct:
    fresh = copy(state)
    for name in state.__struct_fields__:
        part = getattr(state, name)
        if (copied := _copied(part)) is not part:
            setattr(fresh, name, copied)
    return fresh
