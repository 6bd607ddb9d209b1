"""Simulated countersignatures: parallel or sequential, late, with conditions, forwarded, consolidated."""

from __future__ import annotations

from datetime import datetime

from domain.core.types import Stage
from domain.project.countersignature.consolidation import ConsolidateOpinions
from domain.project.countersignature.forwarding import ForwardCountersignature, RecallCountersignature
from domain.project.countersignature.request import (
    AskCountersignature,
    AskingOrder,
    ContinueCountersignature,
    Countersign,
)
from domain.project.countersignature.revision import ReviseApplication
from domain.project.countersignature.rules import JOINT_STEP
from domain.project.state.consultation import Consultation, Opinion, unanswered
from scripts.simulation.acts import Act, Done, Part
from scripts.simulation.circumstances import Circumstances, item_of
from scripts.simulation.people import officer

ANSWERS_MAX = 24  # then the lead department decides with what it has
CONDITIONS = ("施工期间做好扬尘管控", "雨污分流", "预留消防通道", "按规定配建人防工程")
OBJECTION = "设计方案与专项规划不符，请修改后再送"


def countersigned(about: Circumstances, done: Done) -> Part:
    """Departments are asked until all have answered, and their opinions are consolidated if needed."""
    code, chance = about.code, about.chance
    if not about.plan.participants:  # those of a joint item were asked by its acceptance
        order = AskingOrder.SEQUENTIAL if chance.happens(0.25) else AskingOrder.PARALLEL
        ask = AskCountersignature(item=code, departments=about.service.other_dept, order=order)
        done = yield from about.act(done.at, 0, about.officer(), ask)
        if done.refused:
            return done
    if chance.happens(0.05):
        change = ReviseApplication(item=code, changes="调整总平面布置", materials=("修改后的设计方案",))
        done = yield from about.act(done.at, chance.between(1, 3), about.applicant, change)
    when: dict[tuple[str, int], datetime] = {}  # each department answers in its own time
    for _ in range(ANSWERS_MAX):
        waiting = {(request.key, request.times): request for request in unanswered(item_of(done, about).consultations)}
        if not waiting or item_of(done, about).stage is not Stage.ACCEPTED:
            break
        for key in waiting:
            when.setdefault(key, about.time.after(done.at, _days(about)))
        first = min(waiting, key=lambda key: (when[key], key))
        done = yield from _answered(about, max(when[first], done.at), waiting[first])
    return (yield from _summed_up(about, done))


def _days(about: Circumstances) -> int:
    """How many working days a department takes to answer; mostly within the promised limit of the item."""
    if about.chance.happens(0.03):
        return about.chance.between(8, 11)
    return min(about.chance.choice((0, 0, 1, 1, 2, 2, 3, 5)), max(0, about.days - 3))


def _answered(about: Circumstances, at: datetime, request: Consultation) -> Part:
    """A department answers, or forwards the request; after an objection the lead department reacts."""
    chance, code, step = about.chance, about.code, request.step
    who = officer(request.department, chance)
    if step != JOINT_STEP and not request.forwarded_from and chance.happens(0.02):
        passed = ForwardCountersignature(item=code, step=step, to="water", reasons="属水务部门职责")
        done = yield Act(at, who, passed)
        if not done.refused:
            return done
    opinion = _opinion(about)
    conditions = (chance.choice(CONDITIONS),) if opinion is Opinion.AGREED_WITH_CONDITIONS else ()
    reasons = OBJECTION if opinion is Opinion.OBJECTED else ""
    answer = Countersign(item=code, step=step, opinion=opinion, conditions=conditions, reasons=reasons)
    done = yield Act(at, who, answer)
    if done.refused:
        back = RecallCountersignature(item=code, department=request.department, step=step, reasons="无需再征求意见")
        return (yield from about.act(done.at, 1, about.officer(), back))
    if opinion is Opinion.OBJECTED and chance.happens(0.75):
        again = AskCountersignature(item=code, departments=(request.department,), step=step)
        return (yield from about.act(done.at, chance.between(1, 5), about.officer(), again))
    if opinion is Opinion.OBJECTED and request.line:
        go_on = ContinueCountersignature(
            item=code, department=request.department, step=step, reasons="不影响后续部门审查"
        )
        done = yield from about.act(done.at, 1, about.officer(), go_on)
    return done


def _opinion(about: Circumstances) -> Opinion:
    if about.chance.happens(0.04):
        return Opinion.OBJECTED
    return Opinion.AGREED_WITH_CONDITIONS if about.chance.happens(0.12) else Opinion.AGREED


def _summed_up(about: Circumstances, done: Done) -> Part:
    """The lead department's consolidated opinion, if there were objections or conditions."""
    item = item_of(done, about)
    reserved = [answer for answer in item.consultations.values() if answer.opinion not in (None, Opinion.AGREED)]
    if not reserved or item.stage is not Stage.ACCEPTED:
        return done
    objected = any(answer.opinion is Opinion.OBJECTED for answer in reserved)
    command = ConsolidateOpinions(
        item=about.code,
        text="综合各部门意见，同意办理",
        conditions=CONDITIONS[:1],
        override_reasons="经专题会议研究，已落实替代措施" if objected else "",
    )
    return (yield from about.act(done.at, about.chance.between(0, 2), about.officer(), command))
