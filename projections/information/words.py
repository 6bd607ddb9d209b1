"""Full-text search in Chinese and English: tsvectors of texts, and tsqueries of search terms.

PostgreSQL has no parser for Chinese. A run of Chinese characters is therefore indexed as single characters and
bigrams, anything else as whole words; both in the text form of a tsvector, for a GIN index.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache, wraps
from typing import TypeVar
from unicodedata import normalize

from msgspec import Struct

T = TypeVar("T")

WEIGHTS = "ABCD"  # PostgreSQL's, the heaviest first
WORD_CHARACTERS_MAX = 100  # anything longer, such as a hash, is found by its beginning
TERMS_MAX = 12  # of one search; people use about three
NAMES_CACHED_MAX, NAME_CHARACTERS_MAX = 4096, 200  # of items, projects and applicants, which many rows repeat
STEM_CHARACTERS_MIN = 3  # shorter remainders are no stems: "yes" is no plural

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
RUN = re.compile(rf"(?P<han>[{HAN}]+)|(?P<word>[^\W_{HAN}]+)")
BARE = re.compile(rf"[^\W_{HAN}]+")
VARIANTS = (
    ("ies", "y"),
    ("y", "ies"),
    ("es", ""),
    ("s", ""),
    ("ied", "y"),
    ("ing", ""),
    ("ing", "e"),
    ("ed", ""),
    ("ed", "e"),
)
STAYS = ("ss", "us", "is")  # no plurals


class SearchWords(Struct, frozen=True):
    """A parsed search: *words* is a tsquery that matches every candidate, and some more.

    A match also has to contain each of *exact*, a run of Chinese characters or a number with hyphens, literally.
    *marks* are for snippets. Without *words* nothing matches.
    """

    words: str
    exact: tuple[str, ...]
    marks: tuple[str, ...]


def plain(text: str) -> str:
    """*text* normalised for comparison: NFKC, case-folded, with single blanks."""
    return " ".join(normalize("NFKC", text).casefold().split())


def vector(weighed: Iterable[tuple[str, str]]) -> str:
    """The tsvector of weighted texts: a word has the heaviest weight of its texts."""
    weights: dict[str, str] = {}
    for weight, text in weighed:
        for word in words(text):
            if word not in weights or weight < weights[word]:
                weights[word] = weight
    return " ".join(f"'{word}':{WEIGHTS.index(weight) + 1}{weight}" for word, weight in sorted(weights.items()))


def searched(names: Iterable[str], numbers: Iterable[str] = ()) -> tuple[str, str]:
    """What is searched of *numbers* and *names*: them normalised, and their tsvector, all of the heaviest weight.

    PostgreSQL keeps a word that several have once. What is made of names is cached, as many rows repeat them.
    """
    parts = [_searched(number) for number in numbers if number]
    parts += [_searched_of_name(name) for name in names if name]
    return " ".join([text for text, _ in parts if text]), " ".join([terms for _, terms in parts if terms])


def _cached_for_names(of: Callable[[str], T]) -> Callable[[str], T]:
    """Cache *of* for texts that are as short as names."""
    cached = lru_cache(maxsize=NAMES_CACHED_MAX)(of)

    @wraps(of)
    def lookup(text: str) -> T:
        return cached(text) if len(text) <= NAME_CHARACTERS_MAX else of(text)

    return lookup


@_cached_for_names
def words(text: str) -> frozenset[str]:
    """The index terms of *text*: words, and the characters and bigrams of Chinese runs. Those of names are cached."""
    return frozenset(_terms(plain(text)))


def _searched(text: str) -> tuple[str, str]:
    normal = plain(text)
    return normal, " ".join([f"'{word}':1A" for word in sorted(_terms(normal))])


_searched_of_name = _cached_for_names(_searched)


def _terms(normal: str) -> set[str]:
    """The index terms of a text as `plain` gives it."""
    distinct: set[str] = set()
    for han, word in RUN.findall(normal):
        if han:
            distinct.update(han, _pairs(han))
        else:
            distinct.add(word[:WORD_CHARACTERS_MAX])
    return distinct


def question(text: str) -> SearchWords:
    """Parse a search text into terms, separated by blanks, all of which have to match; English ones in all forms."""
    parts: dict[str, None] = {}
    exact: list[str] = []
    marks: dict[str, None] = {}
    for term in plain(text).split()[:TERMS_MAX]:
        runs = list(RUN.finditer(term))
        for run in runs:
            parts |= dict.fromkeys(_wanted(run))
        if runs and BARE.fullmatch(term) is None:
            exact.append(term)
        marks |= dict.fromkeys([term] if len(runs) != 1 or runs[0]["han"] else forms(term))
    return SearchWords(" & ".join(parts), tuple(exact), tuple(marks))


def _wanted(run: re.Match[str]) -> list[str]:
    """The parts of a tsquery for one run."""
    if han := run["han"]:
        return [f"'{part}'" for part in (_pairs(han) or han)]
    return ["(" + " | ".join(f"'{form[:WORD_CHARACTERS_MAX]}':*" for form in forms(run[0])) + ")"]


def forms(word: str) -> list[str]:
    """*word* and its possible English stems, to be matched as prefixes."""
    candidates = [word]
    if word.isascii() and word.isalpha() and not word.endswith(STAYS):
        for ending, instead in VARIANTS:
            stem = word.removesuffix(ending)
            if stem != word and len(stem) >= STEM_CHARACTERS_MIN:
                candidates.append(stem + instead)
    return list(dict.fromkeys(candidates))


def _pairs(han: str) -> list[str]:
    return [han[at : at + 2] for at in range(len(han) - 1)]
