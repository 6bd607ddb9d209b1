"""What the page of a legal person says, in Chinese and in English; `api/html/translations.py` puts it among its tables."""

from __future__ import annotations

OF_PERSON: dict[str, tuple[str, str]] = {
    "address": ("住所", "Address"),
    "as_it_was": ("查看日期", "As on day"),
    "beginning": ("起始不详", "as far back as is known"),
    "borne": ("使用期间", "Borne"),
    "capital": ("注册资本", "Registered capital"),
    "cases": ("办件", "Cases"),
    "code": ("代码", "Code"),
    "codes": ("代码", "Codes"),
    "day": ("数据日期", "As of day"),
    "founded": ("成立日期", "Founded"),
    "found_by": ("匹配方式", "Found by"),
    "into": ("并入", "Merged into"),
    "kind": ("类型", "Kind"),
    "merged": ("已归并的记录", "Merged entries"),
    "merged_at": ("归并时间", "Merged"),
    "merged_from": ("您查询的代码已并入本法人：", "The code that you asked for was merged into this person:"),
    "name": ("名称", "Name"),
    "names": ("历史名称", "Names over time"),
    "no_cases": ("尚无申请", "nothing applied for yet"),
    "no_projects": ("没有该法人的项目。", "This person has no projects."),
    "of_entry": ("所属记录", "Entry"),
    "person": ("法人", "Legal person"),
    "projects": ("项目与办件", "Projects and cases"),
    "reasons": ("理由", "Reasons"),
    "representative": ("法定代表人", "Legal representative"),
    "show": ("查看", "Show"),
    "sort": ("类别", "Sort"),
    "source": ("来源", "Source"),
    "standing": ("登记状态", "Standing"),
    "until_now": ("至今", "to this day"),
}
PERSON_KINDS: dict[str, tuple[str, str]] = {
    "company": ("企业", "Company"),
    "sole_trader": ("个体工商户", "Sole trader"),
    "cooperative": ("农民专业合作社", "Cooperative"),
    "institution": ("事业单位", "Institution"),
    "authority": ("机关", "Authority"),
    "association": ("社会组织", "Association"),
    "other": ("其他", "Other"),
}
STANDINGS: dict[str, tuple[str, str]] = {
    "active": ("存续", "Active"),
    "suspended": ("停业", "Suspended"),
    "revoked": ("吊销", "Revoked"),
    "cancelled": ("注销", "Cancelled"),
    "moved_out": ("迁出", "Moved out"),
}
CODE_SORTS: dict[str, tuple[str, str]] = {
    "unified": ("统一社会信用代码", "Unified social credit code"),
    "organisation": ("组织机构代码（由统一代码得出）", "Organisation code, held in the unified one"),
    "linked": ("组织机构代码（经核实关联）", "Organisation code, linked"),
}
FOUND_BY: dict[str, tuple[str, str]] = {"code": ("代码", "Code"), "name": ("名称", "Name")}
PERSON_TABLES = {
    "of_person": OF_PERSON,
    "person_kind": PERSON_KINDS,
    "standing_of": STANDINGS,
    "code_sort": CODE_SORTS,
    "found_as": FOUND_BY,
}
