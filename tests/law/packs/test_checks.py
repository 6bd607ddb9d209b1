"""Each check of rule B14 fails on a planted fault, and says what is wrong."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from re import escape
from typing import NamedTuple

import pytest

from domain.law.packs.checks import calendar_faults
from domain.law.packs.parse import PackInvalidError, parse_pack
from infrastructure.law.lawbook import law_book

TODAY = date(2026, 11, 24)
TEXT = (files("domain.law") / "packs" / "cn-licensing" / "2019-04-23.toml").read_text("utf-8")


class Planted(NamedTuple):
    """A fault put into the licensing law: *before* becomes *after*, and the check says *sentence*."""

    name: str
    before: str
    after: str
    sentence: str


PROMISE = 'card = "yellow"\nnote = "The length is published'
DELIVERED = 'stop = ["delivered"]'
CLOSING = "close_of_business = 17:30:00"
MORE_DAYS = """days_max = 40
approver = "agency_head"
article = "企业投资项目核准和备案管理条例 10"
level = "administrative_regulation"
"""
LENGTHS = (
    Planted("promise longer than the statute", PROMISE, f"days = 21\n{PROMISE}", "promises 21+0 working_days"),
    Planted("promise in another unit", PROMISE, f'unit = "week"\ndays = 2\n{PROMISE}', "promises 2+0 weeks"),
    Planted(
        "promise with an extension beyond the statute",
        PROMISE,
        f'days = 15\nextension = {{ article = "-", days_max = 6 }}\n{PROMISE}',
        "promises 15+6 working_days, the statute gives 20",
    ),
    Planted(
        "longer extension by a ministry rule",
        MORE_DAYS,
        MORE_DAYS.replace("administrative_regulation", "ministry_rule"),
        "goes beyond the act by a ministry_rule",
    ),
    Planted(
        "another period by a ministry rule",
        'article = "消防法 15(3)"',
        'article = "消防法 15(3)"\nlevel = "ministry_rule"',
        "is 10 working_days by a ministry_rule",
    ),
    Planted(
        "filing period by a policy",
        'article = "行政许可法 50(1)"',
        'article = "行政许可法 50(1)"\nlevel = "policy"',
        "at least a ministry rule",
    ),
    Planted("no length", f"{DELIVERED}\ndays = 10", DELIVERED, "has no length"),
    Planted("extension of nothing", "days_max = 15", "days_max = 0", "extends nothing"),
    Planted("extension in another unit", "days_max = 15", 'days_max = 15\nunit = "week"', "counted in weeks"),
)
ARTICLES = (
    Planted(
        "ground without an article",
        'title_zh = "招标"\narticle = "行政许可法 45"',
        'title_zh = "招标"\narticle = ""',
        "the ground bidding of cn-licensing@2019-04-23 names no article",
    ),
    Planted("clock without an article", 'article = "行政许可法 44"', 'article = ""', "names no article"),
    Planted(
        "mode without an article",
        'days = 45\narticle = "行政许可法 42(2)"',
        'days = 45\narticle = " "',
        "in the mode joint names no article",
    ),
    Planted(
        "extension without an article",
        'government_head"\narticle = "行政许可法 42(2)"',
        'government_head"\narticle = ""',
        "in the mode joint names no article",
    ),
    Planted("citation without an article", 'article = "行政许可法 57"', 'article = ""', "the citation priority"),
    Planted("clock without words", '行政许可法 44"\nquote = ', '行政许可法 44"\nnote = ', "quotes no words"),
    Planted("special law without a name", 'law = "中华人民共和国建筑法"', 'law = ""', "doesn't name its law"),
    Planted("ground stops no clock", 'stops = ["commitment"]', 'stops = ["promise"]', "promise, which is no clock"),
    Planted("ground twice", 'reason = "auction"', 'reason = "bidding"', "the ground bidding is listed twice"),
    Planted(
        "restart without a length",
        'title_zh = "招标"',
        'title_zh = "招标"\nnotice = { effect = "restart_with" }',
        "restarts the period with no length",
    ),
)
FRAME = (
    Planted("ends before it begins", CLOSING, f"{CLOSING}\nvalid_to = 2018-01-01", "before it begins"),
    Planted("no IANA zone", 'zone = "Asia/Shanghai"', 'zone = "UTC+8"', "is not a zone of the IANA database"),
    Planted("a warning that never comes", "min = 5", "min = 0", "which must be at least 1"),
    Planted("a warning before the start", "num = 0", "num = 2", "warns at more than its whole length"),
    Planted("hours and no opening hours", DELIVERED, f'{DELIVERED}\nunit = "working_hour"', "has no opening hours"),
    Planted("opening hours out of order", CLOSING, "hours = [[09:00:00, 08:00:00]]", "are not in order"),
    Planted("no such closure", CLOSING, 'closures = [["02-30", "03-01"]]', "no stretch of the year"),
    Planted("written as a special law", CLOSING, 'special = "eia_report"', "is written as a special law already"),
    Planted("a word misspelt", "close_of_business", "closing_time", "closing_time"),
    Planted("a unit misspelt", 'unit = "month"', 'unit = "moon"', "moon"),
    Planted("valid_from missing", "valid_from = 2019-04-23", "", "valid_from"),
    Planted("no TOML", "[clocks.intake]", "[clocks.intake", "not TOML"),
)


@pytest.mark.parametrize("planted", LENGTHS + ARTICLES + FRAME, ids=lambda planted: planted.name)
def test_a_planted_fault_is_found_and_named(planted: Planted) -> None:
    assert planted.before in TEXT
    with pytest.raises(PackInvalidError, match=escape(planted.sentence)):
        parse_pack(TEXT.replace(planted.before, planted.after, 1))


def test_every_fault_is_listed_not_only_the_first() -> None:
    text = TEXT
    for planted in (LENGTHS[0], ARTICLES[4], FRAME[1]):
        text = text.replace(planted.before, planted.after, 1)
    with pytest.raises(PackInvalidError) as invalid:
        parse_pack(text)
    assert len(invalid.value.faults) == 3


def test_a_calendar_must_exist_and_cover_today() -> None:
    pack, calendars = law_book().pack("cn-licensing@2019-04-23"), law_book().calendars()
    assert calendar_faults(pack, calendars, TODAY) == ()
    assert "is not shipped" in calendar_faults(pack, {}, TODAY)[0]
    assert "does not cover 2027-01-04" in calendar_faults(pack, calendars, date(2027, 1, 4))[0]
    ended = law_book().pack("nl-wabo@2010-10-01")
    assert calendar_faults(ended, calendars, date(2040, 1, 2)) == ()
