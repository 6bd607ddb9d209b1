"""The checks a rule pack must pass when it is loaded (rule B14), each with one sentence for what fails."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from hashlib import sha256
from itertools import pairwise
from typing import Any

import msgspec

from domain.law.calendar.calendar import CalendarBook
from domain.law.calendar.closures import closed_days
from domain.law.calendar.moment import is_zone
from domain.law.packs.pack import Pack
from domain.law.packs.terms import BasisLevel, ClockTerms, Extension, Ground, Unit

ORDINARY_WORKING_DAYS = (20, 45)  # Licensing Law 42: any other period needs a statute or a regulation

DECIDING_LEVELS: tuple[BasisLevel, ...] = ("law", "administrative_regulation", "local_regulation")  # 42: 法律、法规

FILING_LEVELS: tuple[BasisLevel, ...] = (*DECIDING_LEVELS, "ministry_rule")  # 50: 法律、法规、规章

EXACT_UNITS: tuple[Unit, ...] = ("working_hour", "working_day")  # an extension of these is counted in the same unit

PUBLISHED_WITH_ITEM = ("commitment",)  # their length is published with each item, not in the law

ORDINARY_MODE = "single"

ONLY_HOURS: Unit = "working_hour"


def faults_of(pack: Pack) -> tuple[str, ...]:
    """Everything wrong with *pack* taken by itself, one sentence each; empty if it may be used."""
    faults = [*time_faults(pack), *article_faults(pack), *ground_faults(pack)]
    if pack.special or pack.region or pack.act_modes or pack.feedback:
        faults.append(f"{pack.name} has a field that no file may have: special, region, act_modes or feedback")
    faults += clock_faults(pack.name, pack.clocks, pack)
    for key, special in pack.specials.items():
        under = pack.under(key)
        if not special.law.strip():
            faults.append(f"{under.name} doesn't name its law")
        faults += [*clock_faults(under.name, special.clocks, under), *ground_faults(under)]
    return tuple(dict.fromkeys(faults))


def calendar_faults(pack: Pack, calendars: Mapping[str, CalendarBook], today: date) -> tuple[str, ...]:
    """Whether the calendar *pack* names exists and, while the pack is in force, is known as far as *today*."""
    book = calendars.get(pack.calendar)
    if book is None:
        return (f"{pack.name} names the calendar {pack.calendar}, which is not shipped",)
    if pack.in_force(today) and book.as_known(today).provisional(today):
        return (f"the calendar {pack.calendar} of {pack.name} does not cover {today}",)
    return ()


def time_faults(pack: Pack) -> Iterator[str]:
    """Validity, zone, opening hours and closures."""
    if pack.valid_to is not None and pack.valid_to < pack.valid_from:
        yield f"{pack.name} ends on {pack.valid_to}, before it begins"
    if not is_zone(pack.zone):
        yield f"{pack.zone!r} of {pack.name} is not a zone of the IANA database"
    bounds = [moment for stretch in pack.hours for moment in stretch]
    if any(later <= earlier for earlier, later in pairwise(bounds)):
        yield f"the opening hours of {pack.name} are not in order"
    try:
        list(closed_days(pack.closures))
    except ValueError as fault:
        yield f"a closure of {pack.name} is no stretch of the year: {fault}"
    if pack.special:
        yield f"{pack.name} is written as a special law already"


def article_faults(pack: Pack) -> Iterator[str]:
    """Every citation and duty names an article, and a duty only grounds that there are."""
    for key, citation in pack.articles.items():
        if not citation.article.strip():
            yield f"the citation {key} of {pack.name} names no article"
    for duty, terms in pack.duties.items():
        if not terms.article.strip():
            yield f"the duty {duty} of {pack.name} names no article"
        for reason in set(terms.grounds).difference(ground.reason for ground in pack.grounds):
            yield f"the duty {duty} of {pack.name} is for the ground {reason}, which it does not have"


def ground_faults(pack: Pack) -> Iterator[str]:
    """Every ground names its article, stops clocks that exist, and is listed once."""
    reasons = [ground.reason for ground in pack.grounds]
    for reason in {reason for reason in reasons if reasons.count(reason) > 1}:
        yield f"the ground {reason} is listed twice in {pack.name}"
    for ground in pack.grounds:
        if not ground.article.strip():
            yield f"the ground {ground.reason} of {pack.name} names no article"
        for clock in ground.stops:
            if clock not in pack.clocks:
                yield f"the ground {ground.reason} of {pack.name} stops {clock}, which is no clock of it"
        for mode in set(ground.modes).difference(pack.modes):
            yield f"the ground {ground.reason} of {pack.name} is for the mode {mode}, which it does not have"
        yield from notice_faults(pack.name, ground)


def notice_faults(name: str, ground: Ground) -> Iterator[str]:
    """A period that begins with another length needs that length; only time that is left out ends with a term."""
    notice, which = ground.notice, f"the ground {ground.reason} of {name}"
    effects = (notice.effect, notice.late_effect, notice.again_effect)
    if "restart_with" in effects and not notice.restart_with:
        yield f"{which} restarts the period with no length"
    if notice.suspension_ends == "on_answer_or_term" and notice.effect != "suspend":
        yield f"{which} ends with a term, but restarts the period"
    if notice.term is not None and (notice.term < 1 or notice.suspension_ends == "on_answer"):
        yield f"{which} has a term of {notice.term} that ends nothing"
    if notice.stops_max is not None and notice.stops_max < 1:
        yield f"{which} stops nothing: at most {notice.stops_max} times"


def clock_faults(name: str, clocks: Mapping[str, ClockTerms], pack: Pack) -> Iterator[str]:
    """What is wrong with the *clocks* written in one place, seen in the whole *pack*."""
    for key, terms in clocks.items():
        where = f"the clock {key} of {name}"
        if terms.yellow.min < 1:
            yield f"{where} warns at {terms.yellow.min} days, which must be at least 1"
        if terms.yellow.num > terms.yellow.den:
            yield f"{where} warns at more than its whole length"
        if key not in PUBLISHED_WITH_ITEM and terms.days is None and not terms.modes:
            yield f"{where} has no length"
        if not (terms.quote or terms.confidence in ("memory", "decision")):
            yield f"{where} quotes no words of the law"
        yield from length_faults(where, key, terms, pack)
        yield from promise_faults(where, key, terms, pack)


def length_faults(where: str, key: str, terms: ClockTerms, pack: Pack) -> Iterator[str]:
    """Lengths, their articles and their rank, in every mode."""
    for mode, days, unit, article, level, extension in lengths(terms):
        which = f"{where} in the mode {mode}" if mode else where
        if not article.strip():
            yield f"{which} names no article"
        if days is not None and days < (terms.first_day == "included"):
            yield f"{which} is too short: {days}"
        if unit == ONLY_HOURS and not pack.hours:
            yield f"{which} counts working hours, but {pack.name} has no opening hours"
        if key == "decision" and days is not None:
            ordinary = unit == "working_day" and days in ORDINARY_WORKING_DAYS
            if not ordinary and level not in DECIDING_LEVELS:
                yield f"{which} is {days} {unit}s by a {level}: only a law or a regulation may set that"
        if key == "renewal_filing" and level not in FILING_LEVELS:
            yield f"{which} rests on a {level}: at least a ministry rule must set it"
        if extension:
            yield from extension_faults(which, unit, extension)
            if key == "decision":
                most = extension.most(days or 0)
                yield from basis_faults(which, extension, most, ordinary_extension(pack, key, mode))


def lengths(
    terms: ClockTerms,
) -> Iterable[tuple[str, int | None, Unit, str, BasisLevel, Extension | None]]:
    """(mode, days, unit, article, level, extension) of a clock without its mode and in every mode."""
    yield "", terms.days, terms.unit, terms.article, terms.level, terms.extension
    for mode, of in terms.modes.items():
        yield mode, of.days, of.unit or terms.unit, of.article, of.level, of.extension


def ordinary_extension(pack: Pack, clock: str, mode: str) -> int:
    """The most days by which *clock* may be extended by the act itself, apart from any special law."""
    act = pack.specials[pack.special].clocks if pack.special else {}
    if clock in act or clock not in pack.clocks:
        return 0
    extension = pack.extension(clock, mode)
    return (extension.days_max or 0) if extension and extension.level in DECIDING_LEVELS else 0


def extension_faults(which: str, unit: Unit, extension: Extension) -> Iterator[str]:
    """An extension names its article, extends something, and is counted like its clock."""
    if not extension.article.strip():
        yield f"the extension of {which} names no article"
    if extension.unit not in (None, unit) and (unit in EXACT_UNITS or extension.unit in EXACT_UNITS):
        yield f"the extension of {which} is counted in {extension.unit}s, the clock in {unit}s"
    if extension.count_max < 1 or (extension.days_max is not None and extension.days_max < 1):
        yield f"the extension of {which} extends nothing"
    if extension.max_ratio is not None and min(extension.max_ratio) < 1:
        yield f"the extension of {which} is limited to no part of the period"


def basis_faults(which: str, extension: Extension, most: int | None, ordinary: int) -> Iterator[str]:
    """More than the act's own extension needs a law or a regulation."""
    longer = most is None or most > ordinary
    if longer and extension.level not in DECIDING_LEVELS:
        yield f"the extension of {which} goes beyond the act by a {extension.level}: it needs a law or a regulation"


def promise_faults(where: str, key: str, terms: ClockTerms, pack: Pack) -> Iterator[str]:
    """A promise, with its extension, is never longer than the statute and counted in its unit."""
    if key != "commitment":
        return
    extension = (terms.extension.days_max or 0) if terms.extension else 0
    for mode, days, unit, *_ in lengths(terms):
        if days is None:
            continue
        try:
            statute = pack.limit(mode or ORDINARY_MODE)
        except KeyError as unknown:
            yield f"{where} promises where the law sets nothing: {unknown.args[0]}"
            continue
        if days + extension > statute.days or unit != statute.unit:
            yield f"{where} promises {days}+{extension} {unit}s, the statute gives {statute.days} {statute.unit}s"


# What moves no date and no card: it may be put right or completed without a new version (ADR 0070 on duties).
WORDS = frozenset(
    {"quote", "note", "note_zh", "title", "title_zh", "confidence", "counting_rules", "duties", "language"}
)


def pack_digest(text: str) -> str:
    """SHA-256 over everything in the pack that decides something: all of it but quotations, notes and titles."""
    return sha256(msgspec.json.encode(values(tomllib.loads(text)), order="deterministic")).hexdigest()


def values(raw: Any) -> Any:
    """*raw* without the words that explain it."""
    match raw:
        case dict():
            return {key: values(value) for key, value in raw.items() if key not in WORDS}
        case list():
            return [values(value) for value in raw]
        case _:
            return raw


def digest_faults(texts: Mapping[str, str], digests: Mapping[str, str]) -> Iterator[str]:
    """Compare packs (name to text) with their recorded digests: what was edited, added or lost, one sentence each."""
    for name, text in texts.items():
        if name not in digests:
            yield f"{name} has no recorded digest; if it is new, record {pack_digest(text)}"
        elif digests[name] != pack_digest(text):
            yield f"{name} was edited after it was published: write a new version with a new date instead"
    for name in digests.keys() - texts.keys():
        yield f"{name} was published and is gone"
