"""What tests of countersignature say again and again: facts and people of an item that goes round departments."""

from __future__ import annotations

from domain.core.ledger import Actor
from domain.messages import AnyFact
from domain.project.countersignature.request import Countersign, ItemCountersigned
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.state.consultation import Opinion
from domain.project.state.project import Item
from tests.examples import LAW, REGISTERED, under_examination
from tests.spec import given

LIMIT = LAW.limit(clock="countersign")
EXAMINED = (REGISTERED, *under_examination())
ROADS = Actor("lu", "roads")
AGREE = Countersign(item="land", opinion=Opinion.AGREED)
OBJECT = Countersign(item="land", opinion=Opinion.OBJECTED, reasons="no road")


def question_to(
    department: str,
    turn: int = 1,
    line: tuple[str, ...] = (),
    reasons: str = "",
    forwarded_from: str = "",
) -> CountersignatureAsked:
    """*department* was asked in a round."""
    return CountersignatureAsked(
        item="land",
        department=department,
        step="",
        limit=LIMIT.days,
        article=LIMIT.article,
        round=turn,
        line=line,
        reasons=reasons,
        forwarded_from=forwarded_from,
    )


def answered(
    department: str, opinion: Opinion = Opinion.AGREED, turn: int = 1, conditions: tuple[str, ...] = ()
) -> ItemCountersigned:
    """*department* answered in a round."""
    return ItemCountersigned(
        item="land",
        department=department,
        step="",
        opinion=opinion,
        conditions=conditions,
        reasons="no road" if opinion is Opinion.OBJECTED else "",
        round=turn,
    )


def land(*facts: AnyFact) -> Item:
    """The item after it was accepted and *facts* happened."""
    return given(*EXAMINED, *facts).project.items["land"]
