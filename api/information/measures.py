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


def measured(value: str, unit: str, language: Language) -> str:
    """A number with its *unit*, its digits in groups of three: 32 亿元, or 3,200 million yuan."""
    factor = FACTORS.get(unit, Decimal(1)) if language == "en" else Decimal(1)
    return f"{(Decimal(value) * factor).normalize():,f} {wording(language)['measure'](unit)}".rstrip()
