"""Copies of folded states: what is tried on a copy leaves the state that others read as it is."""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import Any, TypeVar

from msgspec import Struct

T = TypeVar("T")


def independent(state: T) -> T:
    """A copy of *state* that shares nothing with it which applying a fact could change."""
    copied: Any = _copied(state)
    return copied  # type: ignore[no-any-return]  # of the same type


def _copied(value: Any) -> Any:
    kind = type(value)
    if _never_changes(kind):
        return value
    if issubclass(kind, dict):
        return {key: part if _never_changes(type(part)) else _copied(part) for key, part in value.items()}
    if issubclass(kind, list):
        return [_copied(part) for part in value]
    if issubclass(kind, set):
        return set(value)
    fresh = copy(value)
    for name in kind.__struct_fields__:
        part = getattr(value, name)
        if not _never_changes(type(part)):
            setattr(fresh, name, _copied(part))
    return fresh


@cache
def _never_changes(kind: type) -> bool:
    """Whether values of this type stay as they are: everything but dictionaries, lists, sets and unfrozen structs."""
    if issubclass(kind, Struct):
        return kind.__struct_config__.frozen
    return not issubclass(kind, dict | list | set)
