"""What a chapter of acts holds: the words and the form of each command, and the words of facts, fields and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

Text = Annotated[str, Meta(min_length=1)]


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """A text in both languages."""

    zh: Text
    en: Text


class Interruption(Words, frozen=True, forbid_unknown_fields=True):
    """A card on which the act has to be confirmed. *when*: for these values of fields only; empty: always."""

    when: Mapping[str, str] = {}


class RefusalWords(Words, frozen=True, forbid_unknown_fields=True):
    """What is wrong and what would help. *beside*: the fields it is shown at, the first of them that the form has."""

    beside: tuple[str, ...] = ()


class TruthWords(Struct, frozen=True, forbid_unknown_fields=True):
    """What a sentence says of a field that is true, and of one that is false; nothing where *no* is left out."""

    yes: Words
    no: Words | None = None


class FormDefinition(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One form. *fields* in their order; *left_out* gives the reason why each other field is not in the form.

    *generated*: a field that is given an id of its own. *dated*: when it happened may be said, for what was done on
    paper. *takes_files*: files may come with it, which are attached to the item together with the act.
    """

    fields: tuple[str, ...] = ()
    left_out: Mapping[str, str] = {}
    generated: str = ""
    dated: bool = True
    takes_files: bool = False
    interruption: Interruption | None = None


class CommandWords(FormDefinition, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A command and its form, or in *without_form* why no person gives it on a page.

    *name* is the act, *effect* what it changes, *button* what sends it (the name, where left out), *note* what to know
    before the form is filled in, *then* what is no longer possible afterwards. *label*, *hint* and *choice* are words
    of its own fields where those of the chapter do not fit, a choice by field and value: "kept.true".
    """

    name: Words
    effect: Words | None = None
    button: Words | None = None
    note: Words | None = None
    then: Words | None = None
    without_form: str = ""
    label: Mapping[str, Words] = {}
    hint: Mapping[str, Words] = {}
    choice: Mapping[str, Words] = {}


class FactWords(Struct, frozen=True, forbid_unknown_fields=True):
    """A fact: its *name*, and its *sentence*, with fields in braces and optional parts in brackets.

    *truth* is what the sentence says of its yes-or-no fields, where the chapter's words do not fit.
    """

    name: Words
    sentence: Words
    truth: Mapping[str, TruthWords] = {}


class Chapter(Struct, frozen=True, forbid_unknown_fields=True):
    """One file: commands, facts and refusals by their stored names, and the words of their fields.

    *field* names the fields of facts; *form_field* and *form_hint* those of forms, *form_choice* their yes and no.
    """

    command: Mapping[str, CommandWords] = {}
    fact: Mapping[str, FactWords] = {}
    field: Mapping[str, Words] = {}
    truth: Mapping[str, TruthWords] = {}
    form_field: Mapping[str, Words] = {}
    form_hint: Mapping[str, Words] = {}
    form_choice: Mapping[str, Words] = {}
    refused: Mapping[str, RefusalWords] = {}
