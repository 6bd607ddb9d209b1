"""Simulates items of departments outside the system: results entered late, verified, corrected, and reconciled."""

from __future__ import annotations

from datetime import datetime

from msgspec import structs

from domain.core.types import Outcome
from domain.project.application.correction import RetractEntry
from domain.project.application.delivery import DeliverDecision
from domain.project.external.results import (
    AttestRecord,
    KeptResult,
    ReconcileExternalResult,
    RecordExternalResult,
    SettleDiscrepancy,
    VerifyExternalResult,
)
from scripts.simulation.acts import Done, Life, Part
from scripts.simulation.circumstances import Circumstances
from scripts.simulation.people import EXCHANGE, feed

SOURCE = "窗口领取的证照"
ISSUERS = {"market": "市监", "tax": "税", "utilities": "公服"}  # in the numbers of documents; of others the zone alone


def external_item(about: Circumstances, begin: datetime) -> Life:
    """A result that the project manager enters some days later, and its verification."""
    chance, time = about.chance, about.time
    happened = time.after(begin, chance.about(max(about.days, 1) + 3, 0.6))
    number = f"京开{ISSUERS.get(about.plan.department, '')}〔{happened.year}〕{chance.digits(6)}号"
    record = RecordExternalResult(
        occurred_at=happened,
        item=about.code,
        outcome=Outcome.GRANTED,
        evidence=f"扫描件 {number}.pdf",
        document_number=number,
        document_on=time.day_of(happened),
        source=SOURCE,
    )
    wrong = chance.happens(0.05)
    if wrong:
        record = structs.replace(record, document_number=f"{number[:-2]}{(int(number[-2]) + 1) % 10}号")
    done = yield from about.act(happened, chance.about(2, 0.8), about.manager, record)
    if done.refused:
        return
    if wrong and chance.happens(0.6):
        done = yield from corrected(about, done, structs.replace(record, document_number=number))
    handed_at = min(time.after(happened, chance.between(0, 3)), done.at)
    handed = DeliverDecision(occurred_at=handed_at, item=about.code, method="window")
    done = yield from about.act(done.at, 0, about.manager, handed)
    if chance.happens(0.5):
        verify = VerifyExternalResult(item=about.code, evidence="电话核实")
        done = yield from about.act(done.at, chance.between(3, 20), about.manager, verify)
    if chance.happens(0.3):
        done = yield from reconciled(about, done, number)
    if chance.happens(0.3):
        yield from about.act(done.at, chance.between(1, 10), about.manager, AttestRecord(item=about.code))


def corrected(about: Circumstances, done: Done, right: RecordExternalResult) -> Part:
    """A typing error is corrected: the entry is retracted, and the *right* one recorded."""
    version = done.project.version
    reasons = "文号录入有误"
    done = yield from about.act(done.at, 1, about.manager, RetractEntry(version=version, reasons=reasons))
    return (yield from about.act(done.at, 0, about.manager, right))


def reconciled(about: Circumstances, done: Done, number: str) -> Part:
    """The department's own system reports its decision; the manager settles a discrepancy."""
    report = ReconcileExternalResult(item=about.code, outcome=Outcome.GRANTED, source=EXCHANGE, document_number=number)
    done = yield from about.act(done.at, about.chance.between(5, 30), feed(about.plan.department), report)
    if "discrepancy_found" in done.facts:
        settle = SettleDiscrepancy(item=about.code, keep=KeptResult.FEED, reasons="经核对证照原件，以部门系统为准")
        done = yield from about.act(done.at, about.chance.between(1, 6), about.manager, settle)
    return done
