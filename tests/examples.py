"""Canonical people, items and facts: what most tests begin with."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid5

from msgspec import structs

from domain.core.ledger import Actor, Role
from domain.core.plan import PlannedItem
from domain.core.types import Mode, Outcome
from domain.law.packs.parse import parse_feedback_terms, parse_pack
from domain.project.application.acceptance import ItemAccepted, ItemDeclined
from domain.project.application.completion import ItemCompleted
from domain.project.application.registration import Enterprise, ProjectRegistered
from domain.project.application.submission import ItemSubmitted

ROOT = Path(__file__).parents[1]
PACKS = ROOT / "domain/law/packs"
ZONE_2020 = parse_feedback_terms((PACKS.parent / "feedback/zone-voices/2020-01-01.toml").read_text(encoding="utf-8"))
LAW, DUTCH_LAW = (
    structs.replace(parse_pack((PACKS / name).read_text(encoding="utf-8")), feedback=(ZONE_2020,))
    for name in ("cn-licensing/2019-04-23.toml", "nl-awb/2009-10-01.toml")
)

MANAGER = Actor("wang", "zone-office", Role.PROJECT_MANAGER)
USCC = "91420100MA0HX2026E"
APPLICANT = Actor("hengxin", USCC, Role.APPLICANT)
LAND = Actor("li", "land")
PLANNING = Actor("zhou", "planning")
FIRE = Actor("zhao", "fire")
WATER = Actor("he", "water")
PROVINCE = Actor("tang", "province")
BUREAU = Actor("gao", "supervision", Role.SUPERVISOR)
LEADER = Actor("ma", "zone-office", Role.LEADER)
FEED = Actor("tax-exchange", "tax", Role.INTEGRATOR)
IMPORTER = Actor("importer", "land", Role.SYSTEM)

ITEMS = (
    PlannedItem(item="land", department="land", promise_days=10),
    PlannedItem(item="site-plan", department="planning", requires=("land",), mode=Mode.JOINT),
    PlannedItem(item="discharge", department="water", mode=Mode.LOWER_REVIEW),
    PlannedItem(item="tax", department="tax", mode=Mode.ON_THE_SPOT, live=False),
)
REGISTERED = ProjectRegistered(
    name="Fab 2",
    enterprise=Enterprise("Hengxin", USCC),
    manager="wang",
    code="P-1",
    law=LAW.id,
    items=ITEMS,
)


def submitted(item: str = "land") -> ItemSubmitted:
    """*item* was applied for."""
    return ItemSubmitted(item=item, law=LAW.name)


def accepted(item: str = "land", lacking: tuple[str, ...] = ()) -> ItemAccepted:
    """*item* was accepted under the law's own limit."""
    plan = next(planned for planned in ITEMS if planned.item == item)
    limit = LAW.limit(plan.mode)
    days = limit.days if plan.promise_days is None else plan.promise_days
    return ItemAccepted(
        item=item,
        mode=plan.mode,
        law=LAW.name,
        limit=limit.days,
        unit=limit.unit,
        article=limit.article,
        promise_days=plan.promise_days,
        lacking=lacking,
        cure_days=days if lacking else None,
    )


def declined(item: str = "land") -> ItemDeclined:
    """*item* was not admitted."""
    return ItemDeclined(item=item, reasons="not within our powers")


def completed(item: str = "land", outcome: Outcome = Outcome.GRANTED) -> ItemCompleted:
    """*item* was decided."""
    return ItemCompleted(item=item, outcome=outcome, reasons="" if outcome is Outcome.GRANTED else "no quota left")


def under_examination(item: str = "land") -> tuple[ItemSubmitted, ItemAccepted]:
    """*item* was applied for and accepted."""
    return submitted(item), accepted(item)


def project_id_of(namespace: UUID, name: str) -> UUID:
    """The id of the project called *name* in *namespace*: of version 8, as those of version 5 are not for projects."""
    return UUID(int=uuid5(namespace, name).int & ~(0xF << 76) | 8 << 76)
