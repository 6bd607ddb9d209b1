"""The bureau's pages: in both languages, with what they should say, when there is nothing, and with hostile names."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from api.supervision.view_models import ranked
from domain.core.ledger import Actor
from infrastructure.ledger.approvals import Approvals
from projections.supervision.figures import Figures
from tests.api.client import Door, identity
from tests.examples import APPLICANT, BUREAU, LAND, MANAGER, USCC
from tests.projections.supervision.test_query import REGISTER, Zone
from tests.watching import Hands

pytestmark = pytest.mark.pages

MARK = "<script>alert('厂房')</script>"
MARCH = {"first": "2026-03-01", "last": "2026-03-31"}
PERIODS = {"board": "/supervision", "cards": "/pages/supervision/cards", "decisions": "/pages/supervision/decisions"}


@pytest.fixture(scope="module")
def hands() -> Hands:
    return Hands("2026-03-02 09:00")


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str, hands: Hands) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url, clock=hands) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module")
async def empty(door: Door, shared_database_url: str, approvals: Approvals, hands: Hands) -> dict[str, str]:
    """The pages of each language before anything happened."""
    await Zone(shared_database_url, approvals, hands).on("2026-03-02 08:00")
    return {
        f"{name} {lang}": shown(await got(door, path, lang)) for name, path in PERIODS.items() for lang in ("zh", "en")
    }


@pytest_asyncio.fixture(scope="module")
async def slow(door: Door, empty: dict[str, str], shared_database_url: str, approvals: Approvals, hands: Hands) -> UUID:
    """A project with a hostile name that breaks its promise, appeals in hostile words and is ordered to explain."""
    assert empty
    zone, project = Zone(shared_database_url, approvals, hands), uuid4()
    submit, accept = {"command": "submit_item", "item": "land"}, {"command": "accept_item", "item": "land"}
    appeal = {"command": "appeal_card", "card": "land-2", "reasons": MARK}
    order = {
        "command": "order_supervision",
        "order": "DB-1",
        "item": "land",
        "about": MARK,
        "feedback_by": "2026-03-20",
    }
    done = {"command": "complete_item", "item": "land", "outcome": "granted"}
    story: list[tuple[str, Actor | None, Any]] = [
        ("2026-03-02 09:00", MANAGER, {"command": "register_project", "name": MARK, **registration()}),
        ("2026-03-02 10:00", APPLICANT, submit),
        ("2026-03-02 11:00", LAND, accept),
        ("2026-03-10 00:01", None, {}),
        ("2026-03-12 09:00", None, {}),
        ("2026-03-13 09:00", LAND, appeal),
        ("2026-03-13 10:00", BUREAU, order),
        ("2026-03-16 09:00", LAND, done),
    ]
    for at, by, command in story:
        await zone.on(at)
        if by:
            await door.done(project, command, by)
    await zone.on("2026-03-16 10:00")
    return project


def registration() -> dict[str, Any]:
    items = [
        {"item": item.item, "department": item.department, "promise_days": item.promise_days} for item in REGISTER.items
    ]
    return {"enterprise": {"name": "Hengxin", "uscc": USCC}, "manager": "wang", "items": items}


async def got(door: Door, path: str, lang: str = "", **params: Any) -> httpx.Response:
    return await door.get(path, BUREAU, **({"lang": lang} if lang else {}), **MARCH, **params)


def shown(answer: httpx.Response) -> str:
    """The page's text, which holds no script and no style of its own."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script" not in answer.text
    assert " style=" not in answer.text
    return answer.text


def plain(html: str) -> str:
    """What a reader reads, spaces as they are seen."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", re.sub(r"</(dt|dd|th|td|p|div)>|<br>", " ", html))).split())


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("board zh", "本期没有预警、监察牌或办结。"),
        ("board en", "No warning, card or decision in this period."),
        ("board zh", "查看上月的看板"),
        ("board en", "See the board of the month before"),
        ("board zh", "没有正在计时的事项。"),
        ("board en", "No order waits for a report."),
        ("cards zh", "该条件下没有记录。"),
        ("cards en", "There are none."),
        ("decisions zh", "该条件下没有记录。"),
        ("decisions en", "There are none."),
    ],
)
async def test_where_nothing_happened_it_says_so(empty: dict[str, str], page: str, says: str) -> None:
    assert says in plain(empty[page])


@pytest.mark.parametrize(
    ("lang", "says"),
    [
        (
            "zh",
            (
                "电子监察",
                "黄牌 1 环比 +1 同比 +1",
                "按期办结率 100.0 % 环比 – 同比 –",
                "待反馈督办",
                "land 1 1 0 0 0 0 1 1 0",
            ),
        ),
        (
            "en",
            (
                "Supervision",
                "Yellow cards 1 vs. period before +1 vs. year before +1",
                "On-time rate 100.0 % vs.",
                "督办〔2026〕",
            ),
        ),
    ],
)
async def test_the_board_shows_its_figures_and_escapes_reasons(
    door: Door, slow: UUID, lang: str, says: tuple[str, ...]
) -> None:
    text = plain(shown(await got(door, "/supervision", lang)))

    for words in says:
        assert words in text, text
    assert MARK in text  # the order's words, as words


async def test_every_number_links_to_its_list_and_every_card_to_its_file(door: Door, slow: UUID) -> None:
    board = shown(await got(door, "/supervision", "en"))
    links = {unescape(link) for link in re.findall(r'href="(/pages/supervision/[^"]*)"', board)}

    assert {link.partition("?")[0] for link in links} == {
        *(PERIODS["cards"], PERIODS["decisions"]),
        *("/pages/supervision/timeliness", "/pages/supervision/clocks"),
    }
    for link in links:
        assert "lang=en" in link
        shown(await door.get(link, BUREAU))
    cards = shown(await got(door, PERIODS["cards"], "en", figure="yellow"))
    (card,) = {unescape(link) for link in re.findall(r'href="(/pages/projects/[^"]*/card[^"]*)"', cards)}
    assert "Promise" in plain(shown(await door.get(card, BUREAU)))


@pytest.mark.parametrize(
    ("lang", "says", "heading"),
    [
        ("zh", "一个部门办理 行政许可法第四十二条第一款 – – – 正常：1", "一个部门办理 · 送达 · 正常"),
        ("en", "In time: 1", "Delivery · In time"),
    ],
)
async def test_modes_and_nodes_lead_to_their_clocks(door: Door, slow: UUID, lang: str, says: str, heading: str) -> None:
    board = shown(await got(door, "/supervision", lang))
    (link,) = {unescape(link) for link in re.findall(r'href="(/pages/supervision/clocks[^"]*node=[^"]*)"', board)}
    clocks = plain(shown(await door.get(link, BUREAU)))

    assert says in plain(board)
    assert heading in clocks
    assert MARK in clocks


@pytest.mark.parametrize(
    ("lang", "says"),
    [
        ("zh", ("黄牌", "时限计算依据", "承诺时限", "申诉中", "逐日计算", "返回监察看板")),
        ("en", ("Yellow card", "Proof", "Promise", "Under appeal", "Day by day", "Back to the supervision board")),
    ],
)
async def test_the_page_of_a_card_shows_its_dialogue_and_escapes_reasons(
    door: Door, slow: UUID, lang: str, says: tuple[str, ...]
) -> None:
    page = shown(await door.get(f"/pages/projects/{slow}/card", BUREAU, card="land-2", lang=lang))

    for words in (*says, MARK):  # the project's name and the reasons of the appeal
        assert words in plain(page)
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", [PERIODS["cards"], PERIODS["decisions"]])
async def test_lists_name_their_projects(door: Door, slow: UUID, path: str, lang: str) -> None:
    text = plain(shown(await got(door, path, lang)))

    assert MARK in text
    assert "2026-03-01 – 2026-03-31" in text
    assert ("返回监察看板" if lang == "zh" else "Back to the supervision board") in text


async def test_lists_come_in_pages(door: Door, slow: UUID) -> None:
    first = shown(await got(door, PERIODS["cards"], "en", limit=1))
    (link,) = re.findall(r'href="([^"]*offset=1[^"]*)"', first)
    second = shown(await door.get(unescape(link), BUREAU))

    assert 'rel="next"' in first
    assert 'rel="prev"' in second
    assert 'rel="next"' not in second


async def test_what_the_browser_prefers_decides_the_language(door: Door, slow: UUID) -> None:
    headers = {**identity(BUREAU), "Accept-Language": "en"}
    english = shown(await door.client.get("/supervision", params=MARCH, headers=headers))

    assert '<html lang="en"' in english
    assert '<html lang="zh-CN"' in shown(await got(door, "/supervision"))


async def test_the_board_and_the_progress_table_lead_to_each_other(door: Door, slow: UUID) -> None:
    assert '<a href="/pages/progress?lang=en">Progress</a>' in shown(await got(door, "/supervision", "en"))
    assert '<a href="/supervision?lang=en">Supervision</a>' in shown(
        await door.get("/pages/progress", BUREAU, lang="en")
    )


def line(department: str, rate: float | None, days: float | None) -> Figures:
    """The figures of a department of which only these two count here."""
    return Figures(department, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, rate, days)


async def test_departments_are_ranked_by_rate_or_median(door: Door, slow: UUID) -> None:
    page = shown(await got(door, "/supervision", "en", order="rate"))
    assert 'aria-sort="ascending"><a href="/supervision?' in page
    table = page.partition('id="departments-caption"')[2].partition("</table>")[0]
    assert 'class="total"' in table.rpartition("<tr")[2], "all departments together are at the foot"
    assert 'aria-sort="descending"' in shown(await got(door, "/supervision", "en", order="median"))
    lines = [line("", 0.9, 3), line("a", 1.0, 2), line("b", None, None), line("c", 0.5, 9)]
    assert [each.department for each in ranked(lines, "rate")] == ["", "c", "a", "b"]
    assert [each.department for each in ranked(lines, "median")] == ["", "c", "a", "b"]
    assert ranked(lines, "") == lines


async def test_the_usual_periods_are_one_click_away(door: Door, slow: UUID) -> None:
    page = shown(await got(door, "/supervision", "en"))
    links = dict(re.findall(r'<a href="/supervision\?([^"]*)">([A-Z][a-z]+ ?[a-z]*)</a>', page))
    assert set(links.values()) >= {"Yesterday", "This week", "This month", "Last month", "This year"}
    (yesterday,) = (query for query, name in links.items() if name == "Yesterday")
    assert "first=2026-03-15&amp;last=2026-03-15" in yesterday


async def test_the_last_day_of_a_month_is_shown_with_that_month(door: Door) -> None:
    page = shown(await door.get("/supervision", BUREAU, on="2026-02-28"))
    assert 'value="2026-02-01"' in page
    assert 'value="2026-02-28" required' in page
    assert 'value="2026-03-31" required' in shown(await got(door, "/supervision", on="2026-02-28")), "as chosen"


async def test_a_running_month_says_what_it_is_compared_with(door: Door, slow: UUID) -> None:
    running = "2026-02-01 to 2026-02-16 and, a year before, with 2025-03-01 to 2025-03-16"

    assert running in shown(await got(door, "/supervision", "en"))
    assert running in shown(await door.get("/supervision/report", BUREAU, lang="en", month="2026-03"))
    over = await door.get("/supervision", BUREAU, lang="en", first="2026-03-02", last="2026-03-15")
    assert "The period is not over" not in shown(over)


async def test_as_of_a_day_before_there_is_less(door: Door, slow: UUID) -> None:
    page = shown(await got(door, "/supervision", "zh", on="2026-03-10"))

    assert "黄牌 0" in plain(page)
    assert 'datetime="2026-03-11T00:00:00+08:00"' in page


async def test_the_form_of_the_board_may_be_sent_unchanged(door: Door, slow: UUID) -> None:
    """A browser sends an empty field as an empty text."""
    page = shown(await got(door, "/supervision"))
    fields = dict(re.findall(r'<input id="\w+" name="(\w+)" type="date" value="([^"]*)"', page))

    assert set(fields) == {"first", "last", "on"}
    assert fields["on"] == ""
    assert (await door.get("/supervision", BUREAU, **fields)).status_code == 200


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/supervision?first=2026-03-02&last=2026-03-01", 400),
        ("/pages/supervision/cards?figure=blue", 400),
        ("/pages/projects/00000000-0000-4000-8000-000000000009/card?card=land-2", 404),
    ],
)
async def test_what_can_not_be_shown_is_a_page_too(door: Door, slow: UUID, path: str, status: int, lang: str) -> None:
    answer = await door.client.get(f"{path}&lang={lang}", headers=identity(BUREAU))

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1" in answer.text
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}"' in answer.text


async def test_what_is_due_beyond_the_calendar_is_listed_and_the_next_notice_requested(
    door: Door, slow: UUID, shared_database_url: str, approvals: Approvals, hands: Hands
) -> None:
    """Last of all, for it moves the clock on: a licence accepted in December ends after the notice of the year."""
    zone, project = Zone(shared_database_url, approvals, hands), uuid4()
    assert "Clocks that are due after" not in plain(shown(await got(door, "/supervision", "en")))
    await zone.on("2026-12-14 09:00")
    await door.done(project, {"command": "register_project", "name": "Fab 9", **registration()}, MANAGER)
    await door.done(project, {"command": "submit_item", "item": "land"}, APPLICANT)
    await door.done(project, {"command": "accept_item", "item": "land"}, LAND)
    await zone.on("2026-12-14 10:00")
    board = shown(await got(door, "/supervision", "en"))
    (link,) = {unescape(link) for link in re.findall(r'href="([^"]*due_after=2026-12-28[^"]*)"', board)}

    assert "Clocks that are due after the published calendar: 1 (published through 2026-12-28)" in plain(board)
    assert "Import the State Council's notice" in plain(board)
    assert "Fab 9" in plain(shown(await door.get(link, BUREAU)))


@pytest.mark.parametrize(
    ("due_by", "says"),
    [
        ("2026-03-19", ("没有须在 2026-03-19 及以前反馈的督办。", "No order is due by 2026-03-19.")),
        ("2026-03-20", ("2026-03-20 及以前须反馈", "Due by 2026-03-20")),
    ],
)
async def test_a_list_of_what_is_due_by_a_day_speaks_of_that_day(
    door: Door, slow: UUID, due_by: str, says: tuple[str, str]
) -> None:
    assert slow
    for lang, sentence in zip(("zh", "en"), says, strict=True):
        params = {"lang": lang, "unanswered": "true", "due_by": due_by, "as_of": "2026-03-19T09:00:00+08:00"}
        page = plain(shown(await door.get("/supervision/orders", BUREAU, **params)))
        assert sentence in page
        assert "No order waits" not in page


NEWS = re.compile(r'<a class="(\w+)[^"]*" href="([^"]+)">[^<]+<b class="number">(\d+)</b></a>')


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2026-03-13T12:00:00+08:00", {"appealed": 1, "orders_due": 0}),
        ("2026-03-19T09:00:00+08:00", {"red": 0, "yellow": 0, "warning": 0, "appealed": 0, "orders_due": 1}),
    ],
)
async def test_the_board_begins_with_what_is_new_since_yesterday(
    door: Door, slow: UUID, as_of: str, expected: dict[str, int]
) -> None:
    assert slow
    page = shown(await got(door, "/supervision", "zh", as_of=as_of))
    strip = page.split('class="figures news"')[1].split("</nav>")[0]
    news = {name: (unescape(href), int(number)) for name, href, number in NEWS.findall(strip)}
    assert list(news) == ["orders_due", "red", "yellow", "warning", "appealed"]
    assert {name: news[name][1] for name in expected} == expected
    for name, (address, number) in news.items():
        listed = shown(await door.client.get(address, headers=identity(BUREAU)))
        assert f'<span class="number">({number})</span>' in listed, name
    assert 'id="orders"' in page
