"""Types of a simulation: acts, their results, and the generators ("lives") that yield one act after another."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from domain.core.ledger import Actor
from domain.messages import AnyCommand
from domain.project.state.project import Project


class Act(Struct, frozen=True):
    """A command that an actor sends at an instant."""

    at: datetime
    by: Actor
    command: AnyCommand


class Done(Struct, frozen=True):
    """The result of an act: the names of its facts, or the code of the refusal; and the project after it.

    *repeated*: it was sent before, and got its first answer again.
    """

    at: datetime
    project: Project
    facts: tuple[str, ...] = ()
    refused: str = ""
    repeated: bool = False


Life: TypeAlias = Generator[Act, Done, None]
Part: TypeAlias = Generator[Act, Done, Done]
