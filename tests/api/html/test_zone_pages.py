"""A simulated zone beside an imported register: figures agree everywhere, and no code is on a Chinese page."""

from __future__ import annotations

import asyncio
import csv
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid5

import httpx
import psycopg
import pytest

from api.app import PAGES
from domain.examples.people import PROJECT, Step
from domain.examples.story import STORIES, STORY
from domain.examples.supervision import WATCHED, WATCHED_PROJECT
from domain.examples.zone import ZONE_STORIES, ZoneStep
from infrastructure.ledger.approvals import Approvals
from scripts.importing.import_log import import_log
from scripts.simulation.simulate import SimulationPlan, simulate
from tests.api.html.every_page import EveryPage
from tests.api.html.page_outline import PageOutline
from tests.api.served import served
from tests.conftest import database_in
from tests.effort import chosen
from tests.projections.waiting.naive_stuck import UNTIL, counts_of, project_all, stuck_in
from tests.scripts.importing.logs import DATASET, course, listed, write_log

pytestmark = pytest.mark.slow

PROJECTS, SEED = chosen(6, 60), 7
LOOKED_AT = datetime.fromisoformat(f"{UNTIL}T18:00:00+08:00")
CASES = ("T-1", "T-2", "T-3")  # of the other register
SLUG = re.compile(r"[a-z]+[-_][a-z]+")
MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<!--.*?-->|<[^>]*>", re.DOTALL)
UUIDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SPOKEN = re.compile(r'(?:title|aria-label|alt|placeholder|data-label)="([^"]*)"')


@pytest.fixture(scope="module")
def filled(server_url: str, projected_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A simulated zone, every example story, and three cases of a Dutch town beside them."""
    with database_in(server_url, projected_template) as url:
        asyncio.run(simulate(url, SimulationPlan(PROJECTS, SEED, UNTIL)))
        asyncio.run(_tell(url, tmp_path_factory.mktemp("town")))
        project_all(url)
        yield url


@pytest.fixture(scope="module")
def site(filled: str) -> Iterator[str]:
    """The address of a server, at which it is always the same evening."""
    with served(filled, PAGES, lambda: LOOKED_AT) as address:
        yield address


@pytest.fixture(scope="module")
def browser(site: str) -> Iterator[httpx.Client]:
    """An auditor, who is shown more than anyone else."""
    with httpx.Client(base_url=site, headers={"X-Actor": "auditor", "X-Role": "auditor"}, timeout=60) as client:
        yield client


async def _tell(url: str, folder: Path) -> None:
    hands = [LOOKED_AT]
    async with Approvals(url, clock=lambda: hands[0]) as approvals:
        stories: list[tuple[UUID, Sequence[Step | ZoneStep]]] = [*ZONE_STORIES, (PROJECT, STORY), *STORIES]
        for stream, steps in stories:
            for nth, step in enumerate(steps):
                hands[0] = step.at
                await approvals.handle(stream, step.dated, step.by, uuid5(stream, f"told {nth}"))
        for nth, watched in enumerate(WATCHED):
            hands[0] = watched.at
            await approvals.handle(WATCHED_PROJECT, watched.command, watched.by, uuid5(WATCHED_PROJECT, f"told {nth}"))
        hands[0] = LOOKED_AT
        events = [row for case in CASES for row in course(case, ("2011-03-01", "01_HOOFD_010"))]
        log = write_log(folder, events, [listed(case, department="General") for case in CASES])
        await import_log(approvals, log.events, log.cases)


def shown(browser: httpx.Client, address: str, **params: str) -> str:
    response = browser.get(address, params=params or None)
    assert response.status_code == 200, (address, response.text[:500])
    return response.text


def links(page: str, pattern: str) -> list[str]:
    """The addresses on *page* that fit."""
    hrefs = re.findall(r'href="([^"]*)"', page)
    return sorted({unescape(href) for href in hrefs if re.search(pattern, unescape(href))})


async def test_the_stuck_projects_are_as_many_everywhere(filled: str, site: str) -> None:
    wanted = await stuck_in(filled)

    counts = await counts_of(site)

    assert wanted, "a zone in which nothing was ever turned down proves nothing"
    assert counts.tile == counts.summary == len(wanted)
    assert counts.page == counts.listed == wanted
    assert counts.waiting >= wanted


def held(cells: str) -> set[str]:
    """Who has to act, of each of the *cells* of a column."""
    holders = set()
    for cell in re.findall(r'<td (?:class="who"|[^>]*data-label="当前责任方"[^>]*)>(.*?)</td>', cells, re.DOTALL):
        for line in re.findall(r"<div[^>]*>(.*?)(?:<br>|</div>)", cell, re.DOTALL):
            holders.add(text_of(line).strip())
    return holders


def test_the_holder_is_the_same_in_every_table(browser: httpx.Client) -> None:
    table, seen = shown(browser, "/pages/progress", status="open", limit="500"), 0
    for row in table.partition("<tbody>")[2].split("</tr>")[:-1]:
        (address,) = re.findall(r'href="(/pages/projects/[^"]*)"', row)[:1]
        page = shown(browser, unescape(address))
        captions = ("items-caption", "later-caption", "done-caption")
        tables = [page.partition(f'<caption id="{name}">')[2].partition("</table>")[0] for name in captions]
        waits = page.partition('<caption id="waiting-caption">')[2].partition("</table>")[0]
        of_items = {name: held(cell) for table in tables for name, cell in named_rows(table) if held(cell)}
        of_waits = {name: held(cell) for name, cell in named_rows(waits)}
        assert of_items == of_waits, address

        # A project's page names the manager, and the department outside, beside what they are.
        kinds = {holder.split()[0] for them in of_waits.values() for holder in them}
        assert {holder.split()[0] for holder in held(row)} == kinds, address
        seen += len(of_waits)
    assert seen > PROJECTS, "there is something to compare"


def named_rows(table: str) -> list[tuple[str, str]]:
    """The rows of a *table*, each with the name that it begins with."""
    rows = table.partition("<tbody>")[2].split("</tr>")[:-1]
    return [(text_of(re.findall(r"<th[^>]*>(.*?)(?:<br>|</th>)", row, re.DOTALL)[0]).strip(), row) for row in rows]


def test_the_zone_and_an_imported_register_are_never_added_up(browser: httpx.Client) -> None:
    registers = browser.get("/v1/registers").json()
    assert registers["registers"] == [{"register": DATASET, "projects": len(CASES)}]

    zone, town = browser.get("/v1/progress/summary").json(), browser.get("/v1/progress/summary?register=town").json()
    assert (zone["projects"], town["projects"]) == (registers["zone"], len(CASES))
    assert registers["zone"] == PROJECTS + len(STORIES) + 2

    pages = [shown(browser, path) for path in ("/pages/progress", "/desk", "/supervision", "/pages/supervision/clocks")]
    assert all("General" not in page and "T-1" not in page for page in pages)
    table = shown(browser, "/pages/progress", register=DATASET)
    assert all(case in table for case in CASES)
    assert ">3<" in table.partition("个项目")[0][-40:]
    assert all("register=town" in href for href in links(table, r"^/(pages|desk|supervision|\?)") if "lang=" in href)
    for path, rows in (
        ("/v1/progress", "projects"),
        ("/v1/waiting", "waiting"),
        ("/v1/clocks", "clocks"),
        ("/v1/information", "projects"),
    ):
        here, there = browser.get(path).json()[rows], browser.get(path, params={"register": DATASET}).json()[rows]
        assert not {row["project"] for row in here} & {row["project"] for row in there}
        assert there, path
    assert browser.get("/v1/waiting/holders", params={"register": DATASET}).json()["holders"]


@pytest.mark.parametrize("role", ["leader", "supervisor", "auditor"])
def test_messages_are_of_the_zone_alone(browser: httpx.Client, role: str) -> None:
    messages = browser.get("/messages", headers={"X-Actor": f"{role}-1", "X-Role": role})
    assert messages.status_code == 200, messages.text[:500]
    assert not [case for case in CASES if case in messages.text]


def test_a_register_that_was_never_imported_is_refused(browser: httpx.Client) -> None:
    for path in (
        "/v1/progress",
        "/v1/waiting",
        "/v1/clocks",
        "/v1/supervision/board",
        "/v1/feedback/complaints",
        "/v1/external",
        "/v1/information",
    ):
        problem = browser.get(path, params={"register": "nowhere"})
        assert problem.status_code == 400, path
        assert problem.json()["code"] == "invalid-parameter"
        assert "town" in problem.json()["remedy"]


def test_every_warning_and_card_has_a_number_of_its_own(browser: httpx.Client, filled: str) -> None:
    page = shown(browser, "/pages/supervision/cards", first="2026-01-01", last="2026-12-31", limit="500")
    numbers = re.findall(r'class="number">(监察[^<]*)</a>', page)

    with psycopg.connect(filled) as connection:
        (signals,) = connection.execute(
            "SELECT count(*) FROM views.signal AS s JOIN views.project AS p USING (project)"
            " WHERE p.register = '' AND s.happened_at >= '2026-01-01T00:00+08:00'"
        ).fetchone() or (0,)
    assert len(numbers) == min(signals, 500)
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"监察〔2026〕[WYRD]-\d{4,}", number) for number in numbers)


YEAR = {"first": "2026-01-01", "last": "2026-12-31"}
UNDER_WAY = {"filed", "accepted", "answered"}  # of a complaint; one that was answered waits for the applicant


def every_row(browser: httpx.Client, path: str, rows: str, **params: str) -> list[Any]:
    """All rows of a list in JSON, page by page."""
    seen = list[Any]()
    cursor: str | None = ""
    while cursor is not None:
        answer = browser.get(path, params={**params, "limit": "500", "cursor": cursor})
        assert answer.status_code == 200, answer.text
        seen += answer.json()[rows]
        cursor = answer.json()["next"]
    return seen


def file_of(browser: httpx.Client, name: str, **params: str) -> list[dict[str, str]]:
    """The rows of a list as a file."""
    answer = browser.get(f"/pages/exports/{name}/csv", params={"lang": "en", **params})
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_figures_of_feedback_are_lengths_of_lists(browser: httpx.Client) -> None:
    lines = browser.get("/v1/feedback/summary", params=YEAR).json()["lines"]
    assert sum(line["complaints"] for line in lines if line["item"] is None)
    for line in lines:
        of_line = {"department": line["department"]} | ({} if line["item"] is None else {"item": line["item"]})
        complaints, evaluations = [
            [
                row
                for row in every_row(browser, f"/v1/feedback/{name}", name, **YEAR, **of_line)
                if row["department"] == line["department"] and line["item"] in (None, row["item"])
            ]
            for name in ("complaints", "evaluations")
        ]
        assert line["complaints"] == len(complaints), line
        assert line["overdue"] == len([row for row in complaints if row["overdue"]]), line
        assert line["evaluations"] + (line["void"] or 0) == len(evaluations), line
        assert line["open"] == len([row for row in complaints if row["state"] in UNDER_WAY]), line


def test_the_chips_of_complaints_are_parts_of_one_list(browser: httpx.Client) -> None:
    page = shown(browser, "/supervision/complaints", limit="500")
    chips = links(page.partition('class="chips"')[2].partition("</p>")[0], "state=")
    rows = [shown(browser, chip).count('<th scope="row">') for chip in chips]
    assert sum(rows) == page.count('<th scope="row">') == len(file_of(browser, "complaints")) > 0
    assert len(file_of(browser, "complaints", standing="overdue")) == shown(
        browser, "/supervision/complaints", limit="500", standing="overdue"
    ).count('<th scope="row">')


def test_figures_of_timeliness_are_lengths_of_lists(browser: httpx.Client) -> None:
    page = shown(browser, "/pages/supervision/timeliness", **YEAR)
    lags, often = file_of(browser, "lags", **YEAR), file_of(browser, "suspensions", **YEAR)
    assert page.partition('id="stopped-caption"')[2].count('<th scope="row">') == len(often)
    assert browser.get("/v1/supervision/suspensions", params=YEAR).json()["count"] == len(often)
    of_departments = [row for row in lags if row["Department"] != "All departments"]
    (total,) = [row for row in lags if row["Department"] == "All departments"]
    assert len(of_departments) > 1
    for field in ("Acts", "Over target"):
        assert int(total[field]) == sum(int(row[field]) for row in of_departments)
    counted = page.partition('id="lags-caption"')[2].partition("</table>")[0]
    assert counted.count('<th scope="row">') == len(lags)


def closed_words() -> set[str]:
    """The values of every closed set of values that facts or views hold, as programs write them."""
    words: set[str] = set()
    kinds = list(StrEnum.__subclasses__())
    for kind in kinds:
        if kind.__module__.startswith(("domain.", "projections.", "infrastructure.")):
            words |= {member.value for member in kind if re.fullmatch(r"[a-z_]{4,}", member.value)}
    return words


def text_of(page: str) -> str:
    """What a reader of *page* sees or is read."""
    spoken = " ".join(SPOKEN.findall(page))
    return unescape(MARKUP.sub(" ", page) + " " + spoken)


def codes_in(page: str, words: set[str]) -> set[str]:
    """The codes in the text of *page*: what joins words as programs do, and values of closed sets."""
    text = UUIDS.sub(" ", text_of(page))  # a command's id ties a line of an auditor's history to its command
    slugs = set(SLUG.findall(text))
    return slugs | (set(re.findall(r"(?<![\w.@/-])[a-z_]{4,}(?![\w.@/-])", text)) & words)


PROGRESS = (
    "/",
    "/pages/progress",
    "/pages/progress?view=matrix",
    "/pages/progress?view=gantt",
    "/?warned=late",
    "/?stuck=true",
    "/?stale=true",
    "/?status=done",
    "/?text=nowhere",
)  # the progress table in all its shapes


def addresses(browser: httpx.Client, database: str) -> Iterator[str]:
    """Every page there is, of every project, and the cards and clocks that they lead to."""
    yield from PROGRESS
    yield from (
        "/desk",
        "/pages/information",
        "/pages/information?q=厂房",
        "/pages/supervision/clocks?awaited=true",
    )
    year = {"first": "2026-01-01", "last": "2026-12-31"}
    for path in (
        "/supervision",
        "/pages/supervision/cards",
        "/pages/supervision/decisions",
        "/pages/supervision/timeliness",
    ):
        yield f"{path}?{urlencode(year)}"
    yield from links(shown(browser, "/desk"), r"^/desk\?department=")
    with psycopg.connect(database) as connection:
        projects = [row[0] for row in connection.execute("SELECT project FROM views.project WHERE register = ''")]
        cards = connection.execute(
            "SELECT DISTINCT ON (clock, level) project, card FROM views.signal ORDER BY clock, level, project"
        ).fetchall()
        persons = connection.execute("SELECT code FROM views.person_code ORDER BY code LIMIT 20").fetchall()
    yield from (f"/pages/projects/{project}" for project in projects)
    for project in projects[:: chosen(10, 5)]:
        yield f"/pages/projects/{project}/information"
        yield from links(shown(browser, f"/pages/projects/{project}"), r"/clock\?")[:2]
        yield from links(shown(browser, f"/pages/projects/{project}"), r"/items/")[::6]
    for project, card in cards:
        yield f"/pages/projects/{project}/card?{urlencode({'card': card})}"
    yield f"/pages/projects/{projects[0]}?on=2026-06-30"
    yield from (f"/pages/legal-persons/{code}" for (code,) in persons)
    yield from (f"/pages/projects/{UUID(int=1)}", "/?limit=0")


def test_no_code_reaches_a_chinese_page(browser: httpx.Client, filled: str) -> None:
    words = closed_words()
    codes: dict[str, set[str]] = {}
    for address in addresses(browser, filled):
        page = browser.get(address, headers={"Accept": "text/html", "Accept-Language": "zh"}).text
        for code in codes_in(page, words):
            codes.setdefault(code, set()).add(address)

    assert {code: sorted(places)[:2] for code, places in codes.items()} == {}


LANGUAGES = {"zh": "zh-CN", "en": "en"}
ENGLISH_EVERY = chosen(3, 1)  # of the pages, whose templates are those of the Chinese ones
NAMES_ON_PAGES = {"import-catalogue", "air-raid"}  # a command to type, and a word of an English name
IDENTIFIERS = re.compile(r'<(pre|code|textarea)\b.*?</\1>|<(\w+) class="code">.*?</\2>', re.DOTALL)  # shown as such


def test_every_page_has_headings_and_no_code_and_says_its_language(site: str, filled: str, tmp_path: Path) -> None:
    words, faults, every = closed_words(), list[str](), EveryPage(filled, tmp_path)
    headers = {"Accept": "text/html"}
    with httpx.Client(base_url=site, headers=headers, timeout=60, follow_redirects=True) as client:
        for lang, code in LANGUAGES.items():
            every.pages = every.pages if lang == "zh" else every.pages[::ENGLISH_EVERY]
            for page, _, text in every.read(client, lang):
                faults += [f"{page.path} in {code}: {fault}" for fault in outline_faults(text, code)]
                if lang == "zh":
                    codes = codes_in(IDENTIFIERS.sub(" ", text), words) - NAMES_ON_PAGES
                    faults += [f"{page.path}: {code}" for code in sorted(codes)]
    assert faults == []


def outline_faults(text: str, lang: str) -> Iterator[str]:
    """What is wrong with the headings and the languages of a page in *lang*."""
    outline = PageOutline(text)
    if text.count("<h1") != 1:
        yield f"{text.count('<h1')} headings of the first level"
    if not re.search(rf'<html[^>]*\slang="{lang}"', text):
        yield "in another language"
    yield from (f"a section without a heading: {section}" for section in outline.bare_sections)
    yield from (f"Chinese that is not marked: {part}" for part in outline.unmarked)
    for other in set(LANGUAGES.values()) - {lang}:
        if not re.search(rf'<a [^>]*\slang="{other}" hreflang="{other}"', text):
            yield f"the way to {other} is not marked"


def test_sections_and_languages_that_say_nothing_would_be_seen() -> None:
    outline = PageOutline(
        '<html lang="en"><section><h2>A <span lang="zh-CN">甲</span></h2><section><p>无<br></p></section></section>'
        "<section><svg><title>乙 B</title></svg></section><select><option>丙</option></select>"
    )

    assert outline.bare_sections == ["无", "乙 B"]
    assert outline.unmarked == ["无", "丙"]


def test_a_code_on_a_page_would_be_seen() -> None:
    page = '<p title="under_way">申请: declined</p><style>not_seen</style><a href="/x-y">R-0131 drawings-permit</a>'

    assert codes_in(page, {"declined"}) == {"under_way", "declined", "drawings-permit"}
