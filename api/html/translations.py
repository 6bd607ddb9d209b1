"""Translations: what the pages say, in Chinese and in English, from `api/acts/` and each subject's `strings.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from api.acts.chapters import ACTS, Table, tables_of

Language = Literal["zh", "en"]
Say = Callable[[str], str]

STRINGS = "strings.toml"
TAG = re.compile(r"(<[^>]*>)")
NAME = re.compile(r"</?([a-zA-Z0-9]+)")
# From the first Chinese character to the last one or its stop, over digits and signs, as in 监察〔2026〕Y-24997.
CHINESE_RUN = re.compile("[\u3400-\u9fff](?:[^A-Za-z<>&]*[\u3400-\u9fff\u3001-\u301f\uff01-\uff60])?")
LATIN = re.compile("[A-Za-z]")
MARKED = ' lang="zh'
WITHOUT_PARTS = frozenset({"option", "text", "tspan", "title", "desc", "textarea"})  # hold text, no elements of HTML


def read_tables() -> dict[str, Table]:
    """Every table of every `strings.toml` below this package, and those of the acts, by its name.

    Raises ValueError where two files have a table of the same name.
    """
    tables: dict[str, Table] = {**tables_of(ACTS)}
    for folder in sorted(files("api").iterdir(), key=lambda entry: entry.name):
        if not (folder.is_dir() and (file := folder / STRINGS).is_file()):
            continue
        for name, words in tomllib.loads(file.read_text("utf-8")).items():
            if name in tables:
                raise ValueError(f"{folder.name}/{STRINGS}: the table {name} is in another folder already")
            tables[name] = {value: (both["zh"], both["en"]) for value, both in words.items()}
    return tables


TABLES = read_tables()


@cache
def wording(language: Language) -> Mapping[str, Say]:
    """For each table a function from a stored value to the words for it; a value without words is returned as it is."""
    column = ("zh", "en").index(language)
    return {name: _say({key: words[column] for key, words in table.items()}) for name, table in TABLES.items()}


def preferred(accept: str) -> Language:
    """The language that an Accept-Language header asks for most; Chinese where it asks for neither."""
    best: tuple[float, Language] = (0.0, "zh")
    for part in accept.split(","):
        tag, _, weight = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in ("zh", "en"):
            best = max(best, (_weight(weight), "zh" if language == "zh" else "en"), key=lambda pair: pair[0])
    return best[1]


def mark_chinese(html: str) -> str:
    """*html* in English with each run of Chinese marked as such, so that it is read aloud as Chinese (WCAG 3.1.2).

    What is in an element that is marked already stays as it is.
    """
    tokens = TAG.split(html)  # texts and tags in turn
    within, depth = "", 0  # the name of the marked element, and how many of that name are open in it
    for nth in range(0, len(tokens), 2):
        text, tag = tokens[nth], tokens[nth - 1] if nth else ""
        if depth:
            depth += (-1 if tag.startswith("</") else 1) if _name(tag) == within else 0
        elif MARKED in tag:
            within, depth = _name(tag), 1
        if depth or text.isascii() or not CHINESE_RUN.search(text):
            continue
        if _name(tag) not in WITHOUT_PARTS or tag.startswith("</"):
            tokens[nth] = CHINESE_RUN.sub(_span, text)
        elif not LATIN.search(text):
            tokens[nth - 1] = f'{tag[:-1]} lang="zh-CN">'
    return "".join(tokens)


def _name(tag: str) -> str:
    """The name of the element that *tag* begins or ends."""
    match = NAME.match(tag)
    return match[1] if match else ""


def _span(run: re.Match[str]) -> str:
    return f'<span lang="zh-CN">{run[0]}</span>'


def _weight(text: str) -> float:
    name, _, number = text.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(number)
    except ValueError:  # no weight is readable here, so none counts
        return 0.0


def _say(words: dict[str, str]) -> Say:
    return lambda value: words.get(value, value)
