"""Data entered by the example project's manager: steps of its story, as an example of the command and fact."""

from __future__ import annotations

from datetime import date

from domain.examples.people import MANAGER, sent
from domain.project.information.recording import EnteredField, RecordInformation

INFORMED = [
    *sent(
        "2026-07-01 11:00",
        MANAGER,
        RecordInformation(
            category="investment",
            fields=(
                EnteredField("total", "36000", "万元"),
                EnteredField("own_capital", 1.2, "亿元"),
                EnteredField("fixed_assets", 28500, "万元"),
            ),
            source="可行性研究报告",
            as_of=date(2026, 2, 20),
        ),
        RecordInformation(
            category="basic",
            fields=(
                EnteredField("project_code", "2603-420100-04-01-100001"),
                EnteredField("kind", "filing"),
                EnteredField("nature", "expansion"),
                EnteredField("industry", "C2651"),
                EnteredField("district", "420100"),
                EnteredField("location", "高新大道以北、光谷三路以东"),
            ),
            source="项目备案证",
        ),
        RecordInformation(
            category="construction",
            fields=(
                EnteredField("content", "新建二期厂房一座，年产高性能树脂基复合材料1.2万吨 (resin composites)"),
                EnteredField("scale", "总建筑面积52000平方米"),
            ),
        ),
        RecordInformation(
            category="schedule",
            fields=(EnteredField("planned_start", "2026-06-01"), EnteredField("planned_completion", "2027-12-31")),
        ),
    ),
    *sent(
        "2026-07-06 09:00",
        MANAGER,
        RecordInformation(
            category="investment", fields=(EnteredField("total", 38200, "万元"),), source="初步设计概算批复"
        ),
    ),
]
