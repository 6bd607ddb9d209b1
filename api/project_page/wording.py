"""What a project's page says of how it stands, in Chinese and in English; `api/html/translations.py` puts these among its own."""

from __future__ import annotations

OF_PROJECT: dict[str, tuple[str, str]] = {
    "as_known": ("按当时已记录的情况", "as was recorded by then"),
    "begun": ("开始", "Begun"),
    "channel": ("渠道", "Channel"),
    "clocks": ("正在计时", "Running clocks"),
    "comment": ("评价内容", "What was said"),
    "complete": ("信息完整度", "Information known"),
    "contents": ("本页内容", "On this page"),
    "dates": ("办理时间", "Dates"),
    "days_left": ("剩余", "left"),
    "done": ("事项办结", "Items decided"),
    "due": ("应于", "due"),
    "evaluated": ("评价时间", "Given"),
    "evaluations": ("评价", "Evaluations"),
    "expected": ("预计全部准予（估算）", "Everything granted by (estimate)"),
    "fields": ("项必填信息已录入", "required fields entered"),
    "from": ("自", "from"),
    "government": ("政府用时 / 承诺", "Government days / promised"),
    "grade": ("满意度", "Grade"),
    "licence": ("延续许可证", "Renews licence"),
    "no_evaluations": ("没有评价。", "No evaluations."),
    "nobody_acts": (
        "其余事项互相等待，或等待不可抗力结束，没有人能够推动。",
        "What is left waits for itself or for the end of force majeure: nobody can act on it.",
    ),
    "none": ("未定", "not known"),
    "on": ("查看某日终了时的情况", "As of the end of a day"),
    "or": (" 或 ", " or "),
    "over_by": ("超期", "over by"),
    "overdue": ("已超期", "Overdue"),
    "phases": ("阶段进度", "Phases"),
    "see": ("查看", "See"),
    "state": ("整改情况", "What came of it"),
    "steps": ("事项", "items"),
    "today": ("回到现在", "Back to now"),
    "valid_through": ("有效期至", "valid through"),
}
PHASE_STATES: dict[str, tuple[str, str]] = {
    "not_begun": ("未开始", "Not begun"),
    "running": ("进行中", "Under way"),
    "done": ("已完成", "Completed"),
}
GRADES: dict[str, tuple[str, str]] = {
    "very_satisfied": ("非常满意", "Very satisfied"),
    "satisfied": ("满意", "Satisfied"),
    "fair": ("基本满意", "Fair"),
    "dissatisfied": ("不满意", "Dissatisfied"),
    "very_dissatisfied": ("非常不满意", "Very dissatisfied"),
}
ROUNDS: dict[str, tuple[str, str]] = {
    "good": ("无需整改", "Nothing to put right"),
    "open": ("待核实", "To be taken up"),
    "started": ("整改中", "Being put right"),
    "rectified": ("待回访", "To be called back about"),
    "closed": ("已办结", "Closed"),
    "void": ("申诉成立，不计入", "Appeal upheld, does not count"),
}
RENEWALS: dict[str, tuple[str, str]] = {
    "renewed": ("视为准予延续", "deemed renewed"),
    "lapsed": ("已到期，未延续", "lapsed, not renewed"),
    "late": ("未在法定期限前提出延续申请", "not applied for in time (Art. 50)"),
}
PROJECT_TABLES = {
    "of_project": OF_PROJECT,
    "phase_state": PHASE_STATES,
    "grade_of": GRADES,
    "round_of": ROUNDS,
    "renewal": RENEWALS,
}
