"""What the page of conduct says, in Chinese and in English; `api/html/translations.py` puts these tables among its own."""

from __future__ import annotations

CONDUCT: dict[str, tuple[str, str]] = {
    "acts": ("记录数", "Acts"),
    "all": ("全部部门", "All departments"),
    "evidence": ("逐日依据", "Day by day"),
    "lags": ("补录时差（工作日）", "From act to record, in working days"),
    "lags_hint": (
        "办理行为发生日至录入日之间的工作日；申请人的行为和导入的记录不计。目标（工作日）：",
        "Working days from the act to its record; what applicants do and what was imported is left out. Target: ",
    ),
    "last_at": ("最近一次", "Last"),
    "longest": ("最长", "Longest"),
    "many": ("中止次数多", "Stopped often"),
    "median": ("中位数", "Median"),
    "nightly": ("反复隔夜中止", "Stopped overnight again and again"),
    "nights": ("隔夜", "Overnight"),
    "none": ("本期间没有此类事项。", "None in this period."),
    "outside": ("系统外补录", "Keyed in for others"),
    "over_target": ("超出目标", "Over target"),
    "p90": ("九成不超过", "90th percentile"),
    "stopped": ("反复中止的事项", "Clocks stopped oddly often"),
    "stopped_hint": (
        "同一申请中止超过三次，或不止一次午后中止、次日上午恢复。只提示，不限制。",
        (
            "More than three suspensions of one application, or more than one from an afternoon to the next morning. "
            "A hint, nothing is cut short for it."
        ),
    ),
    "suspensions": ("中止次数", "Suspensions"),
    "title": ("补录时差与反复中止", "Late records and repeated suspensions"),
    "why": ("提示", "Why"),
}
CONDUCT_TABLES = {"conduct": CONDUCT}
