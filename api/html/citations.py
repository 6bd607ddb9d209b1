"""Citations as people read them: articles spelt out on Chinese pages, laws by their English titles on English ones."""

from __future__ import annotations

import re
from functools import cache

from api.html.translations import TABLES, Language, wording

# The English titles of the laws, by the Chinese ones in the citations of packs, clocks and refusals.
LAWS = dict(TABLES["law_cited"].values())
TENS, HUNDRED, THOUSAND = 10, 100, 1000
# The grammar of Chinese citations: numerals, and articles as 第四十二条第一款.
NUMERALS = "零一二三四五六七八九"
PLACE = re.compile(r"(\d+)(?:\((\d+)\))?(?:\((\d+)\))?")  # article, paragraph, item
SHORT = re.compile(r"(?P<law>[\u4e00-\u9fff《》]+) (?P<places>\d[\d(), -]*)")
SPELT = re.compile(
    r"(?P<law>[\u4e00-\u9fff]+?)第(@)条(?:第(@)款)?(?:第(@)项)?".replace("@", "[零一二三四五六七八九十百]+")
)
NUMBERED = re.compile(r"(?P<law>[\u4e00-\u9fff]+发(?:明电)?)〔(\d{4})〕(\d+)号")


@cache
def cited(article: str, language: Language) -> str:
    """*article*, one or several parted by ";", for readers of *language*; what is not understood as it was written."""
    spelt = _chinese if language == "zh" else _english
    return wording(language)["punctuation"]("semicolon").join(spelt(part.strip()) for part in article.split(";"))


def numeral(number: int) -> str:
    """A *number* as articles are numbered: 四十二, 二百零一. From a thousand on in digits."""
    if number >= THOUSAND:
        return str(number)
    hundreds, rest = divmod(number, HUNDRED)
    tens, ones = divmod(rest, TENS)
    if not hundreds:
        return (
            (NUMERALS[tens] if tens > 1 else "") + ("十" if tens else "") + (NUMERALS[ones] if ones or not tens else "")
        )
    below = f"{NUMERALS[tens]}十" if tens else NUMERALS[0] if ones else ""
    return f"{NUMERALS[hundreds]}百{below}{NUMERALS[ones] if ones else ''}"


NUMBERS = {numeral(number): number for number in range(1, THOUSAND)}


def _chinese(part: str) -> str:
    """One citation with its articles spelt out: 行政许可法第四十二条第一款."""
    match = SHORT.fullmatch(part)
    if match is None:
        return part
    places = [place.split("-") for place in match["places"].split(", ")]
    if not all(PLACE.fullmatch(end) for place in places for end in place):
        return part
    return match["law"] + "、".join("至".join(map(_spelt_out, place)) for place in places)


def _spelt_out(place: str) -> str:
    numbers = PLACE.fullmatch(place)
    assert numbers is not None, "only places are spelt out"
    return "".join(
        f"第{numeral(int(number))}{unit}" for number, unit in zip(numbers.groups(), "条款项", strict=True) if number
    )


def _english(part: str) -> str:
    """One citation with the law's English title: Administrative Licensing Law, Art. 42(1)."""
    if part in LAWS:
        return LAWS[part]
    if (match := NUMBERED.fullmatch(part)) and match["law"] in LAWS:
        return f"{LAWS[match['law']]} [{match[2]}] No. {match[3]}"
    if (match := SHORT.fullmatch(part)) and match["law"] in LAWS:
        return f"{LAWS[match['law']]}, Art. {match['places']}"
    if (match := SPELT.fullmatch(part)) and match["law"] in LAWS:
        numbers = [NUMBERS.get(number) for number in match.groups()[1:] if number]
        if None not in numbers:
            return f"{LAWS[match['law']]}, Art. {numbers[0]}" + "".join(f"({number})" for number in numbers[1:])
    return part
