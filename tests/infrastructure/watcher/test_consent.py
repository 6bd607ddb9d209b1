"""默认同意 end to end: silence is consent where a published rule says so, recorded by the system with its article."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID, uuid4

import pytest

from domain.core.ledger import Actor, Refused, Role
from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.countersignature.consolidation import ConsolidateOpinions, OpinionsConsolidated
from domain.project.countersignature.request import AskCountersignature, AskingOrder, Countersign
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.state.consultation import Opinion
from domain.project.supervision.signals import ConsentDeemed
from infrastructure.law.lawbook import LawBook, law_book
from infrastructure.ledger.approvals import Approvals
from infrastructure.watcher.watcher import WATCHER
from tests.examples import APPLICANT, FIRE, LAND, MANAGER, PACKS, WATER
from tests.watching import Hands, watch_once

LICENSING = "cn-licensing@2019-04-23"
ARTICLE = "企业投资项目核准暂行办法 13"  # the rule book's example of a published rule (B9.3)
PUBLISHED = f"""
[specials.project_approval.clocks.countersign]
article = "{ARTICLE}"
level = "ministry_rule"
quote = "逾期没有反馈书面审查意见的，视为同意"
confidence = "source"
start = ["countersign_request"]
stop = ["countersign_reply"]
days = 7
on_silence = "deemed_consent"
card = "yellow"
"""
LINE = ("fire", "water")


@pytest.fixture
def laws() -> LawBook:
    """The shipped laws, the special law on the approval of projects with the published rule in it."""
    shipped = law_book()
    texts = {
        f"{path.parent.name}@{path.stem}": path.read_text(encoding="utf-8") for path in sorted(PACKS.glob("*/*.toml"))
    }
    texts[LICENSING] += PUBLISHED
    return LawBook(texts, shipped._calendar_files, {})


@pytest.fixture
async def requested(database_url: str, laws: LawBook) -> AsyncIterator[tuple[Approvals, Hands, UUID]]:
    """Two items, of which one is under the published rule; two departments were asked about both, one by one."""
    hands = Hands("2026-03-02 09:00")
    async with Approvals(database_url, laws=laws, clock=hands) as approvals:
        project = uuid4()
        plans = (
            PlannedItem(item="approval", department="land", special="project_approval"),
            PlannedItem(item="land", department="land"),
        )
        register = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang", items=plans)
        steps: list[tuple[Actor, AnyCommand]] = [(MANAGER, register)]
        for item in ("approval", "land"):
            ask = AskCountersignature(item=item, departments=LINE, order=AskingOrder.SEQUENTIAL)
            steps += [(APPLICANT, SubmitItem(item=item)), (LAND, AcceptItem(item=item)), (LAND, ask)]
        for by, command in steps:
            await approvals.handle(project, command, by, uuid4())
        yield approvals, hands, project


async def test_silence_is_consent_only_where_a_rule_was_published(
    database_url: str, requested: tuple[Approvals, Hands, UUID]
) -> None:
    approvals, hands, project = requested
    hands.at("2026-03-12 08:00")  # asked on Monday the 2nd: the 11th was the seventh working day
    await watch_once(database_url, approvals)

    entries = await approvals.history(project)
    (consent,) = [entry for entry in entries if isinstance(entry.fact, ConsentDeemed)]
    assert isinstance(consent.fact, ConsentDeemed)
    assert (consent.fact.item, consent.fact.department, consent.fact.proof.article) == ("approval", "fire", ARTICLE)
    assert (consent.recorded.by, consent.recorded.by.role) == (WATCHER, Role.SYSTEM)
    assert consent.occurred_at == datetime.fromisoformat("2026-03-12T00:00:00+08:00")
    state = await approvals.project(project)
    silent, overdue = (state.items[item].consultations["fire/"].answer for item in ("approval", "land"))
    assert (silent.opinion, silent.deemed, silent.article) == (Opinion.AGREED, True, ARTICLE)
    assert (overdue.opinion, overdue.deemed) == (None, False)


async def test_it_passes_the_question_on_and_a_late_answer_has_no_effect(
    database_url: str, requested: tuple[Approvals, Hands, UUID]
) -> None:
    approvals, hands, project = requested
    hands.at("2026-03-12 08:00")
    await watch_once(database_url, approvals)
    entries = await approvals.history(project)
    questions = [(entry.fact, entry.occurred_at) for entry in entries if isinstance(entry.fact, CountersignatureAsked)]

    assert [(fact.item, fact.department) for fact, _ in questions] == [
        ("approval", "fire"),
        ("land", "fire"),
        ("approval", "water"),
    ]
    assert questions[-1][1] == datetime.fromisoformat("2026-03-12T00:00:00+08:00")
    objection = Countersign(item="approval", opinion=Opinion.OBJECTED, reasons="too near")
    with pytest.raises(Refused, match="already answered"):
        await approvals.handle(project, objection, FIRE, uuid4())


async def test_it_is_distinguished_in_the_consolidated_opinion_and_lets_a_grant_pass(
    database_url: str, requested: tuple[Approvals, Hands, UUID]
) -> None:
    approvals, hands, project = requested
    hands.at("2026-03-12 08:00")
    await watch_once(database_url, approvals)
    for by, command in (
        (WATER, Countersign(item="approval", opinion=Opinion.AGREED)),
        (LAND, ConsolidateOpinions(item="approval", text="agreed by all")),
        (LAND, CompleteItem(item="approval", outcome=Outcome.GRANTED)),
    ):
        await approvals.handle(project, command, by, uuid4())

    facts = [entry.fact for entry in await approvals.history(project)]
    (summed_up,) = [fact for fact in facts if isinstance(fact, OpinionsConsolidated)]
    assert [(opinion.department, opinion.deemed, opinion.article) for opinion in summed_up.opinions] == [
        ("fire", True, ARTICLE),
        ("water", False, ""),
    ]
    with pytest.raises(Refused, match="without the agreement of fire"):
        await approvals.handle(project, CompleteItem(item="land", outcome=Outcome.GRANTED), LAND, uuid4())


async def test_an_objection_in_time_that_is_keyed_in_late_takes_it_back(
    database_url: str, requested: tuple[Approvals, Hands, UUID]
) -> None:
    approvals, hands, project = requested
    hands.at("2026-03-12 08:00")
    await watch_once(database_url, approvals)
    in_time = datetime.fromisoformat("2026-03-11T16:00:00+08:00")
    objection = Countersign(item="approval", opinion=Opinion.OBJECTED, reasons="too near", occurred_at=in_time)
    await approvals.handle(project, objection, FIRE, uuid4())
    await watch_once(database_url, approvals)

    answer = (await approvals.project(project)).items["approval"].consultations["fire/"].answer
    assert (answer.opinion, answer.deemed) == (Opinion.OBJECTED, False)
