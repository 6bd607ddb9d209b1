"""What a count rests on: each rule that it follows, with its article, the law's own words, and how sure they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from msgspec import Struct

from domain.law.pack import Pack
from domain.law.pack_terms import Citation, ClockTerms, Confidence, CountingRule, Unit


class Subject(StrEnum):
    """What a rule is about."""

    LENGTH = "length"
    UNIT = "unit"
    FIRST_DAY = "first_day"
    LAST_DAY = "last_day"  # that of the period, where it is a day of rest
    SUSPENDED_DAYS = "suspended_days"
    NOTICE = "notice"  # to the applicant, of the time that a suspension takes
    HOLIDAYS = "statutory_holidays"
    SILENCE = "silence"
    LAWSUIT = "lawsuit"


class Authority(Struct, frozen=True):
    """One rule that a count follows. *detail* is the unit counted, or whether the first day is in- or excluded.

    *confidence* tells where the words come from; the notes say, in English and Chinese, what to know beside them.
    """

    subject: Subject
    article: str
    quote: str
    confidence: Confidence
    detail: str = ""
    note: str = ""
    note_zh: str = ""


class CitedNotice(Struct, frozen=True):
    """A notice of the calendar, as it is cited: title, numbers of its documents, day of publication, addresses."""

    id: str
    title: str
    numbers: tuple[str, ...]
    published: date
    addresses: tuple[str, ...]


def length_by(pack: Pack, clock: str, mode: str) -> Authority | None:
    """Which article sets the length of *clock* in *mode*, in its words; None where the pack has no such clock."""
    terms = pack.clocks.get(clock)
    if terms is None:
        cited = pack.articles.get(clock)
        return None if cited is None else by_citation(Subject.LENGTH, cited)
    of_mode = terms.modes.get(mode)
    if of_mode is None:
        return Authority(Subject.LENGTH, terms.article, terms.quote, terms.confidence)
    return Authority(Subject.LENGTH, of_mode.article, of_mode.quote or terms.quote, of_mode.confidence)


def unit_of(pack: Pack, clock: str, mode: str) -> Unit:
    """What *clock* counts in *mode*; a clock that no pack describes counts working days."""
    terms: ClockTerms | None = pack.clocks.get(clock)
    if terms is None:
        return "working_day"
    of_mode = terms.modes.get(mode)
    return (of_mode and of_mode.unit) or terms.unit


def counted_by(pack: Pack, subject: Subject, rule: CountingRule, detail: str = "") -> Iterator[Authority]:
    """What *pack* cites for one *rule* of its way of counting, if anything."""
    cited = pack.counting_rules.get(rule)
    if cited is not None:
        yield by_citation(subject, cited, detail)


def by_citation(subject: Subject, cited: Citation, detail: str = "") -> Authority:
    """*cited* as the authority for *subject*."""
    return Authority(subject, cited.article, cited.quote, cited.confidence, detail, cited.note, cited.note_zh)
