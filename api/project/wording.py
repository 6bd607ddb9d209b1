"""What the pages say of a project's time, in Chinese and in English; `api/html/translations.py` puts it among its tables."""

from __future__ import annotations

COUNTED = (
    "任一法定或承诺时限在计的工作日计为政府用时，并行事项只计一次；其余工作日（含中止、补正期间）为申请人用时。",
    (
        "A working day on which any statutory or promised clock counted is the government's, once, however many items "
        "run side by side; all others, such as suspended ones or while papers are put right, are the applicant's."
    ),
)
SPENDING: dict[str, tuple[str, str]] = {
    "applicant": ("申请人用时", "Applicant's time"),
    "begun": ("开始", "Begun"),
    "by_phase": ("各阶段用时（工作日）", "Time by phase, in working days"),
    "counted": COUNTED,
    "days": ("个工作日", "working days"),
    "government": ("政府用时", "Government's time"),
    "left": ("剩余", "Left"),
    "over": ("超出", "over by"),
    "period": ("统计区间", "Counted"),
    "phase": ("阶段", "Phase"),
    "promised": ("承诺总时限", "Promised in all"),
    "summed": ("各时限累计", "Clocks added up"),
    "title": ("项目用时", "Time spent"),
    "to": ("至", "to"),
    "whole": ("全程", "In all"),
}
TIME = {"spending": SPENDING}
