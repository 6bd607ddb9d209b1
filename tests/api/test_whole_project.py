"""A whole project over HTTP alone, from first consultation to trial production, checked after every step and again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio

from infrastructure.ledger.approvals import Approvals
from infrastructure.watcher.watch_schedule import WatchTable
from infrastructure.watcher.watcher import Watcher
from tests.api.client import Door
from tests.api.whole_flow import Body, ProjectRun, Seen, facts_of, publish_zone
from tests.api.whole_project import COMPANY, COMPLAINT, KEYED_IN, STORY, StoryCommand, learned_later, moment
from tests.effort import chosen
from tests.watching import Hands

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("projector")]

HANDS = Hands("2026-01-05 09:00")
END = moment("09-30 09:00")
DAYS_ASKED_EVERY = chosen(6, 1)  # of the days on which something was said
VIEWS_ASKED_EVERY = chosen(4, 1)  # of the steps


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """The application, which looks at the test's clock."""
    async with Approvals(shared_database_url, clock=HANDS) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module")
async def run(door: Door, approvals: Approvals, shared_database_url: str) -> AsyncIterator[ProjectRun]:
    """The whole project, after its last command."""
    await publish_zone(door)
    async with await psycopg.AsyncConnection.connect(shared_database_url, autocommit=True) as connection:
        table, watcher = WatchTable(connection), Watcher(approvals, shared_database_url)
        assert await watcher.take_lead(table)
        run = ProjectRun(door, HANDS, watcher, table, uuid4())
        for story_step in STORY:
            await step(run, story_step)
        await run.pass_time(END)
        yield run


async def step(run: ProjectRun, story_step: StoryCommand) -> None:
    """Let time pass, send the command, and check the history, the progress and the clocks of that moment."""
    now = moment(story_step.at)
    await run.pass_time(now)
    receipt = await run.send(story_step.by, story_step.dated)
    entries = await run.news()
    assert facts_of(entries) == " ".join(receipt["facts"]) == story_step.facts, story_step
    for entry in entries:
        assert (entry["by"]["id"], datetime.fromisoformat(entry["recorded_at"])) == (story_step.by.id, now)
        assert datetime.fromisoformat(entry["occurred_at"]) == (
            moment(story_step.happened) if story_step.happened else now
        )
    assert run.version == receipt["version"]

    await run.pass_time(now)
    answers = await run.answers(now)
    if len(run.seen) % VIEWS_ASKED_EVERY == 0:
        view = await run.ask("progress", after=run.position)
        assert view["items"] == answers.progress, "the view says what the ledger does"
        assert await run.listed_clocks() == answers.open_clocks(), story_step
    if story_step.stage:
        assert answers.progress_by_item()[story_step.item]["stage"] == story_step.stage, story_step
    clocks = answers.clocks_of(story_step.item)
    for clock in story_step.clocks:
        name, _, expected = clock.partition(" ")
        assert (name, clocks.get(name)) == (name, expected), (story_step.at, clocks)
    run.seen.append(Seen(now, entries, answers))


async def test_time_alone_brought_about_what_the_law_says(run: ProjectRun) -> None:
    """Each rung at the local day on which it was passed, in the order of recording."""
    assert run.watched == [
        "03-17 deadline_warned company delivery",
        "03-18 deadline_warned tax delivery",
        "04-14 deadline_warned eia-form intake",
        "04-15 acceptance_deemed eia-form intake",
        "04-15 card_issued eia-form intake",
        "04-17 deadline_warned soil-conservation commitment",
        "04-17 deadline_warned heritage intake#1",
        "04-18 acceptance_deemed heritage intake#1",
        "04-18 card_issued heritage intake#1",
        "04-21 card_issued soil-conservation commitment",
        "04-23 deadline_warned heritage commitment",
        "05-06 card_rescinded company",
        "03-17 deadline_warned company delivery",
        "05-07 deadline_warned building-permit countersign:civil-defence/joint",
        "05-09 card_issued building-permit countersign:civil-defence/joint",
        "05-12 deadline_warned soil-conservation decision",
        "05-15 deadline_warned drawings commitment",
        "05-19 deadline_warned power delivery",
        "05-28 deadline_warned construction-permit commitment",
        "09-09 deadline_warned joint-acceptance commitment",
    ]


async def test_every_earlier_day_reads_as_it_did_then(run: ProjectRun) -> None:
    assert len(run.seen) == len(STORY) == 107
    for seen in run.seen[::DAYS_ASKED_EVERY]:
        assert await run.answers(seen.at) == seen.answers, seen.at


async def test_what_was_learned_later_changes_those_days_and_items_alone(run: ProjectRun) -> None:
    for seen in run.seen[::DAYS_ASKED_EVERY]:
        now, then = (await run.answers(seen.at, END)), seen.answers
        rows, before = now.progress_by_item(), then.progress_by_item()
        changed = {item for item in rows.keys() | before.keys() if rows.get(item) != before.get(item)}
        assert changed == learned_later(seen.at), seen.at
        clocks = {item for item in rows if now.clocks_of(item) != then.clocks_of(item)}
        assert clocks <= {item for item in changed if item in KEYED_IN}, seen.at


async def test_a_corrected_result_keeps_what_was_said_before_it(run: ProjectRun) -> None:
    before, after = moment("05-05 09:00"), moment("05-12 09:00")
    then = (await run.answers(before)).progress_by_item()["company"]
    now = (await run.answers(before, END)).progress_by_item()["company"]
    assert (then["document"], now["document"]) == ("4201002026000071", "4201002026000017")
    assert (then["decided_at"], now["decided_at"]) == ("2026-03-04T07:00:00Z", "2026-03-04T08:00:00Z")
    power = (await run.answers(after)).progress_by_item()["power"]
    assert power["document"] == "GD-2026-181"
    history = (await run.ask("history", limit=1000))["entries"]
    assert [entry["version"] for entry in history] == list(range(1, run.version + 1))
    (taken_back,) = [entry for entry in history if entry["retracted"]]
    assert (taken_back["version"], taken_back["fact"]["document_number"]) == (COMPANY, "4201002026000071")


async def test_the_project_has_come_to_its_end(run: ProjectRun) -> None:
    flow = (await run.answers(END)).flow
    assert {step["state"] for step in flow["steps"]} == {"done"}
    assert [(phase["code"], phase["state"], phase["done"], phase["late"]) for phase in flow["phases"]] == [
        ("land", "done", 8, False),
        ("design", "done", 6, False),
        ("construction", "done", 4, False),
        ("completion", "done", 5, False),
    ]
    stages = {row["item"]: row["stage"] for row in (await run.answers(END)).progress}
    assert {item for item, stage in stages.items() if stage != "delivered"} == set(KEYED_IN)


async def test_the_complaint_was_upheld_and_the_silent_department_is_on_record(run: ProjectRun) -> None:
    (complaint,) = (await run.ask("feedback"))["complaints"]
    assert (complaint["complaint"], complaint["state"], complaint["upheld"], complaint["satisfied"]) == (
        COMPLAINT,
        "closed",
        True,
        "yes",
    )
    history: list[Body] = (await run.ask("history", limit=1000))["entries"]
    (permit,) = [
        entry["fact"]
        for entry in history
        if entry["fact"]["fact"] == "item_completed" and entry["fact"]["item"] == "building-permit"
    ]
    assert permit["overridden"] == ["civil-defence (joint)"]
    opinions = [
        (entry["by"]["department"], entry["fact"]["opinion"])
        for entry in history
        if entry["fact"]["fact"] == "item_countersigned" and entry["fact"]["item"] == "building-permit"
    ]
    assert opinions == [
        ("environment", "agreed_with_conditions"),
        ("construction", "objected"),
        ("construction", "agreed"),
    ]
