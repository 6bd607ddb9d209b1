"""What a department's desk and the working behind a clock say, in Chinese and in English."""

from __future__ import annotations

DESK: dict[str, tuple[str, str]] = {
    "all_cards": ("本部门全部预警和监察牌", "All warnings and cards of the department"),
    "assumes": ("暂停尚未结束；以下按现在恢复计时推算。", "The clock is paused; what follows is as if it resumed now."),
    "basis": ("依据", "Basis"),
    "behind": ("后续事项", "Items behind"),
    "choose": ("请选择部门。", "Choose a department."),
    "desk": ("部门工作台", "Department desk"),
    "announced": ("已告知日期", "As announced"),
    "differs": ("与现计算的到期日不同", "another day is counted now"),
    "due": ("到期日", "Due"),
    "first_of": ("仅显示最早的", "Shown are the oldest"),
    "holds": ("待办", "To do"),
    "known_by": ("按该时点已记录的情况", "as was recorded by"),
    "lawsuit": ("可就逾期未作决定起诉", "A suit over the inaction may be brought"),
    "lawsuit_days": ("自 {from_on} 起，至 {until_on} 止", "from {from_on} to {until_on}"),
    "if_resumed": ("若现在恢复计时", "if resumed now"),
    "length": ("时限", "Limit"),
    "longer": ("待办过多，只列出最先到期的部分", "The queue is longer than is shown: these end first"),
    "no_desks": ("没有部门有待办", "No department has anything to do"),
    "no_desks_hint": (
        "企业提交申请后，承办部门会出现在这里。",
        "A department appears here once something is applied for.",
    ),
    "oldest": ("最早自", "Oldest since"),
    "opinions": ("待会签意见", "Opinions to give"),
    "opinions_empty": ("没有部门等待本部门的会签意见。", "No other department waits for an opinion."),
    "order": ("督办", "Order"),
    "other_unit": (
        "该期限按小时计算，因此没有逐日表；起算日、时限和到期日见上。",
        "This limit is counted in hours, so there is no table of days; its terms stand above.",
    ),
    "no_clock": ("没有计时", "No clock is running"),
    "others": ("本部门事项，等待他人", "Items of this department that wait for others"),
    "others_hint": (
        "本部门的时限在计或已中止，但当前须由他人办理；不计入待办。",
        "A clock of this department is running or paused while somebody else has to act; not in the figure To do.",
    ),
    "queue": ("待办", "To do"),
    "queue_empty": ("没有等待本部门办理的事项。", "Nothing waits for this department."),
    "queue_hint": (
        "每件待办一行，先到期的时限在前。待办数 = 本表 + 待会签意见。",
        "A row a thing to do, what ends first on top. To do = this table and the opinions to give.",
    ),
    "queue_own": ("待办事项", "Applications to act on"),
    "signals": ("预警、监察牌和督办", "Warnings, cards and orders"),
    "signals_empty": (
        "今年没有仍然有效的预警、监察牌，也没有待反馈的督办。",
        "No warning or card of this year is in force, and no order is open.",
    ),
    "step": ("环节", "Step"),
    "supplements": ("等待企业补正", "Supplements due from applicants"),
    "supplements_empty": ("没有等待补正的事项。", "No item waits for papers."),
    "to_come": ("尚未到来", "still to come"),
    "waits": ("等待", "Waits for"),
    "why": ("怎么算的", "How is this counted?"),
    "why_long": ("这个日期怎么算出来的", "How this date is counted"),
}
DESK_TABLES = {"desk_say": DESK}
