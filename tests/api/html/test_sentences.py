"""What happened, in a sentence: every fact has one in both languages, and it says what the fact is about."""

from __future__ import annotations

import re
from datetime import date

import pytest
from msgspec import structs

from api.acts.chapters import TRUTHS
from api.html.page import PageAddress, PageContext, Visitor
from api.html.sentences import HIDDEN, SentenceContext, Sentences
from api.html.translations import TABLES
from api.web.entries import shown
from api.web.identity import caller_by_headers
from domain.core.types import Outcome
from domain.examples.story import fact_examples, story_entries
from domain.examples.supervision import WATCHED, WATCHED_PROJECT
from domain.law.proof import ClockProof, Colour, Rung
from domain.messages import FACTS, AnyFact
from domain.project.application.supplement import SupplementRequested
from domain.project.application.suspension import ClockResumed, ClockSuspended
from domain.project.countersignature.request import ItemCountersigned
from domain.project.feedback.evaluation import Grade
from domain.project.state.consultation import Opinion
from domain.project.supervision.appeals import CardAppealed, SupervisionAnswered, SupervisionOrdered
from domain.project.supervision.signals import CardIssued, DeadlineWarned
from tests.examples import BUREAU, LAW, accepted, completed, declined
from tests.spec import PROJECT, entry

EXAMPLES = fact_examples(LAW)
PROOF = ClockProof(
    rung=Rung.CARD,
    clock="decision",
    application=1,
    rule=LAW.name,
    calendar="CN",
    article="行政许可法 42(1)",
    started_on=date(2026, 3, 2),
    length=20,
    due_on=date(2026, 3, 30),
    remaining=0,
    provisional=False,
    evidence=(2, 3),
    seen=4,
)
CARD = CardIssued(card="land-3", item="land", department="supervision", colour=Colour.RED, proof=PROOF)
ORDER = SupervisionOrdered(
    order="order-land-4",
    item="land",
    department="supervision",
    about="说明原因",
    feedback_by=date(2026, 4, 3),
    card="land-3",
)

FIELDS, SENTENCES = TABLES["field"], TABLES["sentence"]


def sentences(lang: str, *facts: AnyFact, role: str = "") -> Sentences:
    """Those of a project with these *facts*, for a reader in *role*."""
    paper = PageContext(PageAddress(query={"lang": lang}, visitor=Visitor("wu", role)))
    entries = shown([entry(number, fact) for number, fact in enumerate(facts, 1)], caller_by_headers(BUREAU))
    return Sentences(paper, PROJECT, SentenceContext.of(entries), {"land": "建设用地规划许可证"})


def text(markup: str) -> str:
    return re.sub(r"<[^>]*>", "", markup)


def test_every_fact_has_its_sentence() -> None:
    assert EXAMPLES.keys() == SENTENCES.keys(), "each sentence is tried below"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_sentence_is_whole_in_its_language(lang: str) -> None:
    for tag in FACTS:
        sentence = text(sentences(lang).tell(EXAMPLES[tag]))

        assert sentence.strip(), tag
        assert not set("{}") & set(sentence), tag
        assert ("not given" if lang == "en" else "未说明") not in sentence, tag
        if lang == "zh":
            assert not re.search(r"[a-z]+_[a-z]+", sentence), tag
            assert re.search(r"[\u4e00-\u9fff]", sentence), tag


def test_a_sentence_names_only_fields_that_its_fact_has() -> None:
    """Also those in parts that the examples leave out: nothing may fail on a page."""
    for tag in FACTS:
        for sentence in SENTENCES[tag]:
            for name in re.findall(r"\{(\w+)\}", sentence):
                sentences("zh").value(name, EXAMPLES[tag])


def test_every_field_of_a_fact_has_a_name_or_is_shown_elsewhere() -> None:
    held = {name for fact in FACTS.values() for name in fact.__struct_fields__}

    assert held <= FIELDS.keys() | HIDDEN
    assert {name.rpartition(".")[2] for name in TRUTHS} <= held


def test_a_promise_and_a_day_for_papers_are_in_working_days_whatever_the_limit_is() -> None:
    eia = structs.replace(
        accepted(),
        law=f"{LAW.name}/eia_form",
        limit=30,
        unit="calendar_day",
        promise_days=10,
        lacking=("x",),
        cure_days=5,
    )
    sentence = text(sentences("en").tell(eia))
    assert "statutory limit 30 calendar days; promised 10 working days" in sentence
    assert "due in 5 working days" in sentence


def test_an_opinion_is_shown_with_its_conditions_and_reasons() -> None:
    fact = ItemCountersigned(
        item="land",
        department="supervision",
        step="",
        opinion=Opinion.AGREED_WITH_CONDITIONS,
        conditions=("防渗",),
        round=2,
    )

    assert sentences("zh").tell(fact) == "监察局会签：附条件同意（第 2 轮），条件：防渗"
    assert sentences("en").tell(fact) == (
        "Supervision bureau countersigned: agreed with conditions (round 2), conditions: 防渗"
    )


def test_a_supplement_says_what_it_asks_for() -> None:
    notice = SupplementRequested(item="land", missing=("授权委托书", "总平面图"), respond_by=date(2026, 4, 1))

    assert sentences("zh").tell(notice) == "一次告知补正 2 项：授权委托书、总平面图，请于 2026-04-01 前补齐"


def test_a_single_thing_is_named_in_the_singular() -> None:
    notice = SupplementRequested(item="land", missing=("授权委托书",))

    assert sentences("en").tell(notice) == "Supplement requested, 1 paper: 授权委托书"
    assert "2 papers" in sentences("en").tell(SupplementRequested(item="land", missing=("甲", "乙")))


def test_a_card_is_shown_with_its_colour_and_a_link() -> None:
    sentence = sentences("zh", CARD).tell(CARD)

    assert text(sentence).startswith(
        "向监察局发出红牌 监察〔2026〕R-0000：决定应于 2026-03-30 前完成，已超期（行政许可法第四十二条第一款）"
    )
    assert f'href="/pages/projects/{PROJECT}/card?card=land-3&amp;lang=zh"' in sentence


def test_what_is_said_of_a_card_or_an_order_goes_by_its_number() -> None:
    in_words = sentences("zh", CARD, ORDER)

    appealed = in_words.tell(CardAppealed(card="land-3", item="land", reasons="会签未回", papers=("函件",)))
    assert text(appealed) == "对 监察〔2026〕R-0000 提出申诉：会签未回，附件：函件"
    assert "督办 督办〔2026〕0000：监察局，说明原因，请于 2026-04-03 前反馈" in text(in_words.tell(ORDER))
    report = SupervisionAnswered(order="order-land-4", item="land", answer="已办结")
    assert text(in_words.tell(report)) == "督办反馈 督办〔2026〕0000：已办结"


def test_the_end_of_a_suspension_says_which_ended() -> None:
    begun = ClockSuspended(
        item="land", suspension="s-1", ground="hearing", article="45", stops=("decision",), notified=True
    )

    in_words = sentences("zh", begun)
    assert "听证" in in_words.tell(begun)
    assert "停 决定" in in_words.tell(begun)
    assert in_words.tell(ClockResumed(item="land", suspension="s-1")).startswith("恢复计时（")


def test_outcomes_and_grades_are_words() -> None:
    zh = sentences("zh")
    assert zh.tell(completed(outcome=Outcome.REFUSED)) == "决定：不予许可，理由：no quota left"
    assert zh.tell(declined()) == "不予受理：not within our powers"
    evaluated = EXAMPLES["service_evaluated"]
    assert any(zh.words["grade_of"](grade.value) in zh.tell(evaluated) for grade in Grade)


def test_days_are_shown_in_the_unit_of_the_clocks() -> None:
    assert "法定时限 20 个工作日，承诺 10 个工作日" in sentences("zh").tell(accepted())


def test_a_warning_says_what_is_left_in_the_unit_of_its_clock() -> None:
    rule = f"{LAW.name}/construction_permit"  # decided within seven calendar days
    warned = DeadlineWarned(
        card="x-1", item="land", department="land", proof=structs.replace(PROOF, rule=rule, remaining=2)
    )

    assert text(sentences("zh", warned).tell(warned)).endswith("剩余 2 天（自然日）")


def test_what_people_wrote_is_escaped() -> None:
    assert "&lt;b&gt;" in sentences("zh").tell(SupplementRequested(item="land", missing=("<b>",)))


def test_a_text_that_turns_the_direction_of_writing_turns_nothing_behind_it() -> None:
    turning = structs.replace(ORDER, about="请说明\N{RIGHT-TO-LEFT OVERRIDE}<b>")

    assert "<bdi>请说明\N{RIGHT-TO-LEFT OVERRIDE}&lt;b&gt;</bdi>" in sentences("zh", turning).tell(turning)
    assert "<bdi>" not in sentences("zh", ORDER).tell(ORDER)


def test_details_hold_what_the_sentence_leaves_out() -> None:
    held = {detail.label: detail.value for detail in sentences("zh").details(CARD)}

    assert held["牌别"] == "红牌"
    assert "行政许可法第四十二条第一款" in held["计算依据"]
    assert "起算日：2026-03-02" in held["计算依据"]


def test_a_whole_story_reads_as_sentences() -> None:
    entries = story_entries(LAW, WATCHED_PROJECT, WATCHED)
    in_words = sentences("zh", *(entry.fact for entry in entries))

    lines = [text(in_words.tell(entry.fact)) for entry in entries]
    assert all(lines)


def test_a_card_is_linked_for_those_who_may_read_cards_and_named_for_all() -> None:
    number = text(sentences("zh", CARD).linked("land-3"))

    assert "<a href" in sentences("zh", CARD, role="officer").linked("land-3")
    assert sentences("zh", CARD, role="applicant").linked("land-3") == number
