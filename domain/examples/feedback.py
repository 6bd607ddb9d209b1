"""Complaints and evaluations in the examples, and their handling."""

from __future__ import annotations

from domain.examples.people import BUREAU, ENTERPRISE, ENVIRONMENT, PLANNING, PROVINCE, Step, sent
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
    DecideEvaluationAppeal,
    EvaluateService,
    Grade,
    RectifyEvaluation,
    StartRectification,
)
from domain.project.state.feedback import Satisfied

COMPLAINED = "TS-2026-0012"
OF_SITE_PLAN, OF_DISCHARGE = "site-plan-1", "discharge-1"

COMPLAINTS: list[Step] = [
    *sent(
        "2026-06-01 09:00",
        ENTERPRISE,
        FileComplaint(
            complaint=COMPLAINED,
            item="site-plan",
            about="环境部门会签提出的噪声防护距离没有依据",
            step="countersign:environment",
            person="sun.yue",
            anonymous=True,
        ),
        FileComplaint(complaint="TS-2026-0013", about="停车场收费偏高"),
        FileComplaint(complaint="TS-2026-0014", item="discharge", about="窗口排队时间长"),
    ),
    *sent(
        "2026-06-02 10:00",
        PLANNING,
        TransferComplaint(complaint=COMPLAINED, to="environment", reasons="会签意见由环境部门出具"),
    ),
    *sent(
        "2026-06-02 11:00",
        BUREAU,
        DeclineComplaint(complaint="TS-2026-0013", reasons="收费不属于审批服务, 已告知价格主管部门电话"),
    ),
    *sent("2026-06-02 15:00", ENTERPRISE, WithdrawComplaint(complaint="TS-2026-0014", reasons="已现场解决, 不再投诉")),
    *sent("2026-06-03 09:00", ENVIRONMENT, AcceptComplaint(complaint=COMPLAINED)),
    *sent(
        "2026-06-22 09:00",
        ENVIRONMENT,
        ExtendComplaint(complaint=COMPLAINED, days=5, reasons="需现场监测噪声", approver="环境局局长"),
    ),
    *sent(
        "2026-06-26 09:00",
        ENVIRONMENT,
        AnswerComplaint(
            complaint=COMPLAINED, answer="依据为GB 12348-2008, 但告知时未写明, 已补充书面说明", upheld=True, partly=True
        ),
    ),
    *sent(
        "2026-06-29 09:00",
        ENTERPRISE,
        CloseComplaint(complaint=COMPLAINED, satisfied=Satisfied.MOSTLY, remarks="说明补得晚"),
    ),
]
EVALUATIONS: list[Step] = [
    *sent(
        "2026-06-01 10:00",
        ENTERPRISE,
        EvaluateService(item="site-plan", grade=Grade.VERY_DISSATISFIED, reasons=("一次告知不清",)),
        EvaluateService(item="discharge", grade=Grade.DISSATISFIED, comment="结果不满意"),
    ),
    *sent(
        "2026-06-01 16:00",
        PLANNING,
        StartRectification(evaluation=OF_SITE_PLAN, handler="zhou.fang", plan="电话核实, 补发一次告知书"),
    ),
    *sent(
        "2026-06-05 16:00",
        PLANNING,
        RectifyEvaluation(evaluation=OF_SITE_PLAN, real=True, measures="补发一次告知书, 修订告知模板"),
    ),
    *sent(
        "2026-06-08 10:00",
        PLANNING,
        CallBack(evaluation=OF_SITE_PLAN, satisfied=Satisfied.NO, remarks="模板里仍缺图纸要求"),
    ),
    *sent(
        "2026-06-10 10:00",
        PLANNING,
        RectifyEvaluation(evaluation=OF_SITE_PLAN, real=True, measures="模板增加图纸要求和样例"),
    ),
    *sent("2026-06-11 10:00", PLANNING, CallBack(evaluation=OF_SITE_PLAN, satisfied=Satisfied.YES)),
    *sent(
        "2026-06-03 10:00",
        PROVINCE,
        AppealEvaluation(
            evaluation=OF_DISCHARGE, ground=AppealGround.MISTAKEN, evidence="评价人书面说明: 误将审批结果当作服务评价"
        ),
    ),
    *sent(
        "2026-06-08 15:00",
        BUREAU,
        DecideEvaluationAppeal(evaluation=OF_DISCHARGE, upheld=True, reasons="评价人确认误评"),
    ),
]
VOICED: list[Step] = [*COMPLAINTS, *EVALUATIONS]
