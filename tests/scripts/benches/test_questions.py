"""The questions of `scripts/growth`: each is answered, of today and of a past day. Timings are never asserted."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import psycopg
import pytest

from api.worklist.view_models import BEGINNING
from infrastructure.ledger.reader import head_of
from scripts import ledger
from scripts.benches.commands import ITEMS
from scripts.benches.growth import SizedLedger, measure_commands, measure_reads
from scripts.benches.newcomer import CODE, DESK_PROJECTS, NAME, OFFICE, PROJECTS, settle
from scripts.benches.questions import PAST_QUESTIONS, QUESTIONS, names_in
from scripts.demo.demo import last_day
from scripts.server.catching_up import catch_up
from scripts.simulation.simulate import SimulationPlan, simulate


def test_a_past_question_names_the_day_and_when_it_was_known() -> None:
    then, now = (question for question in PAST_QUESTIONS if question.address.startswith("/v1/progress"))

    assert (then.subject, now.subject) == (
        "past, as known then: projects, a page",
        "past, as known now: projects, a page",
    )
    assert then.address.endswith("?limit=100&as_of={as_of}&known_at={as_of}")
    assert now.address.endswith("?limit=100&as_of={as_of}&known_at={now}")
    assert len({question.subject for question in (*QUESTIONS, *PAST_QUESTIONS)}) == len(QUESTIONS + PAST_QUESTIONS)


def test_the_past_day_is_in_the_time_of_a_zone(database_url: str) -> None:
    catch_up(database_url)
    named = names_in(database_url)

    assert date.fromisoformat(named["day"]) == last_day() - timedelta(weeks=26)
    assert named["as_of"] == f"{named['day']}T16:00:00Z"
    addresses = [question.address_of(named, 0) for question in (*QUESTIONS, *PAST_QUESTIONS)]
    assert all("{" not in address for address in addresses)


def test_messages_are_read_at_other_places_each_time() -> None:
    (messages,) = (question for question in QUESTIONS if question.subject == "messages of a department")

    small, large = ([messages.address_of({"zone_end": end}, nth) for nth in (0, 6, 12)] for end in ("240", "24000"))
    assert small == [f"/messages?before={place}" for place in (240, 180, 120)]
    assert large == [f"/messages?before={place}" for place in (24000, 18000, 12000)]


def test_the_newcomer_has_its_projects(database_url: str) -> None:
    asyncio.run(settle(database_url))
    catch_up(database_url)

    with psycopg.connect(database_url) as connection:
        query = "SELECT enterprise FROM views.information WHERE uscc = %s"
        assert connection.execute(query, [CODE]).fetchall() == [(NAME,)] * PROJECTS
        granted = "SELECT count(*) FROM views.item WHERE outcome <> 'granted' AND project IN (SELECT project"
        granted += " FROM views.information WHERE uscc = %s)"
        assert connection.execute(granted, [CODE]).fetchone() == (0,)
        person = "SELECT count(*) FROM views.person_code WHERE code = %s"
        assert connection.execute(person, [CODE]).fetchone() == (1,)
        waits = "SELECT held_by, count(*) FROM views.waiting WHERE department = %s GROUP BY 1 ORDER BY 1"
        shown = connection.execute(waits, [OFFICE]).fetchall()
    assert shown == [("applicant", DESK_PROJECTS * (ITEMS // 3)), ("department", DESK_PROJECTS * (ITEMS - ITEMS // 3))]
    assert all(number > BEGINNING for _, number in shown)  # its groups are full


@pytest.mark.long
def test_no_question_is_refused_nor_waits_for_views(database_url: str) -> None:
    until = last_day()
    asyncio.run(simulate(database_url, SimulationPlan(projects=20, seed=12, until=until, processes=1)))
    asyncio.run(settle(database_url))
    catch_up(database_url)
    with psycopg.connect(database_url) as connection:
        sized = SizedLedger(database_url, head_of(connection))
    measure_commands([sized])
    measure_reads(sized)

    assert sized.refused == {}
    status = ledger.status(database_url)  # a page waits where a view is behind the last entry
    assert set(status.views.values()) == {status.last_position}
    assert {question.subject for question in (*QUESTIONS, *PAST_QUESTIONS)} <= sized.times.keys()
