"""What the pages of the information base say, in Chinese and in English; `api/wording.py` puts it among its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

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
# What units are called in English, and how many of them one is: nobody counts in ten thousands there.
MEASURES: dict[str, tuple[Decimal, str]] = {
    "元": (Decimal(1), "yuan"),
    "万元": (Decimal("0.01"), "million yuan"),
    "亿元": (Decimal(100), "million yuan"),
    "平方米": (Decimal(1), "m²"),
    "公顷": (Decimal(1), "ha"),
    "亩": (Decimal(1), "mu"),
    "米": (Decimal(1), "m"),
    "个": (Decimal(1), ""),
    "人": (Decimal(1), ""),
    "吨": (Decimal(1), "t"),
    "吨标准煤": (Decimal(1), "t of coal equivalent"),
    "千瓦时": (Decimal(1), "kWh"),
    "万千瓦时": (Decimal(10), "MWh"),
    "立方米": (Decimal(1), "m³"),
    "万立方米": (Decimal("0.01"), "million m³"),
    "千伏安": (Decimal(1), "kVA"),
}
INFORMATION = {"base": BASE}


def measured(value: str, unit: str, language: Literal["zh", "en"]) -> str:
    """A number with its *unit*, its digits in groups of three: 32 亿元, or 3,200 million yuan."""
    times, words = MEASURES.get(unit, (Decimal(1), unit)) if language == "en" else (Decimal(1), unit)
    return f"{(Decimal(value) * times).normalize():,f} {words}".rstrip()
