"""Words to search by, Chinese and English: how a text becomes them, and how a question finds them again.

PostgreSQL has no parser for Chinese. A run of Chinese characters is therefore kept as its single characters and its
pairs of neighbours, anything else as whole words; both in the text form of a tsvector, which a GIN index finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import normalize

from msgspec import Struct

WEIGHTS = "ABCD"  # PostgreSQL's, the heaviest first
WORD_CHARACTERS_MAX = 100  # what is longer than any word, a hash say, is found by its beginning
TERMS_MAX = 12  # of one question; a person asks for three
STEM_CHARACTERS_MIN = 3  # what would be left shorter is no stem: "yes" is no plural

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
RUN = re.compile(rf"(?P<han>[{HAN}]+)|[^\W_{HAN}]+")
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
    """What is looked for: *words* is a tsquery that finds every text in question, and some more.

    Of these count the ones that hold each of *exact*, a run of Chinese characters or a number with its hyphens, as it
    is written. *marks* are what a snippet may mark. Without *words* nothing is looked for.
    """

    words: str
    exact: tuple[str, ...]
    marks: tuple[str, ...]


def plain(text: str) -> str:
    """*text* as it is compared: wide and small letters are one, and blanks are single."""
    return " ".join(normalize("NFKC", text).casefold().split())


def vector(weighed: Iterable[tuple[str, str]]) -> str:
    """The tsvector of texts, each with its weight: a word has the heaviest of its texts."""
    weights: dict[str, str] = {}
    for weight, text in weighed:
        for word in words(text):
            if word not in weights or weight < weights[word]:
                weights[word] = weight
    return " ".join(f"'{word}':{WEIGHTS.index(weight) + 1}{weight}" for word, weight in sorted(weights.items()))


def words(text: str) -> set[str]:
    """The words of *text*, those of Chinese runs being characters and pairs of them."""
    distinct: set[str] = set()
    for run in RUN.finditer(plain(text)):
        if han := run["han"]:
            distinct.update(han, _pairs(han))
        else:
            distinct.add(run[0][:WORD_CHARACTERS_MAX])
    return distinct


def question(text: str) -> SearchWords:
    """What *asked* looks for: all its terms, which blanks separate. English words stand for their other forms too."""
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
    """The parts of a tsquery that one run asks for."""
    if han := run["han"]:
        return [f"'{part}'" for part in (_pairs(han) or han)]
    return ["(" + " | ".join(f"'{form[:WORD_CHARACTERS_MAX]}':*" for form in forms(run[0])) + ")"]


def forms(word: str) -> list[str]:
    """*word*, and what it may be a form of in English: each is to be looked for at the beginning of words."""
    candidates = [word]
    if word.isascii() and word.isalpha() and not word.endswith(STAYS):
        for ending, instead in VARIANTS:
            stem = word.removesuffix(ending)
            if stem != word and len(stem) >= STEM_CHARACTERS_MIN:
                candidates.append(stem + instead)
    return list(dict.fromkeys(candidates))


def _pairs(han: str) -> list[str]:
    return [han[at : at + 2] for at in range(len(han) - 1)]
