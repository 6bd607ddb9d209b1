"""Chinese on pages in English is marked as such, once, wherever an element can be marked."""

from __future__ import annotations

import pytest

from api.html.translations import mark_chinese


@pytest.mark.parametrize(
    ("page", "marked"),
    [
        ("<p>nothing here</p>", "<p>nothing here</p>"),
        ("<p>of 恒信有限公司, as</p>", '<p>of <span lang="zh-CN">恒信有限公司</span>, as</p>'),
        ("<b>监察〔2026〕Y-24997</b>", '<b><span lang="zh-CN">监察〔2026〕</span>Y-24997</b>'),
        ("<b>京开审字〔2026〕6466号 &amp; 证</b>", None),
        ('<a lang="zh-CN"><b>中文</b></a> 中', '<a lang="zh-CN"><b>中文</b></a> <span lang="zh-CN">中</span>'),
        ("<option value=1>土地局</option>", '<option value=1 lang="zh-CN">土地局</option>'),
        ("<option>land 土地局</option>", "<option>land 土地局</option>"),
        ('<p title="土地">x</p>', '<p title="土地">x</p>'),
        ('<i lang="zh-CN">一<i>二</i>三</i>四', '<i lang="zh-CN">一<i>二</i>三</i><span lang="zh-CN">四</span>'),
    ],
)
def test_each_run_of_chinese_is_marked_once(page: str, marked: str | None) -> None:
    expected = marked or '<b><span lang="zh-CN">京开审字〔2026〕6466号</span> &amp; <span lang="zh-CN">证</span></b>'

    assert mark_chinese(page) == expected
    assert mark_chinese(expected) == expected
