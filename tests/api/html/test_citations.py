"""Citations on pages: what the packs cite is read in both languages, and what is not understood stays as it is."""

from __future__ import annotations

import re

import pytest

from api.html.citations import cited, numeral
from infrastructure.law.lawbook import law_book

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize(
    ("article", "chinese", "english"),
    [
        ("行政许可法 42(1)", "行政许可法第四十二条第一款", "Administrative Licensing Law, Art. 42(1)"),
        ("行政许可法第四十二条", "行政许可法第四十二条", "Administrative Licensing Law, Art. 42"),
        (
            "行政许可法第三十二条第一款第四项",
            "行政许可法第三十二条第一款第四项",
            "Administrative Licensing Law, Art. 32(1)(4)",
        ),
        (
            "行政许可法 42(1), 50",
            "行政许可法第四十二条第一款、第五十条",
            "Administrative Licensing Law, Art. 42(1), 50",
        ),
        (
            "行政许可法 46-48",
            "行政许可法第四十六条至第四十八条",
            "Administrative Licensing Law, Art. 46-48",
        ),
        (
            "消防法 15(3); 行政许可法 30",
            "消防法第十五条第三款；行政许可法第三十条",
            "Fire Protection Law, Art. 15(3); Administrative Licensing Law, Art. 30",
        ),
        (
            "最高人民法院关于适用《行政诉讼法》的解释 66",
            "最高人民法院关于适用《行政诉讼法》的解释第六十六条",
            "Interpretation of the Administrative Procedure Law, Art. 66",
        ),
        ("国发〔1999〕9号", "国发〔1999〕9号", "State Council document [1999] No. 9"),
        ("Awb 4:15(1)(a)", "Awb 4:15(1)(a)", "Awb 4:15(1)(a)"),
        ("医疗器械注册与备案管理办法 92(2)-(3)", "医疗器械注册与备案管理办法 92(2)-(3)", None),
        ("本区规则 3", "本区规则第三条", "本区规则 3"),
        ("", "", ""),
    ],
)
def test_a_citation_is_read_in_both_languages(article: str, chinese: str, english: str | None) -> None:
    assert cited(article, "zh") == chinese
    assert english is None or cited(article, "en") == english


def test_articles_are_numbered_as_laws_number_them() -> None:
    assert [numeral(number) for number in (9, 10, 11, 20, 42, 99, 100, 110, 120, 201, 1000)] == [
        "九",
        "十",
        "十一",
        "二十",
        "四十二",
        "九十九",
        "一百",
        "一百一十",
        "一百二十",
        "二百零一",
        "1000",
    ]


def test_every_law_of_the_zone_has_an_english_title() -> None:
    packs = law_book().versions("cn-licensing")
    terms = [term for pack in packs for term in pack.clocks.values()]
    terms += [term for pack in packs for law in pack.specials.values() for term in law.clocks.values()]
    articles = [term.article for term in terms] + [mode.article for term in terms for mode in term.modes.values()]
    articles += [pack.article("tolerance_cure") for pack in packs]
    assert len(articles) > 20
    assert [article for article in articles if CHINESE.search(cited(article, "en"))] == []
