"""The actors of the examples, and the steps of a story."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from domain.core.ledger import Actor, Role
from domain.messages import AnyCommand

PROJECT = UUID("0193f0a2-7c00-7000-8000-000000000001")

MANAGER = Actor("wang.min", "zone-office", Role.PROJECT_MANAGER)
ENTERPRISE = Actor("hengxin", "91420100MA0HX2026E", Role.APPLICANT)
LAND = Actor("li.qiang", "natural-resources")
PLANNING = Actor("zhou.fang", "planning")
FIRE = Actor("zhao.lei", "fire")
ENVIRONMENT = Actor("sun.yue", "environment")
WATER = Actor("he.jing", "water")
PROVINCE = Actor("tang.wei", "province-environment")
BUREAU = Actor("gao.ming", "supervision", Role.SUPERVISOR)
TAX_FEED = Actor("税务数据对接", "tax", Role.INTEGRATOR)
WATCHER = Actor("deadline-watcher", "", Role.SYSTEM)


class Step(Struct, frozen=True):
    """One command of the story with its actor and time."""

    at: datetime
    by: Actor
    command: AnyCommand

    @property
    def dated(self) -> AnyCommand:
        """The command with its occurred_at, as sent today to record it at that time."""
        return structs.replace(self.command, occurred_at=self.command.occurred_at or self.at)


def moment(text: str) -> datetime:
    """The instant of a local time in the zone, e.g. "2026-03-02 09:00"."""
    return datetime.fromisoformat(f"{text}+08:00")


def sent(at: str, by: Actor, *commands: AnyCommand) -> list[Step]:
    """The steps for *commands* sent by one actor at one time."""
    return [Step(moment(at), by, command) for command in commands]
