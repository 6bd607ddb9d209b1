"""The chapters of acts, read from the TOML files of this folder and checked: one table of words per purpose, and forms.

A chapter is a subject of commands; `shared.toml` has the words of more than one. The application does not start with a
fault in them: see `faults_of`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from msgspec import ValidationError, toml

from api.acts.checks import faults_of
from api.acts.words import Chapter, FormDefinition, TruthWords, Words

__all__ = [
    "ACTS",
    "FORMS",
    "TRUTHS",
    "WITHOUT_FORM",
    "ActsError",
    "FormDefinition",
    "Table",
    "read_chapters",
    "tables_of",
]

Pair = tuple[str, str]  # in Chinese and in English
Table = Mapping[str, Pair]  # by stored name


class ActsError(ValueError):
    """A chapter can't be read, or the chapters do not fit the commands and facts. It names file or entry."""


def read_chapters(folder: Traversable) -> Chapter:
    """All chapters in *folder* as one. Raises ActsError: a wrong entry, or one that two files have."""
    tables: dict[str, dict[str, object]] = {table: {} for table in Chapter.__struct_fields__}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".toml"):
            continue
        try:
            chapter = toml.decode(file.read_bytes(), type=Chapter)
        except (ValidationError, ValueError) as error:
            raise ActsError(f"{file.name}: {error}") from error
        for table, entries in tables.items():
            added: Mapping[str, object] = getattr(chapter, table)
            if twice := entries.keys() & added.keys():
                raise ActsError(f"{file.name}: another file has {table}.{min(twice)} too")
            tables[table] = {**entries, **added}
    return Chapter(**tables)  # type: ignore[arg-type]  # the tables of several chapters, each read as its type


def checked(acts: Chapter) -> Chapter:
    """*acts*, where they fit the commands and facts. Raises ActsError with all faults."""
    if faults := list(faults_of(acts)):
        raise ActsError("\n".join(faults))
    return acts


def tables_of(acts: Chapter) -> dict[str, Table]:
    """The tables of words that pages speak by, each by the stored name of what it is about."""
    commands = acts.command
    words: Mapping[str, Mapping[str, Words | None]] = {
        "act_name": {tag: command.name for tag, command in commands.items()},
        "act_effect": {tag: command.effect for tag, command in commands.items()},
        "form_button": {tag: command.button for tag, command in commands.items()},
        "form_note": {tag: command.note for tag, command in commands.items()},
        "form_then": {tag: command.then for tag, command in commands.items()},
        "form_interruption": {tag: command.interruption for tag, command in commands.items()},
        "form_field": {**acts.form_field, **dict(_own(acts, "label"))},
        "form_hint": {**acts.form_hint, **dict(_own(acts, "hint"))},
        "form_choice": {**acts.form_choice, **dict(_own(acts, "choice"))},
        "fact": {tag: fact.name for tag, fact in acts.fact.items()},
        "sentence": {tag: fact.sentence for tag, fact in acts.fact.items()},
        "field": acts.field,
        "refused": acts.refused,
    }
    return {name: {key: _pair(text) for key, text in table.items() if text} for name, table in words.items()}


def _own(acts: Chapter, table: str) -> Iterator[tuple[str, Words]]:
    """The words that commands have of their own in *table*, by "command.field"."""
    for tag, command in acts.command.items():
        own: Mapping[str, Words] = getattr(command, table)
        yield from ((f"{tag}.{name}", words) for name, words in own.items())


def _pair(words: Words | None) -> Pair:
    return (words.zh, words.en) if words else ("", "")


def truths_of(acts: Chapter) -> dict[str, tuple[Pair, Pair]]:
    """What is said of yes-or-no fields, yes first: by field, and by "fact.field" where a fact says it otherwise."""
    own = {f"{tag}.{name}": truth for tag, fact in acts.fact.items() for name, truth in fact.truth.items()}
    truths: Mapping[str, TruthWords] = {**acts.truth, **own}
    return {name: (_pair(truth.yes), _pair(truth.no)) for name, truth in truths.items()}


ACTS = checked(read_chapters(files("api.acts")))
TRUTHS = truths_of(ACTS)
FORMS: Mapping[str, FormDefinition] = {tag: command for tag, command in ACTS.command.items() if command.fields}
WITHOUT_FORM = {tag: command.without_form for tag, command in ACTS.command.items() if command.without_form}
