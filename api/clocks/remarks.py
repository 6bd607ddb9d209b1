"""What was not as the law asks, in a sentence for each: the flags of an item (rule book B13) in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from api.html.clock_names import clock_name
from api.html.page import PageContext
from api.html.translations import TABLES
from domain.law.flag_basis import EXTENSION, article_of
from domain.law.packs.pack import Pack

SENTENCES = "flag_of"
OF_SUSPENSIONS = ("suspend_not_notified", "suspension_overrun")  # each names a suspension, by an id that says nothing
OF_DEPARTMENTS = ("countersign_deemed", "countersign_reply_after_deemed")


class FlagSentence(Struct, frozen=True):
    """What a flag says, in Chinese and English, and by which article; empty where the law cites none."""

    zh: str
    en: str
    article: str


class FlagRemark(Struct, frozen=True):
    """One thing that was not as the law asks, in the language of the page.

    *about* is the clock, the department or the reason that it is about, *times* how often it happened.
    """

    sentence: str
    about: str
    article: str
    times: int


def sentence_of(flag: str, pack: Pack | None, mode: str) -> FlagSentence:
    """The sentence of *flag* under *pack*; None: a rule that was written out, which names no law."""
    zh, en = TABLES[SENTENCES][_kind(flag)]
    return FlagSentence(zh, en, _article(pack, mode, flag))


def remarks_of(page: PageContext, pack: Pack | None, mode: str, flags: Iterable[str]) -> list[FlagRemark]:
    """A remark for each of *flags*; those about several suspensions are one."""
    counted = Counter(_kind(flag) if flag.startswith(OF_SUSPENSIONS) else flag for flag in flags)
    return [
        FlagRemark(
            sentence=page.words[SENTENCES](_kind(flag)),
            about=_about(page, flag),
            article=_article(pack, mode, flag),
            times=times,
        )
        for flag, times in counted.items()
    ]


def _kind(flag: str) -> str:
    """The flag without what it is about."""
    return flag.partition(":")[0]


def _article(pack: Pack | None, mode: str, flag: str) -> str:
    return "" if pack is None else article_of(pack, mode, flag)


def _about(page: PageContext, flag: str) -> str:
    """What a flag is about, in words."""
    kind, _, subject = flag.partition(":")
    if not subject:
        return ""
    if kind.startswith(EXTENSION):
        return clock_name(page)(subject)
    if kind in OF_DEPARTMENTS:
        department, _, step = subject.partition("/")
        return page.office(department) + (f" ({step})" if step else "")
    return page.words["ground"](subject)
