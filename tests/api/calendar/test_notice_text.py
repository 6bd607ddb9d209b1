"""The days of a notice, as the State Council announces them and as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from api.calendar.notice_text import days_in, text_of
from api.web.problems import Problem


def test_the_words_of_a_notice_are_read_day_by_day() -> None:
    text = """一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。"""
    days = days_in(text, 2026)
    assert [day for day, works in days.items() if works] == [
        *(date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 9, 20), date(2026, 10, 10)),
    ]
    assert sum(not works for works in days.values()) == 3 + 9 + 7
    assert days_in(text_of(days), 1999) == days


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-02-30 休", "there is no day 2026-02-30"),
        ("2026-05-01", "does not say whether"),
        ("2026-05-01 休\n2026-05-01 班", "both worked and off"),
        ("劳动节放假", "no day was recognised"),
        ("2026-01-01 至 2026-12-31 休", "are 365 days"),
    ],
)
def test_an_unclear_day_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Problem) as refused:
        days_in(text, 2026)
    assert sentence in refused.value.detail
