"""Simulates what follows a card: appeals, decisions of the bureau, orders and answers; and late corrections."""

from __future__ import annotations

from datetime import datetime

from domain.core.ledger import Actor
from domain.law.proof import Colour
from domain.project.application.correction import AmendEntry
from domain.project.supervision.appeals import AnswerSupervision, AppealCard, DecideAppeal, OrderSupervision, Verdict
from domain.project.supervision.signals import IssueCard
from scripts.simulation.acts import Act, Life
from scripts.simulation.circumstances import Circumstances
from scripts.simulation.people import BUREAU, officer

APPEAL = "因系统故障未能及时录入，实际已按期办结"


def after_card(about: Circumstances, card: str, department: str, begin: datetime) -> Life:
    """Reactions to a card of *department*."""
    chance, handler = about.chance, officer(department, about.chance)
    at = begin
    if chance.happens(0.25):
        appeal = AppealCard(card=card, reasons=APPEAL, papers=("系统日志截图",))
        done = yield Act(about.time.after(at, chance.between(1, 5)), handler, appeal)
        if not done.refused:
            verdict = chance.choice((Verdict.UPHOLD, Verdict.UPHOLD, Verdict.REVOKE, Verdict.RETURN))
            decision = DecideAppeal(card=card, verdict=verdict, reasons="经调阅办件记录核实")
            done = yield from about.act(done.at, chance.between(1, 8), BUREAU, decision)
            at = done.at
    if chance.happens(0.35):
        feedback = about.time.day_after(about.time.after(at, 1), chance.between(3, 5))
        order = f"order-{card}"[:64]
        command = OrderSupervision(
            order=order, item=about.code, about="请限期办结并说明原因", feedback_by=feedback, card=card
        )
        done = yield Act(about.time.after(at, 1), BUREAU, command)
        if done.refused or chance.happens(0.1):
            return
        answer = AnswerSupervision(order=order, answer="已办结，原因系人员调整，已落实整改")
        yield from about.act(done.at, chance.between(1, 6), handler, answer)


def carded_by_hand(about: Circumstances, begin: datetime) -> Life:
    """A card issued by hand, for something that no clock measures."""
    command = IssueCard(item=about.code, colour=Colour.YELLOW, reasons="未按规定向申请人说明理由")
    yield Act(about.time.after(begin, about.chance.between(2, 10)), BUREAU, command)


def amended_later(about: Circumstances, version: int, by: Actor, happened: datetime) -> Life:
    """An entry was recorded late: its time is amended the next day."""
    earlier = happened.replace(minute=0, second=0, microsecond=0)
    command = AmendEntry(version=version, new_occurred_at=earlier, reasons="录入时间晚于实际办理时间")
    yield Act(about.time.after(happened, 1), by, command)
