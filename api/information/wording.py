"""What the pages of the information base say, in Chinese and in English; `api/html/translations.py` puts it among its own."""

from __future__ import annotations

BASE: dict[str, tuple[str, str]] = {
    "as_of": ("截至", "As of"),
    "base": ("项目信息库", "Information base"),
    "by": ("录入", "Entered by"),
    "category": ("信息类别", "Category"),
    "complete": ("完整", "Complete"),
    "count": ("个项目", "projects"),
    "document": ("文号", "Document"),
    "entered": ("录入时间", "Entered"),
    "every": ("全部", "Any"),
    "field": ("信息项", "Field"),
    "filled": ("必填项", "Required fields"),
    "hint": (
        "名称、代码、企业、地点、录入内容或文号",
        "Name, code, enterprise, place, entries, document",
    ),
    "incomplete": ("不完整", "Incomplete"),
    "kind": ("项目类型", "Kind of procedure"),
    "missing": ("待录入", "To be entered"),
    "of_day": ("数据日期", "As of day"),
    "on": ("查看日期", "As on day"),
    "progress": ("办理进度", "Progress"),
    "registered": ("登记时间", "Registered"),
    "required": ("必填", "required"),
    "results": ("各环节结果", "Results of every step"),
    "search": ("检索", "Search"),
    "uscc": ("统一社会信用代码", "Unified social credit code"),
    "value": ("内容", "Value"),
    "whole": ("信息完整度", "Completeness"),
}

INFORMATION = {"base": BASE}
