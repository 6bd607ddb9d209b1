"""A sentence for every fact there is, in Chinese and in English, for the history and wherever else a fact is told.

`{field}` is a field of the fact in words, or one of the names that `api/html/sentences.py` makes of several; what stands in
brackets is left out where one of the fields in it says nothing.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "project_registered": (
        "登记项目“{name}”[（{code}）]，企业：{enterprise}，项目经理：{manager}[，列入 {items_count} 项事项]",
        "Project “{name}”[ ({code})] registered; enterprise: {enterprise}; manager: {manager}[; {items_count} items]",
    ),
    "item_planned": ("列入事项，由{planned}承办", "Item planned, to be handled by {planned}"),
    "item_submitted": (
        "提交申请[，延续{renews}][，{undertaking}][，附材料 {materials_count} 份]",
        "Application submitted[, to renew {renews}][, {undertaking}][, with {materials_count} papers]",
    ),
    "supplement_requested": (
        "一次告知补正[ {missing_count} 项：{missing}][，请于 {respond_by} 前补齐][，{new_items}]",
        "Supplement requested[, {missing_count} papers: {missing}][, due by {respond_by}][, {new_items}]",
    ),
    "supplement_submitted": (
        "提交补正材料[：{provided}]（{complete}）",
        "Supplement submitted[: {provided}] ({complete})",
    ),
    "lacking_papers_received": (
        "收到容缺材料[：{provided}]（{complete}）",
        "Lacking papers received[: {provided}] ({complete})",
    ),
    "item_accepted": (
        "受理[，{mode}]，法定时限 {limit}[，承诺 {promise_days}][，容缺：{lacking}][，{cure_days}内补齐]",
        (
            "Accepted[, {mode}]; statutory limit {limit}[; promised {promise_days}][; lacking: {lacking}]"
            "[, due in {cure_days}]"
        ),
    ),
    "mode_changed": (
        "办理方式由“{before}”变更为“{mode}”[，时限 {limit}][：{reasons}]",
        "Mode of handling changed from “{before}” to “{mode}”[, limit {limit}][: {reasons}]",
    ),
    "item_declined": ("不予受理[：{reasons}]", "Application declined[: {reasons}]"),
    "item_forwarded": ("报送上级[：{upper}]", "Forwarded to the upper level[: {upper}]"),
    "forwarded_item_received": ("上级收到报送材料", "Received by the upper level"),
    "countersignature_asked": (
        (
            "征求{department}会签意见[（{step}）]，第 {round} 轮，{limit}内答复[，由{forwarded_from}转来]"
            "[，依次征求：{line}][：{reasons}]"
        ),
        (
            "{department} asked to countersign[ ({step})], round {round}, within {limit}"
            "[, passed on by {forwarded_from}][, one after the other: {line}][: {reasons}]"
        ),
    ),
    "item_countersigned": (
        "{department}会签：{opinion}（第 {round} 轮）[，条件：{conditions}][，理由：{reasons}]",
        "{department} countersigned: {opinion} (round {round})[, conditions: {conditions}][, reasons: {reasons}]",
    ),
    "countersignature_recalled": (
        "撤回对{department}的会签征求[：{reasons}]",
        "Question to {department} recalled[: {reasons}]",
    ),
    "countersignature_forwarded": (
        "{department}将会签转报{to}[：{reasons}]",
        "{department} passed the question on to {to}[: {reasons}]",
    ),
    "application_revised": (
        "申请内容变更[：{changes}]，开始第 {round} 轮会签",
        "Application changed[: {changes}]; round {round} of countersignature begins",
    ),
    "opinion_kept": (
        "{department}的会签意见（{opinion}）不受变更影响[：{reasons}]",
        "The opinion of {department} ({opinion}) is not affected by the change[: {reasons}]",
    ),
    "opinions_consolidated": (
        "综合会签意见：{text}[，条件：{conditions}][，未采纳：{overridden}][，理由：{override_reasons}]",
        "Opinions consolidated: {text}[; conditions: {conditions}][; overridden: {overridden}][: {override_reasons}]",
    ),
    "clock_suspended": (
        "中止计时：{ground}[（{article}）][，{reason}]，{notified}[，停 {stops}][，预计至 {planned_until}]",
        "Suspended for {ground}[ ({article})][, {reason}]; {notified}[; stops {stops}][; until about {planned_until}]",
    ),
    "clock_resumed": ("恢复计时[（{suspended_for}）]", "Clocks resumed[ ({suspended_for})]"),
    "limit_extended": (
        "{clock}时限延长 {days}[，{approver}批准]，{notified}[：{reasons}][（{article}）]",
        "Limit for {clock} extended by {days}[, approved by {approver}]; {notified}[: {reasons}][ ({article})]",
    ),
    "date_announced": (
        "告知申请人{clock}的最后一日：{announced_on}[（{provisional}）][，渠道：{channel}]",
        "Applicant told the last day for {clock}: {announced_on}[ ({provisional})][, by {channel}]",
    ),
    "hearing_right_told": ("告知申请人有要求听证的权利", "Applicant told of the right to a hearing"),
    "hearing_requested": ("要求听证", "Hearing requested"),
    "hearing_notice_given": ("通知于 {hearing_on} 举行听证", "Hearing announced for {hearing_on}"),
    "hearing_held": ("举行听证", "Hearing held"),
    "item_completed": (
        (
            "决定：{outcome}[，文号 {document_number}][，{on_undertaking}][，理由：{reasons}]"
            "[，未等待：{overridden}][（{override_reasons}）]"
        ),
        (
            "Decided: {outcome}[, document {document_number}][, {on_undertaking}][, reasons: {reasons}]"
            "[, without waiting for {overridden}][ ({override_reasons})]"
        ),
    ),
    "decision_delivered": (
        "送达决定[，{method}][，签收：{recipient}]",
        "Decision delivered[, {method}][, to {recipient}]",
    ),
    "delivery_attempted": (
        "尝试送达未成，{method}[：{reasons}]",
        "Delivery attempted in vain, {method}[: {reasons}]",
    ),
    "undertaking_checked": ("承诺核查：{kept}[，{findings}]", "Undertaking checked: {kept}[, {findings}]"),
    "decision_revoked": ("撤销决定：{reasons}[（{article}）]", "Decision revoked: {reasons}[ ({article})]"),
    "item_withdrawn": ("撤回申请[：{reasons}]", "Application withdrawn[: {reasons}]"),
    "external_result_recorded": (
        (
            "{by_feed}系统外结果：{outcome}[，文号 {document_number}][，{document_on}][，来源：{source}]"
            "[，凭据：{evidence}]，{verified}"
        ),
        (
            "Outside result {by_feed}: {outcome}[, document {document_number}][, {document_on}][, source: {source}]"
            "[, evidence: {evidence}]; {verified}"
        ),
    ),
    "external_result_verified": (
        "核实系统外结果[，凭据：{evidence}]",
        "Outside result verified[, evidence: {evidence}]",
    ),
    "external_result_confirmed": (
        "系统外结果经数据对接核实一致[，来源：{source}][，文号 {document_number}]",
        "Outside result confirmed by feed[, source: {source}][, document {document_number}]",
    ),
    "discrepancy_found": (
        "对接数据与录入不一致：录入为{keyed}，对接为{fed}",
        "Feed differs from what was keyed in: {keyed} against {fed}",
    ),
    "discrepancy_settled": (
        "裁定以{kept}为准：{result}[，{reasons}]",
        "Discrepancy settled in favour of {kept}: {result}[, {reasons}]",
    ),
    "record_attested": ("确认记录完整，此前没有其他办理行为", "Record attested: nothing else was done by then"),
    "entry_amended": (
        "更正第 {version} 条记录：发生时间改为 {new_occurred_at}[，理由：{reasons}]",
        "Entry {version} amended: it happened at {new_occurred_at}[, reasons: {reasons}]",
    ),
    "entry_retracted": (
        "撤销第 {version} 条记录[，理由：{reasons}]",
        "Entry {version} retracted[, reasons: {reasons}]",
    ),
    "complaint_filed": (
        "提出投诉[（{anonymous}）]：{about}[，被投诉部门：{department}][，投诉人：{by}][，涉及第 {entries} 条记录]",
        ("Complaint filed[ ({anonymous})]: {about}[; against {department}][; by {by}][; about entries {entries}]"),
    ),
    "complaint_accepted": ("受理投诉[，由{department}办理]", "Complaint accepted[, to be answered by {department}]"),
    "complaint_declined": ("不予受理投诉[：{reasons}]", "Complaint declined[: {reasons}]"),
    "complaint_transferred": (
        "投诉[由{sender}]转办至{to}[：{reasons}]",
        "Complaint transferred[ by {sender}] to {to}[: {reasons}]",
    ),
    "complaint_extended": (
        "投诉答复延期 {days}[，{approver}批准][：{reasons}]",
        "Time for the answer extended by {days}[, approved by {approver}][: {reasons}]",
    ),
    "complaint_withdrawn": ("撤回投诉[：{reasons}]", "Complaint withdrawn[: {reasons}]"),
    "complaint_answered": ("答复投诉（{finding}）：{answer}", "Complaint answered ({finding}): {answer}"),
    "complaint_closed": (
        "投诉办结，投诉人{satisfied}[：{remarks}]",
        "Complaint closed; complainant satisfied: {satisfied}[: {remarks}]",
    ),
    "service_evaluated": (
        "好差评：{grade}[（{channel}）][，{reasons}][，“{comment}”]",
        "Service evaluated: {grade}[ ({channel})][, {reasons}][, “{comment}”]",
    ),
    "rectification_started": (
        "启动差评核实[，经办：{handler}][：{plan}]",
        "Poor rating taken up[, by {handler}][: {plan}]",
    ),
    "evaluation_rectified": (
        "差评核实：{real}[，整改措施：{measures}]",
        "Poor rating looked into: {real}[; measures: {measures}]",
    ),
    "evaluation_called_back": (
        "差评回访：{satisfied}[，{remarks}][，{again}]",
        "Call-back after a poor rating; satisfied: {satisfied}[, {remarks}][; {again}]",
    ),
    "evaluation_appealed": (
        "对差评提出申诉：{ground}[，{evidence}]",
        "Poor rating appealed against: {ground}[, {evidence}]",
    ),
    "evaluation_appeal_decided": (
        "差评申诉{upheld}[：{reasons}]",
        "Appeal against a poor rating {upheld}[: {reasons}]",
    ),
    "step_noted": ("办理备注：{noted}[：{value}][（{reason}）]", "Step noted: {noted}[: {value}][ ({reason})]"),
    "information_recorded": (
        "录入项目信息：{category}，{fields_count} 项[，{fields}][，数据日期 {as_of}][，来源：{source}]",
        "Information entered: {category}, {fields_count} fields[, {fields}][, as of {as_of}][, source: {source}]",
    ),
    "material_attached": (
        "提交材料：{name}[，办结后补充：{late}]",
        "Material attached: {name}[; later evidence on {late}]",
    ),
    "material_detached": ("撤下材料[：{detached}][，{reasons}]", "Material detached[: {detached}][, {reasons}]"),
    "deadline_warned": (
        "系统发出预警 {card}：{department}的{clock}应于 {due_on} 前完成，剩余 {remaining}",
        "Warning {card}: {clock} of {department} is due on {due_on}, {remaining} left",
    ),
    "card_issued": (
        "向{department}发出{colour} {card}[：{clock}应于 {due_on} 前完成，已超期][：{reasons}][（{basis}）]",
        "{colour} {card} issued to {department}[: {clock} was due on {due_on}][: {reasons}][ ({basis})]",
    ),
    "card_rescinded": (
        "撤回 {card}[，因第 {cause} 条记录][，因日历变更 {calendar}]",
        "{card} rescinded[ because of entry {cause}][ because of the calendar {calendar}]",
    ),
    "acceptance_deemed": (
        "{department}逾期未作答复，自 {accepted_on} 起视为受理[（{basis}）]，{card}",
        "Deemed accepted as of {accepted_on}, {department} having been silent[ ({basis})], {card}",
    ),
    "renewal_deemed": (
        "{department}逾期未作决定，视为准予延续[（{basis}）]，{card}",
        "Deemed renewed, {department} not having decided[ ({basis})], {card}",
    ),
    "consent_deemed": (
        "{department}逾期未复，视为同意[（{basis}）]，{card}",
        "{department} is deemed to consent, having been silent[ ({basis})], {card}",
    ),
    "card_appealed": (
        "对 {card} 提出申诉：{reasons}[，附件：{papers}]",
        "{card} appealed against: {reasons}[; papers: {papers}]",
    ),
    "appeal_decided": ("申诉处理 {card}：{verdict}[，{reasons}]", "Appeal on {card} decided: {verdict}[, {reasons}]"),
    "supervision_ordered": (
        "督办 {order}：{department}，{about}，请于 {feedback_by} 前反馈[，关联 {card}]",
        "Order {order} to {department}: {about}, report by {feedback_by}[, about {card}]",
    ),
    "supervision_answered": ("督办反馈 {order}：{answer}", "Report on {order}: {answer}"),
    "flow_adopted": (
        "启用审批流程（{kind}，第 {edition} 版），共 {steps_count} 个环节",
        "Flow adopted ({kind}, edition {edition}), {steps_count} steps",
    ),
    "flow_moved": (
        "转换到审批流程（{kind}）第 {edition} 版，共 {steps_count} 个环节",
        "Moved to edition {edition} of the flow ({kind}), {steps_count} steps",
    ),
    "item_replanned": ("调整事项安排，由{planned}承办", "Item replanned, to be handled by {planned}"),
    "item_dropped": ("取消列入的事项", "Item dropped"),
    "notice_imported": (
        "导入放假通知“{titled}”，公布于 {published}，涉及 {days_count} 天",
        "Calendar notice “{titled}” imported, published on {published}, {days_count} days",
    ),
    "notice_approved": ("复核放假通知 {notice}", "Calendar notice {notice} approved"),
    "notice_applied": ("启用放假通知 {notice}", "Calendar notice {notice} applied"),
    "notice_withdrawn": ("撤回放假通知 {notice}[：{reasons}]", "Calendar notice {notice} withdrawn[: {reasons}]"),
    "legal_person_registered": (
        "法人入库：{person}（{code}）[，来源：{source}]",
        "Legal person entered: {person} ({code})[, source: {source}]",
    ),
    "legal_person_changed": (
        "法人信息变更：{changed}，自 {effective_on} 起[，来源：{source}]",
        "Legal person changed: {changed}, as of {effective_on}[, source: {source}]",
    ),
    "legacy_code_linked": (
        "关联组织机构代码 {legacy}[，来源：{source}]",
        "Legacy code {legacy} linked[, source: {source}]",
    ),
    "legal_person_merged": ("并入 {into}[：{reasons}]", "Merged into {into}[: {reasons}]"),
    "legal_person_separated": (
        "撤销并入 {was_into}[：{reasons}]",
        "No longer merged into {was_into}[: {reasons}]",
    ),
    "service_item_defined": (
        "编入事项“{service}”，由{serving}办理",
        "Service item “{service}” listed, handled by {serving}",
    ),
    "service_item_withdrawn": (
        "取消事项 {task_code}[：{reasons}]",
        "Service item {task_code} withdrawn[: {reasons}]",
    ),
    "intake_hours_set": (
        "公布{department}的收件时间：{hours}，自 {valid_from} 起施行[，依据：{published}]",
        "Intake hours of {department} published: {hours}, in force from {valid_from}[, in: {published}]",
    ),
    "online_decided": (
        "事项 {task_code} {is_online}[：{reasons}]",
        "Service item {task_code}: {is_online}[: {reasons}]",
    ),
    "catalogue_published": (
        "发布事项目录第 {edition} 版，{items} 项，自 {valid_from} 起施行[，{note}]",
        "Edition {edition} of the catalogue published, {items} items, in force from {valid_from}[; {note}]",
    ),
    "flow_published": (
        "发布审批流程第 {edition} 版，{steps_count} 个环节，适用：{kinds}[，{note}]",
        "Edition {edition} of the flow published, {steps_count} steps, for: {kinds}[; {note}]",
    ),
}

OPINIONS: dict[str, tuple[str, str]] = {
    "agreed": ("同意", "agreed"),
    "agreed_with_conditions": ("附条件同意", "agreed with conditions"),
    "objected": ("不同意", "objected"),
}

VERDICTS: dict[str, tuple[str, str]] = {
    "uphold": ("维持", "upheld"),
    "revoke": ("撤销监察牌", "card revoked"),
    "return": ("打回", "returned"),
}

KEPT: dict[str, tuple[str, str]] = {"keyed": ("录入结果", "what was keyed in"), "feed": ("对接数据", "the feed")}

APPEAL_GROUNDS: dict[str, tuple[str, str]] = {
    "mistaken": ("误评", "given by mistake"),
    "malicious": ("恶意差评", "malicious"),
}

CHANNELS: dict[str, tuple[str, str]] = {
    "web": ("政务服务网", "website"),
    "app": ("移动端", "app"),
    "qr_code": ("扫码", "QR code"),
    "hall": ("政务大厅", "service hall"),
    "terminal": ("自助终端", "terminal"),
    "hotline": ("12345 热线", "12345 hotline"),
}

METHODS: dict[str, tuple[str, str]] = {
    "electronic": ("电子送达", "electronically"),
    "window": ("窗口领取", "at the window"),
    "post": ("邮寄送达", "by post"),
}

HOURS: dict[str, tuple[str, str]] = {
    "none": ("当日收到即为当日收件", "received on the day it comes in"),
    "next_working_day": (
        "{} 截止，此后或休息日提交的按次一工作日收件",
        "until {}; what comes later, or on a rest day, counts on the next working day",
    ),
}

MODES: dict[str, tuple[str, str]] = {
    "on_the_spot": ("当场办理", "on the spot"),
    "single": ("单部门办理", "by one department"),
    "joint": ("多部门联合办理", "jointly"),
    "lower_review": ("下级审查、上级决定", "with lower-level review"),
}

APPROVERS: dict[str, tuple[str, str]] = {
    "agency_head": ("本机关负责人", "the head of the agency"),
    "applicant": ("申请人", "the applicant"),
    "competent_authority": ("主管机关", "the competent authority"),
    "government_head": ("本级政府负责人", "the head of the government"),
}

HISTORY_TABLES = {
    "approver": APPROVERS,
    "sentence": SENTENCES,
    "opinion_of": OPINIONS,
    "verdict_of": VERDICTS,
    "kept_of": KEPT,
    "appeal_ground": APPEAL_GROUNDS,
    "channel_of": CHANNELS,
    "method_of": METHODS,
    "mode_of": MODES,
    "of_hours": HOURS,
}
