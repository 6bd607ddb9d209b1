"""Faults of the chapters of acts: commands and facts without words, and forms that miss a field or name another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from api.acts.fields import FILES, HAPPENED, FormFieldSpec, fields_of
from api.acts.words import Chapter, CommandWords, Words
from domain.core.ledger import Command, Fact
from domain.messages import COMMANDS, FACTS

IN_BRACES = re.compile(r"\{(\w+)\}")


def faults_of(
    acts: Chapter, commands: Mapping[str, type[Command]] = COMMANDS, facts: Mapping[str, type[Fact]] = FACTS
) -> Iterator[str]:
    """Every fault of all chapters taken together, as a sentence that names the entry; none where all is well."""
    yield from _unequal("command", acts.command, commands)
    yield from _unequal("fact", acts.fact, facts)
    for tag in acts.command.keys() & commands.keys():
        yield from (f"command.{tag}: {fault}" for fault in _form_faults(acts, tag, fields_of(commands[tag])))
    for tag in acts.fact.keys() & facts.keys():
        yield from (f"fact.{tag}: {fault}" for fault in _fact_faults(acts, tag, facts[tag].__struct_fields__))
    shown = {name for command in acts.command.values() for name in command.fields} | {HAPPENED, FILES}
    for code, refusal in acts.refused.items():
        yield from (f"refused.{code}: no form has the field {name}" for name in refusal.beside if name not in shown)


def _unequal(table: str, written: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    """Stored names that have no entry in *table*, and entries of names that are not there."""
    yield from (f"{table}.{tag}: it has no words" for tag in sorted({*known} - {*written}))
    yield from (f"{table}.{tag}: there is no such {table}" for tag in sorted({*written} - {*known}))


def _form_faults(acts: Chapter, tag: str, specs: Mapping[str, FormFieldSpec]) -> Iterator[str]:
    command = acts.command[tag]
    if bool(command.fields) == bool(command.without_form):
        yield "it has either fields, or the reason why it has no form in without_form"
    if command.without_form:
        return
    covered = {*command.fields, *command.left_out, command.generated} - {""}
    yield from (f"it has no field {name}" for name in sorted(covered - specs.keys()))
    yield from (
        f"{name} is neither in fields nor, with a reason, in left_out"
        for name in sorted(specs.keys() - covered - {HAPPENED})
    )
    yield from _word_faults(command, specs)
    for name in command.fields:
        keys = {name, name.rpartition(".")[2]}
        if not keys & {*command.label, *acts.form_field, *acts.field}:
            yield f"{name} has no label, in label, form_field or field"


def _word_faults(command: CommandWords, specs: Mapping[str, FormFieldSpec]) -> Iterator[str]:
    """Words of fields that the form does not have, and values that a field of a closed set does not have."""
    shown = {*command.fields, HAPPENED, FILES}
    for table in ("label", "hint"):
        yield from (
            f"{table}.{name}: the form has no such field" for name in getattr(command, table) if name not in shown
        )
    for name in (key.rpartition(".")[0] for key in command.choice):
        if name not in shown:
            yield f"choice.{name}: the form has no such field"
    for name, value in (command.interruption.when if command.interruption else {}).items():
        if name not in shown or value not in specs[name].values:
            yield f"interruption.when: no field {name} of the form has the value {value}"


def _fact_faults(acts: Chapter, tag: str, held: tuple[str, ...]) -> Iterator[str]:
    fact = acts.fact[tag]
    yield from (f"truth.{name}: it has no such field" for name in fact.truth if name not in held)
    if _in_braces(fact.sentence, "zh") != _in_braces(fact.sentence, "en"):
        yield "its sentence names other fields in Chinese than in English"


def _in_braces(words: Words, language: str) -> set[str]:
    return set(IN_BRACES.findall(getattr(words, language)))
