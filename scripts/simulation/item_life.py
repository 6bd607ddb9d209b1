"""Simulates an item of a department inside the system: application, acceptance, examination, decision, delivery."""

from __future__ import annotations

from datetime import datetime

from domain.core.ledger import Actor
from domain.core.types import Outcome, Stage
from domain.project.application.acceptance import AcceptItem, DeclineItem
from domain.project.application.completion import CompleteItem
from domain.project.application.delivery import DeliverDecision
from domain.project.application.submission import SubmitItem
from domain.project.application.supplement import RequestSupplement, SubmitSupplement
from domain.project.application.undertaking import CheckUndertaking, RevokeDecision
from domain.project.application.withdrawal import WithdrawItem
from scripts.simulation.acts import Act, Done, Life, Part
from scripts.simulation.circumstances import Circumstances, item_of
from scripts.simulation.examination import examine

APPLICATIONS_MAX = 4  # then the enterprise gives up
PAPERS = ("法定代表人身份证明", "授权委托书", "总平面图", "情况说明", "检测报告", "承诺书")
DECLINED = "不属于本机关职权范围，请向有关行政机关申请"
REFUSED = "不符合法定条件和技术标准"
TERMINATED = "申请人未按要求配合，终止办理"


def live_item(about: Circumstances, begin: datetime) -> Life:
    """From the first application to delivery; applies again if it was not granted."""
    at = begin
    for _ in range(APPLICATIONS_MAX):
        done = yield from apply(about, at)
        done = yield from take_in(about, done)
        if item_of(done, about).stage is Stage.ACCEPTED:
            done = yield from examine(about, done)
            done = yield from decide(about, done)
        item = item_of(done, about)
        if item.stage is Stage.COMPLETED and item.outcome is not None:
            done = yield from hand_over(about, done)
        if item_of(done, about).outcome is Outcome.GRANTED and item_of(done, about).undertaking:
            done = yield from check(about, done)
        if item_of(done, about).outcome is Outcome.GRANTED:
            return
        at = about.time.after(done.at, about.chance.between(8, 30))


def apply(about: Circumstances, at: datetime) -> Part:
    """The enterprise applies online, or at the window."""
    online = about.service.is_online and about.chance.happens(0.85)
    by = about.applicant if online else about.officer()
    papers = tuple(material.material_name for material in about.service.materials)
    undertaking = about.plan.by_undertaking and about.chance.happens(0.6)
    command = SubmitItem(item=about.code, materials=papers, undertaking=undertaking)
    return (yield from about.act(at, about.chance.about(3, 0.9), by, command))


def take_in(about: Circumstances, done: Done) -> Part:
    """Intake: acceptance, at once or after a supplement; rejection; or no reaction until it is deemed accepted."""
    chance, code, by = about.chance, about.code, about.officer()
    if chance.happens(0.015):
        return (yield from about.act(done.at, chance.between(7, 9), by, AcceptItem(item=code)))  # silent for too long
    if chance.happens(0.02):
        return (yield from about.act(done.at, chance.between(0, 4), by, DeclineItem(item=code, reasons=DECLINED)))
    if chance.happens(0.13):
        done = yield from supplement(about, done, by)
        if item_of(done, about).stage not in (Stage.SUBMITTED, Stage.SUPPLEMENTING):
            return done
    tolerated = [paper.material_name for paper in about.service.materials if paper.tolerable] or PAPERS
    lacking = (chance.choice(tolerated),) if chance.happens(0.05) else ()
    accept = AcceptItem(item=code, lacking=lacking)
    return (yield from about.act(done.at, chance.choice((0, 0, 0, 0, 1, 1, 2, 3, 4)), by, accept))


def supplement(about: Circumstances, done: Done, by: Actor) -> Part:
    """A notice of missing papers; the enterprise supplies them, in one or two parts, or withdraws."""
    chance, code = about.chance, about.code
    missing = tuple(dict.fromkeys(chance.choice(PAPERS) for _ in range(chance.between(1, 3))))
    done = yield from about.act(done.at, chance.between(0, 4), by, RequestSupplement(item=code, missing=missing))
    if done.refused:
        return done
    if chance.happens(0.04):
        withdraw = WithdrawItem(item=code, reasons="材料暂无法补齐")
        return (yield from about.act(done.at, chance.between(10, 40), about.applicant, withdraw))
    if len(missing) > 1 and chance.happens(0.3):
        first = SubmitSupplement(item=code, provided=missing[:1])
        done = yield from about.act(done.at, chance.about(4), about.applicant, first)
    return (yield from about.act(done.at, chance.about(5, 0.8), about.applicant, SubmitSupplement(item=code)))


def decide(about: Circumstances, done: Done) -> Part:
    """The decision: mostly granted, else refused or terminated with reasons. *done* is the last act before it."""
    chance = about.chance
    outcome, reasons = Outcome.GRANTED, ""
    if chance.happens(0.035):
        outcome, reasons = Outcome.REFUSED, REFUSED
    elif chance.happens(0.01):
        outcome, reasons = Outcome.TERMINATED, TERMINATED
    number = f"京开审字〔{done.at.year}〕{chance.digits(4)}号" if outcome is Outcome.GRANTED else ""
    command = CompleteItem(item=about.code, outcome=outcome, reasons=reasons, document_number=number)
    # Items without a limit are decided at the counter, in the same minute.
    at = about.time.after(done.at, 0) if about.days else done.at
    done = yield Act(at, about.officer(), command)
    if done.refused == "countersignature-open":
        override = CompleteItem(
            item=about.code, outcome=outcome, document_number=number, override_reasons="逾期未复，经牵头部门集体审议"
        )
        done = yield from about.act(done.at, chance.between(1, 3), about.officer(), override)
    return done


def check(about: Circumstances, done: Done) -> Part:
    """The undertaking is checked, sometimes too late; if it was broken, the grant is mostly revoked."""
    chance = about.chance
    honoured = chance.happens(0.93)
    findings = "与承诺一致" if honoured else "现场与承诺不符"
    command = CheckUndertaking(item=about.code, kept=honoured, findings=findings)
    days = chance.between(46, 60) if chance.happens(0.05) else chance.between(5, 38)
    done = yield from about.act(done.at, days, about.officer(), command)
    if honoured or done.refused or chance.happens(0.3):
        return done
    revoke = RevokeDecision(item=about.code, reasons="未履行承诺，逾期不整改")
    return (yield from about.act(done.at, chance.between(3, 10), about.officer(), revoke))


def hand_over(about: Circumstances, done: Done) -> Part:
    """Delivery, sometimes too late."""
    chance = about.chance
    method = chance.choice(("electronic", "electronic", "window", "post"))
    days = chance.between(11, 14) if chance.happens(0.01) else chance.choice((0, 0, 1, 1, 2, 3, 5))
    return (yield from about.act(done.at, days, about.officer(), DeliverDecision(item=about.code, method=method)))
