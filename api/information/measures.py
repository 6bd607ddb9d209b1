"""Numbers of the information base with their units, in both languages."""

from __future__ import annotations

from decimal import Decimal

from api.html.translations import Language, wording

# By the unit as it is stored, how many of the English unit it is: English does not count in ten thousands.
FACTORS = {
    "万元": Decimal("0.01"),
    "亿元": Decimal(100),
    "万千瓦时": Decimal(10),
    "万立方米": Decimal("0.01"),
}
COUNTED = ("个", "人")  # without a unit in English


def measured(value: str, unit: str, language: Language) -> str:
    """A number with its *unit*, its digits in groups of three: 32 亿元, or 3,200 million yuan."""
    is_english = language == "en"
    factor = FACTORS.get(unit, Decimal(1)) if is_english else Decimal(1)
    name = "" if is_english and unit in COUNTED else wording(language)["measure"](unit)
    return f"{(Decimal(value) * factor).normalize():,f} {name}".rstrip()
