"""What a page is on paper, printed without backgrounds: its sheets, their texts, and pictures without their colours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import combinations
from typing import Literal

from PIL import Image, ImageChops
from playwright.sync_api import FloatRect, Locator, Page
from pypdf import PdfReader

# A reader of the file finds characters by their shapes, some of which are also radicals.
RADICALS = str.maketrans("⻚⻋⻓⺠⻅⻔⻛⻩⻢⻬⻥⻦⻰⻮⻝⻜", "页车长民见门风黄马齐鱼鸟龙齿食飞")
SPACES = re.compile(r"\s+")
FOOT = re.compile(r"第(\d+)/(\d+)页.*?数据截至(\d{4}-\d\d-\d\d).*?查询摘要\(SHA-256\)([0-9a-f]{24})")
WITHOUT_BACKGROUNDS = """() => {
    for (const element of document.querySelectorAll('body, body *')) {
        if (getComputedStyle(element).printColorAdjust === 'exact') continue;
        element.style.setProperty('background', 'none', 'important');
    }
}"""
# What print leaves out on purpose, as the style sheets have it: what is there for acting and finding one's way.
LEFT_OUT = (
    "form, .skip, .screen, .paging, .expander, .pane, dialog, .banner nav, .aside, .inbox, .registers, .contents,"
    " .acting, .offers, .meanings, .chips, .exports, .live, [data-again], details:not(.fold) > summary,"
    " .tabs > .tab:not(:first-child, :target, :has(:target)), .unprinted:not([open], :target, :has(:target))"
)
STATES_SEEN = """left_out => [...document.querySelectorAll('main .tag, main .until')]
    .filter(place => place.getClientRects().length && place.checkVisibility({visibilityProperty: true}))
    .filter(place => !place.closest(left_out))
    .map(place => place.innerText)"""
MEDIA: tuple[Literal["screen", "print"], ...] = ("screen", "print")  # in print folds are open, and show more states
GREY_LEVELS_APART = 24  # of 256: neighbouring fields of a printer's raster that are told apart
AROUND = 2.0  # pixels, in which a frame is drawn
PIXELS_APART = 6  # of a picture, which has some two hundred


def sheets(page: Page) -> int:
    """How many sheets of paper the page takes."""
    return len(texts_on_paper(page))


def texts_on_paper(page: Page) -> list[str]:
    """The text of each sheet, without spaces."""
    page.emulate_media(media="null")  # a medium that is emulated is the one that is printed
    printed = page.pdf(prefer_css_page_size=True, print_background=False)
    return [without_spaces(sheet.extract_text()) for sheet in PdfReader(BytesIO(printed)).pages]


def without_spaces(text: str) -> str:
    """*text* as characters alone, however a line was broken."""
    return SPACES.sub("", unicodedata.normalize("NFKC", text.translate(RADICALS)).replace("\u2012", "\u2013"))


def faults_on_paper(page: Page) -> Iterator[str]:
    """What a reader of the sheets is not told, in Chinese: the line below each, states, pictures that look the same."""
    texts = texts_on_paper(page)
    feet = [FOOT.search(text) for text in texts]
    yield from (f"sheet {nth} has no foot" for nth, foot in enumerate(feet, start=1) if not foot)
    numbers = [(foot[1], foot[2]) for foot in feet if foot]
    if numbers != [(str(nth), str(len(texts))) for nth in range(1, len(texts) + 1)]:
        yield f"the sheets are numbered {numbers}"
    if len({(foot[3], foot[4]) for foot in feet if foot}) > 1:
        yield "the sheets are of different questions"
    whole, states = "".join(texts), set[str]()
    for medium in MEDIA:
        page.emulate_media(media=medium)
        states |= {without_spaces(text) for text in page.evaluate(STATES_SEEN, LEFT_OUT)}
    yield from (f"{state} is not on paper" for state in sorted(states) if state not in whole)
    yield from pictures_alike(page)
    page.emulate_media(media="null")


def pictures_alike(page: Page) -> Iterator[str]:
    """Pairs of a legend that look the same in print, in shades of grey; cells of a strip that are drawn by none."""
    page.evaluate(WITHOUT_BACKGROUNDS)
    for legend in page.locator("ul.legend").all():
        if legend.is_visible():
            yield from (f"in print {name} looks as {other}" for name, other in alike(legend))
    for cell in ("main .strip i", "main .matrix td a"):
        drawn = page.locator(cell).count(), page.locator(f"{cell}:has(svg)").count()
        if drawn[0] != drawn[1]:
            yield f"{drawn[0] - drawn[1]} of {cell} are coloured alone"


def alike(legend: Locator) -> Sequence[tuple[str, str]]:
    """The pairs of words whose pictures are the same."""
    pictures = list[tuple[str, Image.Image]]()
    for entry in legend.locator("li:has(svg)").all():
        box = entry.locator("i, svg").first.bounding_box()
        if box is None:
            continue
        around: FloatRect = {
            "x": round(box["x"]) - AROUND,
            "y": round(box["y"]) - AROUND,
            "width": round(box["width"]) + 2 * AROUND,
            "height": round(box["height"]) + 2 * AROUND,
        }
        taken = legend.page.screenshot(clip=around, full_page=True)
        pictures.append((entry.inner_text().strip(), Image.open(BytesIO(taken)).convert("L")))
    return [(name, other) for (name, seen), (other, picture) in combinations(pictures, 2) if is_same(seen, picture)]


def is_same(first: Image.Image, second: Image.Image) -> bool:
    """Whether two pictures differ by no more than a reader overlooks."""
    if first.size != second.size:
        return False
    apart = ImageChops.difference(first, second).histogram()
    return sum(apart[GREY_LEVELS_APART:]) < PIXELS_APART
