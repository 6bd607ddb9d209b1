"""规则 one version of a law as its page shows it: each clock with its limits, what silence means, and the words."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from api.html.citations import cited
from api.html.page import PageContext
from domain.law.packs.pack import ClockTerms, Extension, Pack
from domain.law.packs.terms import ModeTerms

WARNED_NEVER = 0


class RuleRow(Struct, frozen=True):
    """One limit: of a clock, or of one mode of it, in words. *quote* are the law's own words, empty where not kept."""

    clock: str
    mode: str
    limit: str
    extension: str
    warning: str
    card: str
    silence: str
    article: str
    quote: str


def rule_rows(page: PageContext, pack: Pack) -> list[RuleRow]:
    """The clocks of *pack*, in the order of the file; those whose length depends on the mode have a row for each."""
    return [row for name, terms in pack.clocks.items() for row in _rows(page, name, terms)]


def rule_name(page: PageContext, clock: str) -> str:
    """What a clock of a law is called."""
    title = page.words["rule_clock"](clock)
    return page.words["clock_kind"](clock) if title == clock else title


def _rows(page: PageContext, name: str, terms: ClockTerms) -> Iterator[RuleRow]:
    if terms.days is not None or not terms.modes:
        yield _row(page, name, terms, None)
    for mode in terms.modes.values():
        yield _row(page, name, terms, mode)


def _row(page: PageContext, name: str, terms: ClockTerms, mode: ModeTerms | None) -> RuleRow:
    days = mode.days if mode else terms.days
    unit = (mode.unit if mode else None) or terms.unit
    of_mode = (mode.title_zh if page.language == "zh" else mode.title) if mode else ""
    silence = (mode.on_silence if mode else None) or terms.on_silence
    return RuleRow(
        clock=rule_name(page, name),
        mode=of_mode,
        limit=page.words["rule_says"]("published") if days is None else page.quantity(days, unit),
        extension=_extension(page, (mode.extension if mode else None) or terms.extension, unit),
        warning=_warning(page, terms, days, unit),
        card=page.words["level_of"](terms.card) if terms.card != "none" else "",
        silence=page.words["on_silence"](silence),
        article=cited(mode.article if mode else terms.article, page.language),
        quote=(mode.quote if mode else "") or terms.quote,
    )


def _extension(page: PageContext, extension: Extension | None, unit: str) -> str:
    if extension is None:
        return ""
    if extension.days_max is None:
        return page.words["rule_says"]("extendable")
    return page.quantity(extension.days_max, extension.unit or unit)


def _warning(page: PageContext, terms: ClockTerms, days: int | None, unit: str) -> str:
    """From how much left the clock is warned of."""
    if terms.card == "none" or not days:
        return ""
    left = terms.yellow.threshold(days)
    return page.quantity(left, unit) if left > WARNED_NEVER else ""
