"""What the working behind a clock says: its rules, suspensions, extensions and notices, in Chinese and in English."""

from __future__ import annotations

WORKING: dict[str, tuple[str, str]] = {
    "rules": ("计算依据", "Rules followed"),
    "rule": ("规则", "Rule"),
    "authentic": ("引文为法律原文所用的语言。", "Quotations are in the language of the law, whose text is authentic."),
    "words": ("条文原文", "In the words of the law"),
    "suspensions": ("中止（不计入期限的时间）", "Suspensions: time that is not counted"),
    "ground": ("事由", "Ground"),
    "no_ground": ("不是法定事由，期限照常计算", "not a ground of the law: the clock ran on"),
    "span": ("起止", "From and to"),
    "open": ("尚未结束", "still open"),
    "resumed": ("恢复计时", "resumed"),
    "term": ("告知的期限届满，自动恢复", "ended with the term that was set"),
    "clock": ("随期限一并结束", "ended with the clock"),
    "days_out": ("扣除", "Left out"),
    "told": ("书面告知申请人", "Written notice to the applicant"),
    "told_yes": ("已书面告知", "given"),
    "told_no": ("未告知", "not given"),
    "planned_until": ("告知的结束日 {day}", "end as told: {day}"),
    "overran": ("超过告知的时间", "longer than told"),
    "by": ("记录人", "Recorded by"),
    "ended_by": ("结束的记录人", "End recorded by"),
    "entry": ("第 {version} 条记录", "entry {version}"),
    "extensions": ("延长", "Extensions"),
    "days": ("延长", "Longer by"),
    "effective": ("有效", "effective"),
    "void": ("无效", "void"),
    "approved": ("批准", "Approved"),
    "reasons": ("理由", "Reasons"),
    "notices": ("放假调休安排", "Calendar notices"),
    "published": ("{day} 公布", "published {day}"),
    "due_mark": ("期限届满日", "Last day"),
    "overdue_mark": ("超期第 {number} 个工作日", "overdue, working day {number}"),
    "stopped_on": ("结束日", "Ended on"),
}
SUBJECTS: dict[str, tuple[str, str]] = {
    "length": ("期限的长度", "Length of the period"),
    "unit": ("计算单位", "What is counted"),
    "first_day": ("起算日", "The first day"),
    "last_day": ("末日为休息日，顺延", "A last day of rest moves to the next open day"),
    "suspended_days": ("中止的首日与末日", "First and last day of a suspension"),
    "notice": ("所需时间应当书面告知申请人", "The applicant must be told in writing how long it takes"),
    "statutory_holidays": ("法定节假日", "Statutory holidays"),
    "silence": ("期满未答复的后果", "What the end of the period without an answer means"),
    "lawsuit": ("逾期未作决定的救济", "Remedy against inaction"),
}
DETAILS: dict[str, tuple[str, str]] = {
    "working_day": ("以工作日计算，休息日和节假日不计入", "working days; weekends and holidays do not count"),
    "calendar_day": ("以自然日计算", "calendar days"),
    "week": ("以周计算", "weeks"),
    "month": ("以月计算", "months"),
    "working_hour": ("以工作小时计算", "working hours"),
    "excluded": (
        "开始的当日不计入，自次日起算",
        "the day of the start does not count; counting begins with the next day",
    ),
    "included": ("开始的当日计入", "the day of the start counts"),
    "deemed_accepted": ("视为受理", "taken as accepted"),
    "deemed_granted": ("视为准予", "taken as granted"),
    "deemed_renewed": ("视为准予延续", "taken as renewed"),
    "deemed_consent": ("视为同意", "taken as consent"),
    "deemed_refused": ("视为拒绝", "taken as refused"),
    "lapses": ("权利消灭", "the right lapses"),
}
CONFIDENCES: dict[str, tuple[str, str]] = {
    "source": ("引自二手来源，文字可能为转述", "from a secondary source: the wording may be paraphrased"),
    "memory": ("尚未与原文核对", "not yet checked against the text"),
    "decision": ("法律未明文规定，为本系统采用的计算方法", "not said expressly by the law: the reading followed here"),
}
APPROVERS: dict[str, tuple[str, str]] = {
    "agency_head": ("本行政机关负责人", "the head of the agency"),
    "government_head": ("本级人民政府负责人", "the head of the government of that level"),
    "competent_authority": ("主管机关", "the competent authority"),
    "consent_authority": ("许可机关", "the consent authority"),
    "applicant": ("申请人书面同意", "the applicant, in writing"),
}
VOID: dict[str, tuple[str, str]] = {
    "extension_outside_clock": ("批准时该期限没有在计时", "no clock was running when it was approved"),
    "extension_repeated": ("已经延长过", "the clock had been extended before"),
    "extension_exceeds_limit": ("超过法定的延长上限", "longer than the law allows"),
    "extension_late": ("期限届满后才批准", "approved after the last day"),
    "extension_other_unit": ("延长的单位与期限的单位不同", "counted in another unit than the clock"),
    "extension_unknown_to_this_law": ("该法律没有规定延长", "this law knows no extension"),
}
WORKING_TABLES = {
    "working": WORKING,
    "subject_of": SUBJECTS,
    "detail_of": DETAILS,
    "confidence_of": CONFIDENCES,
    "approver_of": APPROVERS,
    "void_because": VOID,
}
