"""What each figure on the pages means, in Chinese and in English; docs/figures.md tells the same at more length."""

from __future__ import annotations

MEANINGS: dict[str, tuple[str, str]] = {
    "title": (
        "指标说明",
        "What the figures mean",
    ),
    "applicant": (
        "有事项等待企业办理的项目：补正、补交材料、提交申请或重新申请。",
        "Projects with an item on which the enterprise has to act: papers due, or an application, also once more.",
    ),
    "days": (
        "政府用时：任一法定或承诺时限在计的工作日，并行事项只计一次；补正、中止期间属申请人用时。超期按政府用时对照承诺总时限计算。",
        (
            "Government days: working days on which any statutory or promised clock counted, once however many "
            "ran; while papers are due or a clock is suspended, they are the applicant's. A phase is late when "
            "they exceed its promise."
        ),
    ),
    "done_of": (
        "已准予或终止办理的事项数 / 全部事项数。不予许可、不予受理、已撤销的不计入。",
        "Items granted or terminated, of all items. What was refused, declined or revoked is not done.",
    ),
    "holder": (
        "现在能够推动事项的人：受理、决定、会签、补正或重新申请由谁办理。等待前置事项的，为前置链末端的办理人。",
        (
            "Who can act now: who has to accept, decide, countersign, bring papers or apply again. Of an item "
            "that waits for others, whoever holds the end of that chain."
        ),
    ),
    "late": (
        "有正在计时的时限已过最后一日的项目。",
        "Projects with a running clock whose last day is over.",
    ),
    "left": (
        "距最后一日的数量，单位随时限：工作日、自然日、周、月或工作小时；负数为已超出的数量。",
        (
            "What is left until the last day, in the clock's own unit: working days, calendar days, weeks, months "
            "or working hours; below zero, by how much it is over."
        ),
    ),
    "queue": (
        "等待本部门办理的事项，每件一次：受理、决定、送达、核查等，以及待会签意见。",
        (
            "What waits for this department, each once: acceptance, decision, delivery, checks, and opinions it "
            "was asked for."
        ),
    ),
    "soon": (
        "有时限进入预警期、尚未超期的项目。",
        "Projects with a running clock that is near its last day and not over.",
    ),
    "stale": (
        "系统外结果超过规定天数未核实，且仍是未办结事项的前置条件的项目。",
        ("Projects with a result from outside that was not verified for too long and that open work still depends on."),
    ),
    "stuck": (
        "未全部办结，且有事项被不予许可或不予受理后尚未重新申请，或没有任何人能够推动其余事项的项目。",
        (
            "Open projects with an item refused or declined and not applied for again, or with nothing on which "
            "anybody can act."
        ),
    ),
    "under_way": (
        "未全部办结的项目。",
        "Projects of which not every item is done.",
    ),
}
FIGURE_TABLES = {"meaning": MEANINGS}
