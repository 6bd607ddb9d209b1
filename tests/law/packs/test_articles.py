"""The article of every clock is the pack's, with its paragraph, wherever the clock is read."""

from __future__ import annotations

from datetime import datetime

import pytest

from domain.law.licensing.evaluation import evaluate
from domain.law.licensing.explain import explain
from domain.law.licensing.forecast import forecast
from domain.law.licensing.rule import Mode
from domain.law.packs.expand import expand
from domain.law.packs.pack import Pack
from domain.law.procedure.licensing_forecast import clock_on
from infrastructure.law.lawbook import law_book
from tests.examples import LAW
from tests.law.packs.books import china
from tests.law.questions import happened

AT = datetime.fromisoformat("2026-03-12T12:00:00+08:00")
EVENTS = [
    happened("received", "03-02"),
    happened("accepted", "03-04", cure_days=5),
    happened("hearing_told", "03-05"),
    happened("hearing_requested", "03-06"),
    happened("countersign_request", "03-06", dept="fire"),
    happened("decided", "03-10", outcome="granted", on_undertaking=True),
]


def articles_of(pack: Pack, mode: Mode = "single") -> dict[str, str]:
    """The article of every clock there is of a full history."""
    rule = expand(pack, mode=mode, commitment_days=pack.limit(mode).days)
    return {name: clock.article for name, clock in evaluate(rule, EVENTS, china(), AT).clocks.items()}


@pytest.mark.parametrize(
    ("special", "mode", "article"),
    [
        ("", "single", "行政许可法 42(1)"),
        ("", "joint", "行政许可法 42(2)"),
        ("", "on_the_spot", "行政许可法 34(2)"),
        ("discharge_permit", "single", "排污许可管理条例 12"),
        ("registration", "single", "市场主体登记管理条例 19"),
        ("registration", "on_the_spot", "市场主体登记管理条例 19; 行政许可法 56"),
        ("water_abstraction", "single", "取水许可和水资源费征收管理条例 19"),
    ],
)
def test_the_decision_cites_the_paragraph_that_sets_its_length(special: str, mode: Mode, article: str) -> None:
    assert articles_of(LAW.under(special), mode)["decision"].startswith(article)


def test_every_other_clock_cites_the_pack_too() -> None:
    assert articles_of(LAW) == {
        "intake#1": "行政许可法 32(1)(4)",
        "decision": "行政许可法 42(1)",
        "commitment": "优化营商环境条例 36",
        "delivery": "行政许可法 44",
        "countersign:fire": "国发〔1999〕9号",
        "hearing_request": "行政许可法 47(1)",
        "hearing_hold": "行政许可法 47(1)",
        "tolerance_cure": "容缺受理规定",
        "post_check": "国办发〔2020〕42号",
    }
    water = articles_of(LAW.under("water_abstraction"))
    assert water["countersign:fire"] == "取水许可和水资源费征收管理条例 18"


def test_a_stored_forecast_and_an_explanation_cite_the_same() -> None:
    rule = expand(LAW.under("discharge_permit"))
    begun = EVENTS[:2]
    decision = next(clock for clock in forecast(rule, begun, china()).clocks if clock.name == "decision")
    reading = clock_on(decision, rule, china().as_known(AT.date()), AT.date())
    explanation = explain(rule, begun, china(), AT, None, "decision")
    assert reading is not None
    assert reading.article == explanation.article == explanation.clock.article
    assert reading.article.startswith("排污许可管理条例 12")


def test_a_general_clock_cites_its_mode() -> None:
    british = law_book().pack("uk-planning@2015-04-15")
    assert british.clock_article("decision", "major") != british.clock_article("decision", "single")
    assert british.clock_article("decision", "eia").startswith("EIA Regulations 2017")
