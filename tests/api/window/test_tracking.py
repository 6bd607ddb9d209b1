"""Tracking by number and code: the state in a sentence, what to do, dates, lateness, what happened; no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from xml.etree.ElementTree import fromstring

import pytest
from icalendar import Calendar

from api.window.follow import ATOM
from api.window.timeline import READ
from domain.core.case_number import case_number
from domain.core.personal import personal_fields
from domain.examples.people import ENTERPRISE, ENVIRONMENT, FIRE, LAND, MANAGER, PLANNING, WATER
from domain.examples.story import STORY
from domain.messages import tag_of
from domain.project.application.registration import RegisterProject
from tests.api.client import unmarked
from tests.api.window.visits import CaseOf, Window
from tests.law.questions import at
from tests.projections.zone import project_id


def words(text: str) -> str:
    """The text of a page, without its markup."""
    main = text[text.index('<main id="content"') : text.index("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", unmarked(main)))


async def test_number_and_code_lead_to_the_case(window: Window, case_of: CaseOf) -> None:
    number = case_of(project_id("paused"), "land")
    page = await window.track(number)
    assert page.status_code == 200
    order = ["Suspended by law", 'id="todo"', "How it is counted", 'id="steps"', 'id="timeline"', 'id="documents"']
    places = [page.text.index(part) for part in (*order, "/complaint?", ".ics?", ".atom?")]
    assert places == sorted(places)
    assert "Nothing now." in words(page.text)


@pytest.mark.parametrize("spelt", ["{}", " {} ", "{lower}"])
async def test_people_type_as_they_like(window: Window, case_of: CaseOf, spelt: str) -> None:
    number = case_of(project_id("running"), "land")
    code = window.codes.code_of(number)
    page = await window.track(spelt.format(number, lower=number.lower()), f"{code[:3].lower()}-{code[3:]}")
    assert "is examining it" in words(page.text)


async def test_lateness_is_said_with_its_reason(window: Window, case_of: CaseOf) -> None:
    text = words((await window.track(case_of(project_id("running"), "land"))).text)
    assert "A time limit was missed" in text
    assert "Promise: 21 working days over, last day 2026-04-17" in text
    assert "Decision: 11 working days over" in text
    assert "has not decided yet" in text
    assert "The statutory limit has not been exceeded" not in text


async def test_lateness_is_not_hidden_once_it_was_decided(window: Window, case_of: CaseOf) -> None:
    text = words((await window.track(case_of(project_id("late"), "land"))).text)
    assert "done after the last day" in text


@pytest.fixture
def moved(clock: list[datetime]) -> Iterator[list[datetime]]:
    """The hands of the clock, which are put back."""
    now = clock[0]
    yield clock
    clock[0] = now


async def test_a_missed_promise_is_not_a_missed_law(window: Window, case_of: CaseOf, moved: list[datetime]) -> None:
    moved[0] = at("04-20 10:00")
    text = words((await window.track(case_of(project_id("running"), "land"))).text)
    assert "Promise:" in text
    assert "The statutory limit has not been exceeded" in text


async def test_who_is_awaited_is_said(window: Window, case_of: CaseOf, moved: list[datetime]) -> None:
    moved[0] = at("08-20 10:00")  # past the 45 days of a joint handling
    text = words((await window.track(case_of(project_id("joint"), "water"))).text)
    assert "Countersignatures awaited from:" in text
    assert "Countersignatures are still awaited from" in text


async def test_an_earlier_application_leads_to_no_later_one(window: Window, case_of: CaseOf) -> None:
    pages = [words((await window.track(number)).text) for number in applications(window, case_of)]
    assert any("earlier application" in text for text in pages)
    assert not any("earlier application" in text and "Progress" in text for text in pages)


def applications(window: Window, case_of: CaseOf) -> list[str]:
    """The numbers of both applications for one item of the story: the latest is found by its item."""
    latest = case_of(project_id("story"), "drainage")
    counter = int(latest.split("-")[1])
    return [latest, case_number("BDA", 2026, counter - 1), case_number("BDA", 2026, counter + 1)]


@pytest.mark.parametrize("item", ["land-use", "site-plan", "discharge", "drainage"])
async def test_nothing_on_the_page_is_personal(window: Window, case_of: CaseOf, item: str) -> None:
    """Neither a person nor the enterprise nor the project: names, codes, free texts of the whole story."""
    page = (await window.track(case_of(project_id("story"), item))).text
    registered = next(step.command for step in STORY if isinstance(step.command, RegisterProject))
    people = [by.id for by in (ENTERPRISE, ENVIRONMENT, FIRE, LAND, MANAGER, PLANNING, WATER)]
    names = [registered.name, registered.enterprise.name, registered.enterprise.uscc, registered.code]
    texts = [
        getattr(step.command, field)
        for step in STORY
        for field in ("about", "reasons", "recipient", "comment", "remarks", "contact", "answer", "reason")
        if isinstance(getattr(step.command, field, None), str)
    ]
    for secret in (*people, *names, *texts):
        assert not secret or secret not in page, secret


def test_what_is_read_of_the_ledger_has_no_personal_field() -> None:
    assert {tag_of(fact): personal_fields(fact) for fact in READ if personal_fields(fact)} == {}


async def test_a_calendar_and_a_feed_follow_the_case(window: Window, case_of: CaseOf) -> None:
    page = (await window.track(case_of(project_id("running"), "land"))).text
    ics, atom = re.findall(r'href="(/window/follow/[^"]+)"', page)
    stranger = type(window)(window.client._transport.app, window.codes)  # type: ignore[attr-defined]  # without cookies
    calendar = await stranger.client.get(ics.replace("&amp;", "&"))
    events = Calendar.from_ical(calendar.content).walk("VEVENT")
    assert {event.decoded("dtstart") for event in events} == {date(2026, 4, 17), date(2026, 5, 6)}
    feed = await stranger.client.get(atom.replace("&amp;", "&"))
    entries = fromstring(feed.content).findall(f"{{{ATOM}}}entry")
    assert [entry.findtext(f"{{{ATOM}}}title") for entry in entries] == ["Accepted", "The application was received"]


async def test_an_address_of_another_case_follows_nothing(window: Window, case_of: CaseOf) -> None:
    own, other = case_of(project_id("running"), "land"), case_of(project_id("late"), "land")
    for file in (f"{other}_{window.codes.address_of(own)}.ics", f"{own}_.ics", f"{own}_x.atom", "none.ics"):
        assert (await window.get(f"/window/follow/{file}")).status_code == 404


async def test_a_qr_code_fills_in_the_number_alone(window: Window, case_of: CaseOf) -> None:
    number = case_of(project_id("running"), "land")
    page = await window.get("/window/track", number=number)
    assert f'value="{number}"' in page.text
    assert window.codes.code_of(number) not in page.text
