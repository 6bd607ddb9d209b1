"""What a page reads from the entries of a project: its registration, and which items a fact is about."""

from __future__ import annotations

from collections.abc import Sequence

from domain.messages import Entry
from domain.project.application.registration import ProjectRegistered
from domain.project.materials.attachment import MaterialAttached, MaterialDetached


def items_of(fact: object) -> tuple[str, ...]:
    """The items that a history line is about."""
    return fact.items if isinstance(fact, MaterialAttached | MaterialDetached) else (getattr(fact, "item", ""),)


def registration(entries: Sequence[Entry]) -> ProjectRegistered | None:
    """The registration of the project; None before it."""
    return next((entry.fact for entry in entries if isinstance(entry.fact, ProjectRegistered)), None)
