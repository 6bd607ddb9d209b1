"""What the progress table and the desk say, in Chinese and in English; `api/html/translations.py` puts these among its own."""

from __future__ import annotations

SHEET: dict[str, tuple[str, str]] = {
    "all": ("全部", "Any"),
    "all_granted": ("全部办结", "All granted"),
    "applicant": ("等待企业", "Waiting on the applicant"),
    "as_of": ("数据截至", "Data as of"),
    "count": ("个项目", "in all"),
    "decided_this_week": ("本周作出决定的事项", "Items decided this week"),
    "done": ("已全部办结", "All done"),
    "granted": ("准予或终止", "Granted or terminated"),
    "kind": ("项目类型", "Kind of project"),
    "late": ("超期", "Overdue"),
    "left": ("剩余", "Left"),
    "legend": ("图例", "Legend"),
    "nothing_runs": ("没有正在计时的事项", "No clock is running"),
    "now": ("当前环节", "Now"),
    "open": ("办理中", "Under way"),
    "phase": ("阶段", "Phase"),
    "refused": ("不予许可、不予受理或已撤销", "Refused, declined or revoked"),
    "soon": ("临期", "Soon due"),
    "special": ("补正或暂停计时", "Supplement or clock paused"),
    "stale": ("数据超期未核实", "Not verified for too long"),
    "stuck": ("受阻", "Stuck"),
    "state": ("事项状态", "State of an item"),
    "status": ("办理情况", "Progress"),
    "under_way": ("在办项目", "Projects under way"),
    "unstarted": ("未启动", "Not started"),
    "warned": ("预警", "Deadlines"),
}
KINDS: dict[str, tuple[str, str]] = {
    "manufacturing": ("生产制造", "Manufacturing"),
    "research": ("研发", "Research"),
    "chemical": ("化工", "Chemical"),
}
CLOCK_STATES: dict[str, tuple[str, str]] = {
    "running": ("计时中", "Running"),
    "suspended": ("暂停计时", "Paused"),
    "overdue": ("已超期", "Overdue"),
    "met": ("按期", "In time"),
    "late": ("超期办结", "Late"),
    "void": ("终止", "Void"),
    "lapsed": ("已失效", "Lapsed"),
    "deemed": ("已视为", "Effect of silence"),
    "unconfirmed": ("待核实", "Not confirmed"),
}
PROGRESS_TABLES = {"sheet": SHEET, "kind_of": KINDS, "clock_state": CLOCK_STATES}
