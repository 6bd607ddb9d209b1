"""Citations as people read them: articles spelt out on Chinese pages, laws by their English titles on English ones."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

Language = Literal["zh", "en"]

# What the laws are called that the packs, the clocks and the refusals cite.
LAWS = {
    "行政许可法": "Administrative Licensing Law",
    "环境影响评价法": "Environmental Impact Assessment Law",
    "建筑法": "Construction Law",
    "消防法": "Fire Protection Law",
    "优化营商环境条例": "Regulations on Optimising the Business Environment",
    "北京市优化营商环境条例": "Beijing Regulations on Optimising the Business Environment",
    "排污许可管理条例": "Regulations on Pollutant Discharge Permits",
    "市场主体登记管理条例": "Regulations on the Registration of Market Entities",
    "企业投资项目核准和备案管理条例": "Regulations on the Approval and Record-filing of Enterprise Investment Projects",
    "取水许可和水资源费征收管理条例": "Regulations on Water Abstraction Permits and Water Resource Fees",
    "医疗器械注册与备案管理办法": "Measures on the Registration and Record-filing of Medical Devices",
    "全国年节及纪念日放假办法": "Regulations on Public Holidays",
    "电子监察规则": "Electronic Supervision Rules",
    "政务服务好差评规则": "Rules on the Evaluation of Government Services",
    "最高人民法院关于适用《行政诉讼法》的解释": "Interpretation of the Administrative Procedure Law",
    "民法典": "Civil Code",
    "民法通则": "General Principles of the Civil Law",
    "生态环境部建设项目环境影响报告书（表）审批程序规定": (
        "Rules of the Ministry of Ecology and Environment on the Approval of Environmental Impact Reports"
    ),
    "容缺受理规定": "Rules on Tolerant Acceptance",
    "国发": "State Council document",
    "国发明电": "State Council telegram",
    "国办发明电": "General Office of the State Council telegram",
    "国办发": "General Office of the State Council document",
}
TENS, HUNDRED, THOUSAND = 10, 100, 1000
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
    return ("；" if language == "zh" else "; ").join(spelt(part.strip()) for part in article.split(";"))


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
