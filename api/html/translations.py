"""Translations: what the pages say, in Chinese and in English, from `api/acts/` and each subject's `strings.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib.resources import files
from typing import Literal

from api.acts.chapters import ACTS, Table, tables_of

Language = Literal["zh", "en"]
Say = Callable[[str], str]

STRINGS = "strings.toml"


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


def wording(language: Language) -> dict[str, Say]:
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
