"""Flags in words: every flag has a sentence in both languages, and cites the article that it is about."""

from __future__ import annotations

import re

import pytest

from api.clocks.remarks import SENTENCES, sentence_of
from api.html.translations import TABLES
from domain.law.flag_basis import article_of
from infrastructure.law.lawbook import law_book
from tests.law.test_flag_table import B13, OF_OTHER_LAWS

CN, DUTCH, DEVICES = "cn-licensing@2019-04-23", "nl-wabo@2010-10-01", "cn-medical-devices@2021-10-01"
LATIN = re.compile("[A-Za-z_]")


def test_every_flag_of_the_table_has_a_sentence_and_no_sentence_is_of_another() -> None:
    assert TABLES[SENTENCES].keys() == B13.keys() | OF_OTHER_LAWS.keys()
    for flag, (zh, en) in TABLES[SENTENCES].items():
        assert zh.endswith("。"), flag
        assert not LATIN.search(zh), flag
        assert en.endswith("."), flag
        assert "_" not in en, flag


@pytest.mark.parametrize("flag", sorted(B13))
def test_the_licensing_law_has_an_article_for_every_flag(flag: str) -> None:
    subject = {"extension": "decision", "countersign": "fire"}.get(flag.partition("_")[0], "hearing")
    assert article_of(law_book().pack(CN), "single", f"{flag}:{subject}").startswith(("行政许可法", "国发"))


@pytest.mark.parametrize(
    ("law", "flag", "article"),
    [
        (CN, "suspend_not_notified:s1", "行政许可法 45"),
        (f"{CN}/eia_report", "decided_without_acceptance", "行政许可法 32(1)(5), 32(2)"),
        (CN, "extension_late:decision", "行政许可法 42(1)"),
        (CN, "extension_outside_clock:delivery", "行政许可法 42"),
        (DUTCH, "extension_not_notified:decision", "Wabo 3.9(2)"),
        (DUTCH, "answered_after_term:supplement", "Awb 4:5, 4:15(1)(a)"),
        (DEVICES, "extension_exceeds_limit:technical_review", "医疗器械注册与备案管理办法 96"),
        ("uk-planning@2021-08-01", "duplicate_receipt", ""),
    ],
)
def test_the_article_is_that_of_the_law_that_applies(law: str, flag: str, article: str) -> None:
    sentence = sentence_of(flag, law_book().pack(law), "single")
    assert sentence.article == article
    assert (sentence.zh, sentence.en) == TABLES[SENTENCES][flag.partition(":")[0]]


def test_a_rule_that_was_written_out_cites_nothing() -> None:
    assert sentence_of("duplicate_receipt", None, "single").article == ""
