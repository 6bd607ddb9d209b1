"""Simulates an application between acceptance and decision: supplements, countersignatures, suspensions, extensions."""

from __future__ import annotations

from domain.project.application.extension import ExtendLimit
from domain.project.application.hearing import GiveHearingNotice, HoldHearing, RequestHearing, TellHearingRight
from domain.project.application.supplement import SubmitSupplement
from domain.project.application.suspension import ResumeClock, SuspendClock
from scripts.simulation.acts import Done, Part
from scripts.simulation.circumstances import Circumstances, item_of
from scripts.simulation.countersignature import countersigned

HEARING = "hearing"
CLEAR_DAYS = 8  # between the notice of a hearing and the hearing (Art. 48)


def examine(about: Circumstances, done: Done) -> Part:
    """Everything from acceptance to the decision."""
    accepted, chance = done.at, about.chance
    if item_of(done, about).missing:
        done = yield from about.act(done.at, chance.about(4), about.applicant, SubmitSupplement(item=about.code))
    if about.service.other_dept and (about.plan.participants or chance.happens(0.9)):
        done = yield from countersigned(about, done)
    stopped = 0
    grounds = [ground for ground in about.service.special_procedure if ground != HEARING]
    if HEARING in about.service.special_procedure and chance.happens(0.06):
        done = yield from hearing(about, done)
    elif grounds and chance.happens(0.3):
        stopped = chance.between(4, 25)
        done = yield from suspended(about, done, chance.choice(grounds), stopped)
    days = about.days
    taking = chance.about(max(days, 1) * (0.55 if chance.happens(0.95) else 1.3), 0.3) if days else 0
    if taking > days and chance.happens(0.6):
        done = yield from extended(about, done)
    # Days count from acceptance: time that has passed is included, suspended time is not.
    ready = about.time.after(accepted, taking + stopped)
    return Done(max(ready, done.at), done.project, done.facts, done.refused)


def suspended(about: Circumstances, done: Done, ground: str, days: int) -> Part:
    """A suspension on a statutory *ground*; mostly the applicant is notified in writing."""
    notified = about.chance.happens(0.95)
    begin = SuspendClock(
        item=about.code,
        ground=ground,
        notified=notified,
        reason="依法组织，所需时间不计入办理期限",
        planned_until=about.time.day_after(done.at, days),
    )
    done = yield from about.act(done.at, about.chance.between(0, 2), about.officer(), begin)
    if done.refused:
        return done
    opened = list(item_of(done, about).suspensions)
    return (yield from about.act(done.at, days, about.officer(), ResumeClock(item=about.code, suspension=opened[-1])))


def hearing(about: Circumstances, done: Done) -> Part:
    """A hearing, from the notice of the right to it, to its record (Art. 46-48)."""
    code, chance = about.code, about.chance
    done = yield from about.act(done.at, 0, about.officer(), TellHearingRight(item=code))
    done = yield from about.act(done.at, chance.between(1, 4), about.applicant, RequestHearing(item=code))
    if done.refused:
        return done
    begin = SuspendClock(item=code, ground=HEARING, notified=True, reason="依申请组织听证")
    done = yield from about.act(done.at, 0, about.officer(), begin)
    clear = chance.between(CLEAR_DAYS, 14)
    notice = GiveHearingNotice(item=code, hearing_on=about.time.day_after(done.at, clear + 1))
    done = yield from about.act(done.at, 0, about.officer(), notice)
    done = yield from about.act(done.at, clear + 1, about.officer(), HoldHearing(item=code))
    opened = list(item_of(done, about).suspensions)
    if not opened:
        return done
    return (yield from about.act(done.at, 1, about.officer(), ResumeClock(item=code, suspension=opened[-1])))


def extended(about: Circumstances, done: Done) -> Part:
    """One extension, as the law allows."""
    extension = about.law.extension("decision", about.plan.mode)
    if extension is None:
        return done
    days = about.chance.between(3, extension.days_max or 10)
    command = ExtendLimit(
        item=about.code, days=days, reasons="情况复杂，经批准延长", approver=extension.approver, notified=True
    )
    return (yield from about.act(done.at, 0, about.officer(), command))
