"""What the people of a simulated zone do: one act after another, each knowing what became of the one before."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from domain.core.ledger import Actor
from domain.messages import AnyCommand
from domain.project.state.project import Project


class Act(Struct, frozen=True):
    """Somebody sends a command at an instant."""

    at: datetime
    by: Actor
    command: AnyCommand


class Done(Struct, frozen=True):
    """What became of an act: the facts' names, or the code of the refusal; and the project as it stands after it."""

    at: datetime
    project: Project
    facts: tuple[str, ...] = ()
    refused: str = ""


Life: TypeAlias = Generator[Act, Done, None]
Part: TypeAlias = Generator[Act, Done, Done]
