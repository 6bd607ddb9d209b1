"""Which fields of a fact are not shown, and how its yes-or-no fields are said."""

from __future__ import annotations

# Told elsewhere in the line, or of use to programs alone: the whole fact is in GET /v1/projects/{id}/history.
HIDDEN = frozenset(
    {"item", "suspension", "digest", "complaint", "evaluation", "catalogue", "flow", "law", "unit", "rule", "calendar"}
    | {"contact", "seen", "particulars", "service", "task_code", "steps", "notice", "bad", "org_code", "media_type"}
    | {"catalogue_edition", "activity"}
)

# What is said of a field that is true, and that is false, by its name; "tag.name" where facts mean different things.
TRUTHS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "again": (("需继续整改", "to be put right again"), ("", "")),
    "anonymous": (("匿名", "anonymous"), ("", "")),
    "bad": (("差评", "poor"), ("", "")),
    "by_feed": (("对接系统报送", "sent by feed"), ("项目经理录入", "keyed in")),
    "complete": (("已补齐", "complete"), ("尚未补齐", "not complete yet")),
    "evaluation_appeal_decided.upheld": (("成立，不计入", "upheld"), ("不成立", "rejected")),
    "is_online": (("可网上办理", "online"), ("不可网上办理", "not online")),
    "new_items": (("含新的要求", "asking for something new"), ("", "")),
    "notified": (("已告知申请人", "applicant notified"), ("未告知申请人", "applicant not notified")),
    "on_undertaking": (("告知承诺", "on the undertaking"), ("", "")),
    "partly": (("部分属实", "partly justified"), ("", "")),
    "provisional": (("以国务院通知为准", "provisional, until the State Council's notice"), ("", "")),
    "real": (("属实", "justified"), ("不属实", "not justified")),
    "undertaking": (("以告知承诺方式", "on an undertaking"), ("", "")),
    "undertaking_checked.kept": (("已履行承诺", "undertaking honoured"), ("未履行承诺", "undertaking broken")),
    "undoes": (("随之恢复原状", "what silence changed is undone"), ("", "")),
    "upheld": (("属实", "justified"), ("不属实", "not justified")),
}
