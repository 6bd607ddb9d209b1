"""What is said beside an imported case of whose its figures are, in Chinese and in English."""

from __future__ import annotations

STATEMENT = (
    (
        "本案由登记簿导入。标为“登记簿”的数字按登记簿自己的记录和算法得出；"
        "时限、颜色、预警和监察牌按法律由导入的事实计算。"
        "两者可能不同：效力以法律的计算为准，登记簿的数字只供与登记簿核对。"
    ),
    (
        "This case was imported from a register. Figures marked as the register's follow from its own rows and its own "
        "way of counting; clocks, colours, warnings and cards are counted by the law from the imported facts. They may "
        "differ: what counts is the law's, and the register's figures are there to compare with the register."
    ),
)
REGISTER: dict[str, tuple[str, str]] = {
    "article": ("依据", "Article"),
    "by_law": ("法律", "By the law"),
    "by_register": ("登记簿", "By the register"),
    "case": ("登记簿案号", "Case in the register"),
    "deadline_on": ("最后期限", "Last day"),
    "delivered_on": ("送达", "Delivered"),
    "extension_days": ("延长（天）", "Extended (days)"),
    "figure": ("数字", "Figure"),
    "gross_days": ("总天数", "Days in all"),
    "late": ("逾期", "Late"),
    "net_days": ("净天数（扣除中止）", "Days net of suspensions"),
    "register": ("登记簿", "Register"),
    "state": ("决定时限", "The decision's clock"),
    "statement": STATEMENT,
    "submitted_on": ("收件", "Received"),
    "suspended_days": ("中止（天）", "Suspended (days)"),
    "title": ("登记簿的数字与法律的数字", "The register's figures and the law's"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
}
REGISTER_TABLES = {"of_register": REGISTER}
