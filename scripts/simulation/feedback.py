"""Simulates feedback of enterprises: evaluations with rectification and appeals, complaints with answers."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime

from domain.core.ledger import Actor
from domain.project.feedback.complaint import (
    AcceptComplaint,
    AnswerComplaint,
    CloseComplaint,
    DeclineComplaint,
    ExtendComplaint,
    FileComplaint,
    TransferComplaint,
    WithdrawComplaint,
)
from domain.project.feedback.evaluation import (
    AppealEvaluation,
    AppealGround,
    CallBack,
    Channel,
    DecideEvaluationAppeal,
    EvaluateService,
    Grade,
    RectifyEvaluation,
    StartRectification,
)
from domain.project.feedback.rules import evaluation_id
from domain.project.state.feedback import Satisfied
from scripts.simulation.acts import Act, Done, Life
from scripts.simulation.circumstances import Circumstances, item_of
from scripts.simulation.people import BUREAU, human, officer

GRADES = (Grade.VERY_SATISFIED,) * 11 + (Grade.SATISFIED,) * 6 + (Grade.FAIR,) * 2
BAD = {
    "办理时限": "比承诺的时间晚",
    "服务态度": "窗口人员解释不耐烦",
    "材料要求": "反复要求提供同一份材料",
    "系统操作": "网上提交多次失败",
}
ABOUT = ("超过承诺时限仍未办结", "多次要求补充材料", "窗口无人接听咨询电话", "未说明不予受理的理由")


def evaluated(about: Circumstances, decided: datetime) -> Life:
    """An evaluation of one item; a bad grade leads to rectification and a call back, or to an appeal."""
    chance, code = about.chance, about.code
    bad = chance.happens(0.05)
    reason = chance.choice(tuple(BAD))
    command = EvaluateService(
        item=code,
        grade=chance.choice((Grade.DISSATISFIED, Grade.DISSATISFIED, Grade.VERY_DISSATISFIED) if bad else GRADES),
        reasons=(reason,) if bad else (),
        comment=BAD[reason] if bad else "",
        channel=chance.choice(tuple(Channel)),
    )
    done = yield Act(about.time.after(decided, chance.between(0, 6)), about.applicant, command)
    if done.refused or not bad:
        return
    about_it = evaluation_id(code, item_of(done, about).application)
    handler = about.officer()
    if chance.happens(0.1):
        appeal = AppealEvaluation(evaluation=about_it, ground=chance.choice(tuple(AppealGround)), evidence="窗口录像")
        done = yield from about.act(done.at, chance.between(1, 4), handler, appeal)
        upheld = chance.happens(0.5)
        decision = DecideEvaluationAppeal(evaluation=about_it, upheld=upheld, reasons="经核查录像和办件记录")
        done = yield from about.act(done.at, chance.between(1, 6), BUREAU, decision)
        if upheld:
            return
    start = StartRectification(evaluation=about_it, handler=human(chance))
    done = yield from about.act(done.at, chance.between(0, 2), handler, start)
    rectify = RectifyEvaluation(evaluation=about_it, real=chance.happens(0.8), measures="已整改并向企业致歉")
    late = chance.happens(0.08)
    done = yield from about.act(done.at, chance.between(16, 20) if late else chance.between(2, 12), handler, rectify)
    content = chance.happens(0.9)
    call = CallBack(
        evaluation=about_it,
        satisfied=Satisfied.YES if content else Satisfied.NO,
        remarks="" if content else "仍未解决",
    )
    yield from about.act(done.at, chance.between(1, 3), handler, call)


def complained(about: Circumstances, name: str, begin: datetime, cause: int) -> Life:
    """A complaint about one item, with the entry that caused it, through to its end."""
    chance = about.chance
    filed = FileComplaint(
        complaint=name,
        item=about.code,
        about=chance.choice(ABOUT),
        anonymous=chance.happens(0.15),
        entries=(cause,) if cause else (),
    )
    done = yield Act(about.time.after(begin, chance.between(0, 3)), about.applicant, filed)
    if done.refused:
        return
    handler = about.officer()
    if chance.happens(0.05):
        take_back = WithdrawComplaint(complaint=name, reasons="问题已解决")
        yield from about.act(done.at, chance.between(1, 3), about.applicant, take_back)
        return
    if chance.happens(0.06):
        decline = DeclineComplaint(complaint=name, reasons="已进入行政复议程序")
        yield from about.act(done.at, chance.between(1, 4), handler, decline)
        return
    if chance.happens(0.1):
        handler, done = yield from passed_on(about, name, handler, done)
    done = yield from about.act(done.at, chance.between(0, 4), handler, AcceptComplaint(complaint=name))
    if chance.happens(0.08):
        extend = ExtendComplaint(complaint=name, days=5, reasons="需外部核查", approver="分管负责人")
        done = yield from about.act(done.at, chance.between(1, 3), handler, extend)
    upheld = chance.happens(0.45)
    answer = AnswerComplaint(
        complaint=name, answer="经核查属实，已整改" if upheld else "经核查，办理符合规定", upheld=upheld
    )
    done = yield from about.act(done.at, chance.about(6, 0.6), handler, answer)
    content = chance.happens(0.8)
    close = CloseComplaint(
        complaint=name,
        satisfied=chance.choice((Satisfied.YES, Satisfied.MOSTLY)) if content else Satisfied.NO,
        remarks="" if content else "答复没有解决问题",
    )
    yield from about.act(done.at, chance.between(1, 6), about.applicant, close)


def passed_on(about: Circumstances, name: str, handler: Actor, done: Done) -> Generator[Act, Done, tuple[Actor, Done]]:
    """Transfer the complaint to another department; returns the new handler."""
    to = about.chance.choice(("construction", "environment", "zone-office", "natural-resources"))
    if to == about.plan.department:
        return handler, done
    transfer = TransferComplaint(complaint=name, to=to, reasons="属其他部门职责")
    done = yield from about.act(done.at, about.chance.between(0, 2), handler, transfer)
    return (handler if done.refused else officer(to, about.chance)), done
