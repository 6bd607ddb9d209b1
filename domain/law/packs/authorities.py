"""What a count rests on: each rule that it follows, with its article, the law's own words, and how sure they are."""

from __future__ import annotations

from collections.abc import Iterator

from domain.law.authority import Authority, Subject
from domain.law.packs.pack import Pack
from domain.law.packs.terms import Citation, ClockTerms, CountingRule, Unit


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
