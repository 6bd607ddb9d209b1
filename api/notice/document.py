"""The notice as a PDF, set by typst, which is installed with the extra `countersign[pdf]`: tagged, as PDF/UA-1 asks."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from typing import Final

from anyio import to_thread
from msgspec import Struct, json

from api.html.page import PageContext
from api.html.sentences import plain
from api.notice.content import SupervisionNotice
from api.web.problems import Problem

TYPST = "typst"
STANDARD: Final = "ua-1"  # ISO 14289-1; typst refuses what does not keep it, such as a picture without words for it
TEMPLATE = files("api.notice") / "notice.typ"
# Any of these has the characters of Chinese; a PDF without them would be full of empty boxes.
FONTS = ("Noto Serif CJK SC", "Source Han Serif SC", "SimSun", "Songti SC", "Noto Sans CJK SC", "Source Han Sans SC")


class NoticeHeadings(Struct, frozen=True):
    """The words around what a notice names, in its language."""

    facts: str
    evidence: str
    basis: str
    term: str
    rights: str
    bureau: str
    seal: str
    code: str
    term_name: str
    content_name: str


class PrintedNotice(Struct, frozen=True):
    """What the template sets: texts alone, so that nothing in them is taken for markup. *svg* is the code, or empty."""

    language: str
    fonts: list[str]
    number: str
    title: str
    addressee: str
    sentence: str
    void: str
    facts: list[tuple[str, str]]
    evidence: list[tuple[str, str]]
    basis: str
    quote: str
    quoted_in: str
    terms: list[tuple[str, str]]
    rights: str
    day: tuple[int, int, int]
    as_of: str
    svg: str
    headings: NoticeHeadings


@cache
def is_installed() -> bool:
    """Whether typst is there."""
    return find_spec(TYPST) is not None


async def notice_pdf(page: PageContext, notice: SupervisionNotice, code: str, as_of: datetime) -> bytes:
    """The notice as a PDF, in the language of *page*. Raises Problem no-pdf."""
    if not is_installed():
        raise Problem(
            "no-pdf",
            "this installation can't make PDF files",
            remedy="install countersign[pdf], or print the page itself",
        )
    fonts = await to_thread.run_sync(_fonts)
    if not fonts:
        raise Problem(
            "no-pdf",
            "no font with Chinese characters is installed on the server",
            remedy=f"install one of: {', '.join(FONTS)}; or print the page itself",
        )
    return await to_thread.run_sync(_compiled, _printed(page, notice, fonts, code, as_of))


@cache
def _fonts() -> tuple[str, ...]:
    """Those of the fonts that the machine has, the best first."""
    from typst import Fonts  # noqa: PLC0415  only where the extra is installed

    known = set(Fonts(include_embedded_fonts=False).families())
    return tuple(name for name in FONTS if name in known)


def _compiled(printed: PrintedNotice) -> bytes:
    from typst import compile as set_type  # noqa: PLC0415  as above

    return set_type(
        TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs={"notice": json.encode(printed).decode()},
        pdf_standards=STANDARD,
    )


def _printed(
    page: PageContext, notice: SupervisionNotice, fonts: tuple[str, ...], code: str, as_of: datetime
) -> PrintedNotice:
    says, bureau = page.words["notice_says"], page.words["bureau"]
    held = page.joined(f"{page.words['held_by'](part.holder)} {part.days}" for part in notice.held)
    named = [(bureau("project"), notice.project), (bureau("item"), notice.item), *notice.facts]
    kind = "warning_rights" if notice.level in ("warning", "deemed") else "card_rights"
    return PrintedNotice(
        language=page.language,
        fonts=list(fonts),
        number=notice.number,
        title=notice.title,
        addressee=notice.addressee + bureau("of").rstrip(),
        sentence=notice.sentence,
        void="" if notice.standing else says("void").format(notice.state),
        facts=[(term, text) for term, text in (*named, (bureau("attribution"), held)) if text],
        evidence=[
            (entry.sentence, f"{entry.at} · {entry.by} · {bureau('entry_of').format(entry.version)}")
            for entry in notice.evidence
        ],
        basis=notice.article,
        quote=notice.quote,
        quoted_in=notice.quoted_in.partition("-")[0] or page.language,
        terms=[(says("report").format(order=term.order, day=term.feedback_by), term.about) for term in notice.terms]
        or [(says("no_term"), "")],
        rights=says(kind),
        day=(notice.day.year, notice.day.month, notice.day.day),
        as_of=f"{bureau('as_of')} {plain(page.local(as_of))}",
        svg=str(code),
        headings=_headings(page),
    )


def _headings(page: PageContext) -> NoticeHeadings:
    says, bureau = page.words["notice_says"], page.words["bureau"]
    return NoticeHeadings(
        facts=says("facts"),
        evidence=says("evidence"),
        basis=says("basis"),
        term=says("term"),
        rights=says("rights"),
        bureau=says("bureau"),
        seal=says("seal"),
        code=bureau("code_hint"),
        term_name=says("term_name"),
        content_name=says("content_name"),
    )
