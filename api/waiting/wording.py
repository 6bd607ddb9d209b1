"""What the pages say of who has to act, in Chinese and in English; `api/html/translations.py` puts these tables among its own."""

from __future__ import annotations

ASSUMED = (
    "估算，不是承诺，也不是法定期限：按以往用时推算：已申请的，自申请至办结；尚未申请的，自前置事项齐备至准予。",
    (
        "An estimate, no promise and no legal deadline: from how long it took so far; for applications "
        "that are in, from submission to decision; for other items, from when nothing blocked them to the grant."
    ),
)
WAITS: dict[str, tuple[str, str]] = {
    "application": ("申请", "An application"),
    "papers": ("补正、补交材料", "Papers"),
    "acceptance": ("受理", "Acceptance"),
    "precondition": ("前置事项", "Other items first"),
    "countersignature": ("会签意见", "A countersignature"),
    "suspension": ("中止计时的事由结束", "The end of a suspension"),
    "upper_level": ("上级部门办理", "The upper level"),
    "decision": ("作出决定", "The decision"),
    "outside_result": ("系统外结果", "A result from outside"),
    "discrepancy": ("裁定不一致结果", "A discrepancy to be settled"),
    "delivery": ("送达决定", "Delivery"),
    "check": ("核查告知承诺", "The check of an undertaking"),
}
TURNS: dict[str, tuple[str, str]] = {
    "applicant": ("申请人", "Applicant"),
    "department": ("部门", "Department"),
    "project_manager": ("项目经理", "Project manager"),
    "outside": ("系统外部门", "Outside the system"),
    "outside_body": ("第三方（专家、检测机构等）", "A third party (experts, a laboratory)"),
    "nobody": ("无人可处理", "Nobody"),
}
BASES: dict[str, tuple[str, str]] = {
    "item": ("同一事项的以往用时", "the same item's past"),
    "department": ("该部门的以往用时", "the department's past"),
    "zone": ("全区的以往用时", "the zone's past"),
    "statutory": ("法定或承诺时限（尚无以往用时）", "the law's or the promised limit (nothing was decided yet)"),
}
WAITING: dict[str, tuple[str, str]] = {
    "applications": ("件", "applications"),
    "assumed": ASSUMED,
    "basis": ("估算依据", "Estimated from"),
    "chain": ("最终等待", "Waits in the end for"),
    "critical": ("关键路径", "Critical path"),
    "expected": ("预计准予（估算）", "Granted by (estimate)"),
    "finish": ("预计全部准予（估算）", "Everything granted by (estimate)"),
    "from": ("自", "since"),
    "holder": ("卡在谁", "Waiting on"),
    "item": ("事项", "Item"),
    "again": ("等待重新申请（{day} {ended}）", "To be applied for again ({ended} on {day})"),
    "again_undated": ("等待重新申请（{ended}）", "To be applied for again ({ended})"),
    "no_estimate": (
        "有事项已超过以往用时和法定时限，无法估算全部准予的日期。",
        "An item has taken longer than all before and than the law allows: no finish can be estimated.",
    ),
    "overrun": ("已超过以往用时和法定时限，无法估算", "longer than all before and than the law allows: can't be told"),
    "since": ("自何时", "Since"),
    "steps_before": ("前置环节数：", "steps before it:"),
    "slack": ("机动（工作日）", "Slack (working days)"),
    "small": ("样本少", "small sample"),
    "stuck": (
        "无法完成：互相等待，或等待项目没有的事项",
        "stuck: waits for itself, or for no item of this project",
    ),
    "title": ("卡在谁", "Waiting on"),
    "to": ("至", "to"),
    "usually": ("多为", "mostly"),
    "waits": ("等待", "Waits for"),
}
WAITING_TABLES = {"wait": WAITS, "turn": TURNS, "basis": BASES, "waiting": WAITING}
