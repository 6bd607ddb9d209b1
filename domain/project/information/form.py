"""The form of the information base: categories, their fields, and the format of each.

It follows the national project platform and a zone's own records. A project's entry is incomplete without the
required fields. Keys are permanent, as facts contain them; labels in both languages are part of the form, as the API
answers it.
"""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct

from domain.core.ledger import Refused

# 24 characters: year and month (or year), district, industry, type of project, number, e.g. 2603-420100-04-01-100001.
PROJECT_CODE = re.compile(r"\d{4}-\d{6}-\d{2}-\d{2}-\d{6}", re.ASCII)
DISTRICT = re.compile(r"\d{6}", re.ASCII)  # GB/T 2260
INDUSTRY = re.compile(r"[A-T](\d{2,4})?", re.ASCII)  # GB/T 4754: a section, or a division, group or class of it
NUMBER = re.compile(r"\d{1,15}(\.\d{1,6})?", re.ASCII)
DAY = re.compile(r"(199\d|20\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
PHONE = re.compile(r"\+?\d[\d -]{5,24}", re.ASCII)

MONEY_UNITS = ("元", "万元", "亿元")
AREA_UNITS = ("平方米", "公顷", "亩")


class Sort(StrEnum):
    """The format of a field."""

    TEXT = "text"
    NUMBER = "number"  # decimal, at most six places
    MONEY = "money"  # a number and its unit
    DATE = "date"  # YYYY-MM-DD, in the years 1990 to 2099
    CHOICE = "choice"  # one of its options
    PROJECT_CODE = "project_code"
    DISTRICT = "district"
    INDUSTRY = "industry"
    PHONE = "phone"


FORMS = {
    Sort.NUMBER: (NUMBER, "a number such as 1250.5, not negative, with at most six decimal places"),
    Sort.MONEY: (NUMBER, "a number such as 1250.5, not negative, with at most six decimal places"),
    Sort.DATE: (DAY, "a day of the years 1990 to 2099 such as 2026-03-02"),
    Sort.PROJECT_CODE: (PROJECT_CODE, "24 characters such as 2603-420100-04-01-100001"),
    Sort.DISTRICT: (DISTRICT, "six digits such as 420100 (GB/T 2260)"),
    Sort.INDUSTRY: (INDUSTRY, "a letter and up to four digits such as C2651 (GB/T 4754)"),
    Sort.PHONE: (PHONE, "digits, with blanks or hyphens between them"),
}


class FormField(Struct, frozen=True):
    """One field. *options* map the stored value of a choice to its label in Chinese and English."""

    key: str
    zh: str
    en: str
    sort: Sort = Sort.TEXT
    required: bool = False
    units: tuple[str, ...] = ()  # if any, one of them is required
    options: dict[str, tuple[str, str]] = {}


class Category(Struct, frozen=True):
    """A group of fields entered together."""

    id: str
    zh: str
    en: str
    fields: tuple[FormField, ...]

    def field(self, key: str) -> FormField:
        """The field *key*; refused if the category has no such field."""
        for field in self.fields:
            if field.key == key:
                return field
        known = ", ".join(field.key for field in self.fields)
        raise Refused(
            "unknown-field", f"{self.id} ({self.zh}) has no field {key}", remedy=f"its fields: {known}", field=key
        )


def _must(key: str, zh: str, en: str, sort: Sort = Sort.TEXT, *units: str) -> FormField:
    return FormField(key, zh, en, sort, required=True, units=units)


def _may(key: str, zh: str, en: str, sort: Sort = Sort.TEXT, *units: str) -> FormField:
    return FormField(key, zh, en, sort, units=units)


def _money(key: str, zh: str, en: str, *, required: bool = False) -> FormField:
    return FormField(key, zh, en, Sort.MONEY, required, MONEY_UNITS)


def _choice(key: str, zh: str, en: str, options: dict[str, tuple[str, str]]) -> FormField:
    return FormField(key, zh, en, Sort.CHOICE, required=True, options=options)


PROCEDURE = {"approval": ("审批", "Approval"), "verification": ("核准", "Verification"), "filing": ("备案", "Filing")}
NATURE = {
    "new": ("新建", "New"),
    "expansion": ("扩建", "Expansion"),
    "conversion": ("改建", "Conversion"),
    "relocation": ("迁建", "Relocation"),
    "technical": ("技术改造", "Technical renewal"),
}
ACQUISITION = {
    "granted": ("出让", "Granted for a price"),
    "allocated": ("划拨", "Allocated"),
    "leased": ("租赁", "Leased"),
    "own": ("自有", "Already held"),
    "none": ("不涉及新增用地", "No new land"),
}
REVIEW = {"report": ("报告书", "Report"), "form": ("报告表", "Form"), "register": ("登记表", "Register entry")}

FORM: tuple[Category, ...] = (
    Category(
        "basic",
        "基本情况",
        "Basic facts",
        (
            _must("project_code", "国家项目代码", "National project code", Sort.PROJECT_CODE),
            _choice("kind", "项目类型", "Kind of procedure", PROCEDURE),
            _choice("nature", "建设性质", "Nature", NATURE),
            _must("industry", "国标行业", "Industry", Sort.INDUSTRY),
            _must("district", "行政区划", "District", Sort.DISTRICT),
            _must("location", "建设地点", "Location"),
            _may("summary", "项目简介", "Summary"),
        ),
    ),
    Category(
        "investment",
        "投资与资金",
        "Investment",
        (
            _money("total", "总投资", "Total investment", required=True),
            _money("fixed_assets", "固定资产投资", "Fixed assets"),
            _money("own_capital", "项目资本金", "Own capital", required=True),
            _money("loans", "银行贷款", "Loans"),
            _money("public_funds", "财政性资金", "Public funds"),
            _money("foreign_capital", "利用外资", "Foreign capital"),
        ),
    ),
    Category(
        "land",
        "用地",
        "Land",
        (
            _must("area", "用地面积", "Area of land", Sort.NUMBER, *AREA_UNITS),
            _must("use", "土地用途", "Use of land"),
            _choice("acquisition", "取得方式", "How acquired", ACQUISITION),
            _may("parcel", "宗地编号", "Parcel"),
            _may("certificate", "不动产权证号", "Title certificate"),
        ),
    ),
    Category(
        "planning",
        "规划指标",
        "Planning figures",
        (
            _must("floor_area", "总建筑面积", "Floor area", Sort.NUMBER, "平方米"),
            _must("plot_ratio", "容积率", "Plot ratio", Sort.NUMBER),
            _must("density", "建筑密度", "Building density", Sort.NUMBER, "%"),
            _must("green_ratio", "绿地率", "Green ratio", Sort.NUMBER, "%"),
            _may("height", "建筑高度", "Height", Sort.NUMBER, "米"),
            _may("parking", "停车位", "Parking spaces", Sort.NUMBER, "个"),
        ),
    ),
    Category(
        "construction",
        "建设内容",
        "Construction",
        (
            _must("content", "建设内容", "What is built"),
            _must("scale", "建设规模", "Scale"),
            _may("products", "主要产品", "Main products"),
            _may("capacity", "设计产能", "Capacity"),
            _may("equipment", "主要设备", "Main equipment"),
        ),
    ),
    Category(
        "environment",
        "节能环保",
        "Energy and environment",
        (
            _must("energy", "年综合能源消费量", "Energy a year", Sort.NUMBER, "吨标准煤"),
            _choice("review", "环评类别", "Environmental review", REVIEW),
            _may("emissions", "主要污染物", "Main emissions"),
            _may("measures", "治理措施", "Measures against them"),
            _may("safety", "安全生产类别", "Safety"),
        ),
    ),
    Category(
        "utilities",
        "用能用水",
        "Utilities",
        (
            _must("electricity", "年用电量", "Electricity a year", Sort.NUMBER, "千瓦时", "万千瓦时"),
            _must("water", "年用水量", "Water a year", Sort.NUMBER, "立方米", "万立方米"),
            _may("electric_load", "用电负荷", "Electric load", Sort.NUMBER, "千伏安"),
            _may("gas", "年用气量", "Gas a year", Sort.NUMBER, "立方米", "万立方米"),
            _may("steam", "年用蒸汽量", "Steam a year", Sort.NUMBER, "吨"),
        ),
    ),
    Category(
        "schedule",
        "进度计划",
        "Schedule",
        (
            _must("planned_start", "计划开工", "Planned start", Sort.DATE),
            _must("planned_completion", "计划竣工", "Planned completion", Sort.DATE),
            _may("started", "实际开工", "Started", Sort.DATE),
            _may("completed", "实际竣工", "Completed", Sort.DATE),
            _may("operating", "投产日期", "In operation since", Sort.DATE),
        ),
    ),
    Category(
        "contacts",
        "联系人",
        "Contacts",
        (
            _must("name", "项目负责人", "Responsible person"),
            _must("phone", "联系电话", "Telephone", Sort.PHONE),
            _may("email", "电子邮箱", "E-mail"),
            _may("agent", "经办人", "Agent"),
            _may("agent_phone", "经办人电话", "Agent's telephone", Sort.PHONE),
        ),
    ),
    Category(
        "benefit",
        "经济效益",
        "Economic benefit",
        (
            _money("output", "年产值", "Output a year", required=True),
            _money("tax", "年税收", "Taxes a year", required=True),
            _must("jobs", "新增就业", "Jobs", Sort.NUMBER, "人"),
            _money("exports", "年出口额", "Exports a year"),
        ),
    ),
)
CATEGORIES = {category.id: category for category in FORM}
REQUIRED = tuple((category.id, field.key) for category in FORM for field in category.fields if field.required)
