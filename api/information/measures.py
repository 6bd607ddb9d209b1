"""Numbers of the information base with their units, in both languages."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

# What units are called in English, and how many of them one is: English does not count in ten thousands.
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


def measured(value: str, unit: str, language: Literal["zh", "en"]) -> str:
    """A number with its *unit*, its digits in groups of three: 32 亿元, or 3,200 million yuan."""
    times, words = MEASURES.get(unit, (Decimal(1), unit)) if language == "en" else (Decimal(1), unit)
    return f"{(Decimal(value) * times).normalize():,f} {words}".rstrip()
