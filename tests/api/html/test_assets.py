"""What pages load: the style sheet under an address of its content, the icon, and everything compressed."""

from __future__ import annotations

import re

import httpx
import pytest

from api.html.assets import FOLDER, modules, style_sheet
from tests.api.client import Door

MODULES_BYTES_MAX = 15 * 1024  # before compression: pages work without them, so they may not cost much

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]


async def loaded(door: Door, address: str, coding: str = "gzip") -> httpx.Response:
    return await door.client.get(address, headers={"Accept-Encoding": coding, "Accept": "text/html"})


async def test_a_page_names_the_style_sheet_by_its_content_which_is_then_good_for_a_year(door: Door) -> None:
    page = await loaded(door, "/sign-in")
    (address,) = re.findall(r'rel="stylesheet" href="([^"]+)"', page.text)
    sheet = await loaded(door, address)
    assert sheet.content == style_sheet()
    assert "immutable" in sheet.headers["cache-control"]
    assert sheet.headers["content-encoding"] == "gzip"
    assert int(sheet.headers["content-length"]) < len(style_sheet()) / 2


async def test_another_version_of_the_sheet_is_not_served_under_its_name(door: Door) -> None:
    assert (await loaded(door, "/static/app.0123456789ab.css")).status_code == 404


async def test_the_plain_name_is_for_an_hour_alone(door: Door) -> None:
    assert (await loaded(door, "/static/app.css")).headers["cache-control"] == "public, max-age=3600"


async def test_the_icon_is_a_drawing(door: Door) -> None:
    icon = await loaded(door, "/static/icon.svg")
    assert icon.headers["content-type"].startswith("image/svg+xml")
    assert icon.content == (FOLDER / "icon.svg").read_bytes()


async def test_pages_are_compressed_for_those_who_can_read_that(door: Door) -> None:
    plain, packed = await loaded(door, "/desk", "identity"), await loaded(door, "/desk")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert {"Accept-Language", "Accept-Encoding"} <= set(re.split(r",\s*", packed.headers["vary"]))
    assert int(packed.headers["content-length"]) < len(plain.content) / 2


async def test_the_sheet_loads_nothing_from_elsewhere_and_names_no_data(door: Door) -> None:
    assert re.findall(rb'url[(](?!"?#)', style_sheet()) == []
    assert b"@import" not in (await loaded(door, "/static/app.css")).content


def test_the_modules_of_all_pages_are_small() -> None:
    assert sum(len(content) for content in modules().values()) <= MODULES_BYTES_MAX
