"""External results reported by the tax office's system in the examples, and the settlement of a discrepancy."""

from __future__ import annotations

from datetime import date

from domain.core.types import Outcome
from domain.examples.people import MANAGER, TAX_FEED, Step, moment, sent
from domain.project.external.results import (
    AttestRecord,
    KeptResult,
    ReconcileExternalResult,
    RecordExternalResult,
    SettleDiscrepancy,
    VerifyExternalResult,
)

REPORTED = ReconcileExternalResult(
    item="tax",
    outcome=Outcome.GRANTED,
    source="金税数据交换平台",
    document_number="税登42010020260310",
    document_on=date(2026, 3, 10),
    evidence="报文20260513-000417",
)
OTHERWISE = ReconcileExternalResult(
    item="tax",
    outcome=Outcome.GRANTED,
    source="金税数据交换平台",
    document_number="税登42010020260311",
    document_on=date(2026, 3, 11),
    evidence="报文20260514-000093",
)
KEYED_IN = [
    *sent(
        "2026-03-12 17:00",
        MANAGER,
        RecordExternalResult(
            occurred_at=moment("2026-03-10 10:00"),
            item="tax",
            outcome=Outcome.GRANTED,
            evidence="登记通知书扫描件, 档案2026-0310-4",
            document_number="税登42010020260310",
            document_on=date(2026, 3, 10),
            source="税务局窗口",
            verified_on=date(2026, 3, 12),
        ),
    ),
    *sent(
        "2026-03-31 17:00",
        MANAGER,
        VerifyExternalResult(item="tax", evidence="3月31日电话核实"),
        AttestRecord(item="tax"),
    ),
]
FED: list[Step] = [
    *sent("2026-05-13 02:00", TAX_FEED, REPORTED),
    *sent("2026-05-14 02:00", TAX_FEED, OTHERWISE),
    *sent(
        "2026-05-14 09:30",
        MANAGER,
        SettleDiscrepancy(item="tax", keep=KeptResult.FEED, reasons="税务局5月14日书面更正登记日期和文号"),
    ),
]
