"""What the pages say, in Chinese and in English: labels, stages, outcomes, roles, holders and the names of facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from api.clocks.working_wording import WORKING_TABLES
from api.html.fields_wording import FIELD_TABLES
from api.html.figures_wording import FIGURE_TABLES
from api.html.history_wording import HISTORY_TABLES
from api.html.problem_wording import PROBLEM_TABLES
from api.information.wording import INFORMATION
from api.legal_person.wording import PERSON_TABLES
from api.progress.wording import PROGRESS_TABLES
from api.project.wording import TIME
from api.project_page.wording import PROJECT_TABLES
from api.register.wording import REGISTER_TABLES
from api.supervision.timeliness_wording import CONDUCT_TABLES
from api.supervision.wording import SUPERVISION
from api.waiting.wording import WAITING_TABLES
from api.worklist.wording import DESK_TABLES

Language = Literal["zh", "en"]
Say = Callable[[str], str]

LABELS: dict[str, tuple[str, str]] = {
    "about": ("投诉内容", "What it is about"),
    "accepted": ("受理", "Accepted"),
    "all_stages": ("全部阶段", "Any stage"),
    "amended": ("更正为", "Amended to"),
    "answer": ("答复", "Answer"),
    "apply": ("筛选", "Filter"),
    "attached": ("提交时间", "Attached"),
    "back": ("返回项目进度表", "Back to the progress table"),
    "by": ("经办", "By"),
    "changed": ("最近变化", "Last change"),
    "clear": ("清除筛选", "Clear filters"),
    "complaint": ("投诉编号", "Complaint"),
    "complaints": ("投诉", "Complaints"),
    "complaints_open": ("未办结投诉", "Open complaints"),
    "decided": ("办结", "Decided"),
    "department": ("部门", "Department"),
    "desk": ("部门工作台", "Department desk"),
    "done_of": ("已办结事项", "Items done"),
    "empty": ("没有符合条件的项目", "No project matches"),
    "empty_hint": ("请放宽或清除筛选条件。", "Loosen or clear the filters."),
    "enterprise": ("企业", "Enterprise"),
    "fact": ("环节", "What happened"),
    "file": ("文件", "File"),
    "filed": ("提出时间", "Filed"),
    "filters": ("筛选条件", "Filters"),
    "history": ("办理过程（最新在前）", "History, newest first"),
    "holder": ("卡在谁", "Waiting on"),
    "holder_hint": ("部门代码、applicant 或 outside", "A department's code, applicant, or outside"),
    "information": ("项目信息库", "Information base"),
    "item": ("事项", "Item"),
    "items": ("事项", "Items"),
    "items_done": ("已办结事项", "Items done"),
    "items_open": ("在办事项", "Items open"),
    "keyed_in": ("项目经理录入", "Keyed in"),
    "lag": (
        "数据正在更新：最近 {:,} 条记录可能尚未计入本页，请稍后刷新。",
        "The data is being brought up to date: the latest {:,} entries may be missing here. Reload in a moment.",
    ),
    "late": ("办结后的补充证据", "Later evidence"),
    "law": ("适用规则", "Law applied"),
    "main": ("主要页面", "Main pages"),
    "manager": ("项目经理", "Project manager"),
    "materials": ("申请材料", "Materials"),
    "newer": ("较新的记录", "Newer entries"),
    "next": ("下一页", "Next page"),
    "no_complaints": ("没有投诉。", "No complaints."),
    "no_items": ("进度视图尚未更新，或项目没有事项。", "The view has not caught up yet, or the project has no items."),
    "none_yet": ("还没有登记项目", "No project is registered yet"),
    "none_yet_hint": ("登记第一个项目后，这里会显示其进度。", "Progress appears here once a project is registered."),
    "not_said": ("未说明", "not said"),
    "not_verified": ("未核实", "not verified"),
    "occurred": ("发生时间", "Happened"),
    "older": ("较早的记录", "Older entries"),
    "other_language": ("English", "中文"),
    "outcome": ("结果", "Outcome"),
    "previous": ("上一页", "Previous page"),
    "problem": ("无法显示此页", "This page can't be shown"),
    "progress": ("项目进度表", "Progress of projects"),
    "project": ("项目", "Project"),
    "projects": ("项目", "Projects"),
    "recorded": ("记录时间", "Recorded"),
    "recounting": (
        "节假日安排已更新，正在重新计算期限：完成之前，本页日期可能仍按原日历计算。",
        "A calendar notice was applied; clocks are being recounted. Until then, dates may be by the calendar before.",
    ),
    "register": ("登记簿", "Register"),
    "request_id": ("请求编号", "Request id"),
    "retracted": ("已撤销，不再有效", "Retracted, no longer counts"),
    "satisfied": ("满意度", "Satisfied"),
    "skip": ("跳到主要内容", "Skip to the content"),
    "source": ("来源", "Source"),
    "stage": ("阶段", "Stage"),
    "state": ("状态", "State"),
    "submitted": ("申请", "Submitted"),
    "supervision": ("电子监察", "Supervision"),
    "system": ("系统", "System"),
    "text": ("项目代码、名称或企业", "Code, name or enterprise"),
    "title": ("会签", "Countersign"),
    "unknown_project": ("没有这个项目", "There is no such project"),
    "unknown_project_hint": (
        "这个编号下没有任何登记。请核对网址。",
        "Nothing was ever recorded under this id. Check the address.",
    ),
    "unmet": ("未满足的前置事项", "Unmet preconditions"),
    "unnamed": ("（未命名）", "(unnamed)"),
    "verified": ("核实于", "verified"),
    "zone": ("所示时间均为", "All times are in"),
    "zone_itself": ("开发区", "The zone"),
}
STAGES: dict[str, tuple[str, str]] = {
    "not_started": ("未启动", "Not started"),
    "submitted": ("已申请", "Submitted"),
    "supplementing": ("补正中", "Supplementing"),
    "accepted": ("已受理", "Accepted"),
    "declined": ("不予受理", "Declined"),
    "withdrawn": ("已撤回", "Withdrawn"),
    "completed": ("已办结", "Completed"),
    "delivered": ("已送达", "Delivered"),
}
OUTCOMES: dict[str, tuple[str, str]] = {
    "granted": ("准予", "Granted"),
    "refused": ("不予许可", "Refused"),
    "terminated": ("终止办理", "Terminated"),
    "revoked": ("已撤销", "Revoked"),
}
HOLDERS: dict[str, tuple[str, str]] = {  # words of HeldBy; a department goes by its own name
    "applicant": ("申请人", "Applicant"),
    "nobody": ("无人可处理", "Nobody"),
    "outside": ("系统外部门", "Outside the system"),
    "outside_body": ("第三方（专家、检测机构等）", "A third party (experts, a laboratory)"),
    "project_manager": ("项目经理", "Project manager"),
}
OFFICES: dict[str, tuple[str, str]] = {  # where no published catalogue names them
    "province-environment": ("省生态环境厅", "Provincial Ecology and Environment Department"),
    "supervision": ("监察局", "Supervision bureau"),
    "traffic": ("交通运输局", "Transport Bureau"),
}
ZONES: dict[str, tuple[str, str]] = {"Asia/Shanghai": ("北京时间（Asia/Shanghai）", "Beijing time (Asia/Shanghai)")}
ROLES: dict[str, tuple[str, str]] = {
    "officer": ("经办人", "officer"),
    "project_manager": ("项目经理", "project manager"),
    "applicant": ("申请人", "applicant"),
    "supervisor": ("监察人员", "supervisor"),
    "leader": ("领导", "leader"),
    "auditor": ("审计人员", "auditor"),
    "integrator": ("对接系统", "department's system"),
    "system": ("系统", "system"),
}
COMPLAINTS: dict[str, tuple[str, str]] = {
    "filed": ("待答复", "Awaiting an answer"),
    "accepted": ("已受理", "Accepted"),
    "declined": ("不予受理", "Declined"),
    "withdrawn": ("已撤回", "Withdrawn"),
    "answered": ("已答复", "Answered"),
    "closed": ("已办结", "Closed"),
}
SATISFIED: dict[str, tuple[str, str]] = {
    "yes": ("满意", "Yes"),
    "mostly": ("基本满意", "Mostly"),
    "no": ("不满意", "No"),
    "none": ("未表态", "Not said"),
}
FACTS: dict[str, tuple[str, str]] = {
    "project_registered": ("项目登记", "Project registered"),
    "item_planned": ("列入事项", "Item planned"),
    "item_submitted": ("提交申请", "Application submitted"),
    "supplement_requested": ("一次告知补正", "Supplement requested"),
    "supplement_submitted": ("提交补正材料", "Supplement submitted"),
    "lacking_papers_received": ("收到容缺材料", "Lacking papers received"),
    "item_accepted": ("受理", "Accepted"),
    "item_declined": ("不予受理", "Declined"),
    "item_forwarded": ("报送上级", "Forwarded to the upper department"),
    "forwarded_item_received": ("上级收到报送", "Received by the upper department"),
    "countersignature_asked": ("征求会签意见", "Countersignature asked"),
    "item_countersigned": ("会签", "Countersigned"),
    "countersignature_recalled": ("撤回会签", "Countersignature recalled"),
    "countersignature_forwarded": ("转报会签", "Countersignature passed on"),
    "application_revised": ("申请材料变更", "Application changed"),
    "opinion_kept": ("会签意见不受影响", "Opinion not affected"),
    "opinions_consolidated": ("综合会签意见", "Opinions consolidated"),
    "clock_suspended": ("暂停计时", "Clock suspended"),
    "clock_resumed": ("恢复计时", "Clock resumed"),
    "date_announced": ("告知办结日期", "Date announced"),
    "limit_extended": ("延长期限", "Limit extended"),
    "hearing_right_told": ("告知听证权利", "Told of the right to a hearing"),
    "hearing_requested": ("申请听证", "Hearing requested"),
    "hearing_notice_given": ("听证通知", "Hearing announced"),
    "hearing_held": ("举行听证", "Hearing held"),
    "item_completed": ("办结", "Decided"),
    "decision_delivered": ("送达决定", "Decision delivered"),
    "delivery_attempted": ("送达未成", "Delivery attempted in vain"),
    "undertaking_checked": ("承诺核查", "Undertaking checked"),
    "decision_revoked": ("撤销决定", "Decision revoked"),
    "item_withdrawn": ("撤回申请", "Application withdrawn"),
    "external_result_recorded": ("录入系统外结果", "Outside result keyed in"),
    "external_result_verified": ("核实系统外结果", "Outside result verified"),
    "external_result_confirmed": ("系统外结果经数据对接核实", "Outside result confirmed by feed"),
    "discrepancy_found": ("对接数据与录入不一致", "Feed differs from what was keyed in"),
    "discrepancy_settled": ("裁定不一致结果", "Discrepancy settled"),
    "record_attested": ("记录见证", "Record attested"),
    "entry_amended": ("更正记录", "Entry amended"),
    "entry_retracted": ("撤销记录", "Entry retracted"),
    "complaint_filed": ("提出投诉", "Complaint filed"),
    "complaint_accepted": ("受理投诉", "Complaint accepted"),
    "complaint_declined": ("不予受理投诉", "Complaint declined"),
    "complaint_transferred": ("转办投诉", "Complaint transferred"),
    "complaint_extended": ("投诉延期答复", "Answer extended"),
    "complaint_withdrawn": ("撤回投诉", "Complaint withdrawn"),
    "complaint_answered": ("答复投诉", "Complaint answered"),
    "complaint_closed": ("投诉办结", "Complaint closed"),
    "service_evaluated": ("好差评", "Service evaluated"),
    "rectification_started": ("启动差评核实", "Bad grade taken up"),
    "evaluation_rectified": ("差评整改", "Bad grade put right"),
    "evaluation_called_back": ("差评回访", "Evaluator called back"),
    "evaluation_appealed": ("差评申诉", "Evaluation appealed against"),
    "evaluation_appeal_decided": ("差评申诉复核", "Appeal against an evaluation decided"),
    "information_recorded": ("录入项目信息", "Information entered"),
    "material_attached": ("提交材料", "Material attached"),
    "material_detached": ("撤下材料", "Material detached"),
    "mode_changed": ("变更办理方式", "Mode of handling changed"),
    "step_noted": ("办理备注", "Step noted"),
    "deadline_warned": ("预警", "Warned: few days left"),
    "card_issued": ("发出监察牌", "Card issued"),
    "card_rescinded": ("撤回监察牌", "Card rescinded"),
    "acceptance_deemed": ("逾期视为受理", "Deemed accepted"),
    "renewal_deemed": ("逾期视为准予延续", "Deemed renewed"),
    "consent_deemed": ("超时默认同意", "Consent deemed"),
    "card_appealed": ("提出申诉", "Card appealed"),
    "appeal_decided": ("申诉处理", "Appeal decided"),
    "supervision_ordered": ("督办", "Supervision ordered"),
    "supervision_answered": ("督办反馈", "Supervision answered"),
    "service_item_defined": ("编入事项目录", "Service item listed"),
    "service_item_withdrawn": ("取消事项", "Service item withdrawn"),
    "online_decided": ("决定是否网上办理", "Online application decided"),
    "intake_hours_set": ("公布收件时间", "Intake hours published"),
    "catalogue_published": ("发布事项目录", "Catalogue published"),
    "flow_published": ("发布审批流程", "Flow published"),
    "flow_adopted": ("启用审批流程", "Flow adopted"),
    "flow_moved": ("转换流程版本", "Moved to another edition of the flow"),
    "item_replanned": ("调整事项", "Item replanned"),
    "item_dropped": ("取消列入的事项", "Item dropped"),
    "notice_imported": ("导入放假通知", "Calendar notice imported"),
    "notice_approved": ("复核放假通知", "Calendar notice approved"),
    "notice_applied": ("启用放假通知", "Calendar notice applied"),
    "notice_withdrawn": ("撤回放假通知", "Calendar notice withdrawn"),
    "legal_person_registered": ("法人入库", "Legal person registered"),
    "legal_person_changed": ("法人变更", "Legal person changed"),
    "legacy_code_linked": ("关联组织机构代码", "Legacy code linked"),
    "legal_person_merged": ("法人归并", "Legal person merged"),
    "legal_person_separated": ("撤销法人归并", "Legal persons separated"),
}
TABLES = {
    "label": LABELS,
    "stage": STAGES,
    "outcome": OUTCOMES,
    "holder": HOLDERS,
    "office_of": OFFICES,
    "zone_name": ZONES,
    "role": ROLES,
    "complaint": COMPLAINTS,
    "satisfied": SATISFIED,
    "fact": FACTS,
    **CONDUCT_TABLES,
    **DESK_TABLES,
    **FIELD_TABLES,
    **FIGURE_TABLES,
    **HISTORY_TABLES,
    **INFORMATION,
    **PERSON_TABLES,
    **PROBLEM_TABLES,
    **PROGRESS_TABLES,
    **PROJECT_TABLES,
    **REGISTER_TABLES,
    **SUPERVISION,
    **TIME,
    **WAITING_TABLES,
    **WORKING_TABLES,
}


def wording(language: Language) -> dict[str, Say]:
    """For each table a function from a stored value to the words for it; a value without words stands for itself."""
    column = ("zh", "en").index(language)
    return {name: _say({key: words[column] for key, words in table.items()}) for name, table in TABLES.items()}


def preferred(accept: str) -> Language:
    """The language that an Accept-Language header asks for most; Chinese where it asks for neither."""
    best: tuple[float, Language] = (0.0, "zh")
    for part in accept.split(","):
        tag, _, weight = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in ("zh", "en"):
            best = max(best, (_weight(weight), "zh" if language == "zh" else "en"), key=lambda pair: pair[0])
    return best[1]


def _weight(text: str) -> float:
    name, _, number = text.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(number)
    except ValueError:  # no weight is readable here, so none counts
        return 0.0


def _say(words: dict[str, str]) -> Say:
    return lambda value: words.get(value, value)
