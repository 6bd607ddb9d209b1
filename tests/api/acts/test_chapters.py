"""The chapters of acts fit the commands and facts; every fault is named with its file or entry, and stops the start."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec import structs

from api.acts.chapters import ACTS, ActsError, checked, read_chapters
from api.acts.checks import faults_of
from api.acts.words import CommandWords, FactWords, Interruption, RefusalWords, Words

WORDS = Words("词", "word")
ACCEPT, CARD, KEEP = (ACTS.command[tag] for tag in ("accept_item", "issue_card", "keep_opinion"))
DECLINED = ACTS.fact["item_declined"]
A_FILE = '[command.note_step]\nname = { zh = "备注", en = "Note" }\nfields = ["item"]\n'

COMMAND_FAULTS: Mapping[str, tuple[str, CommandWords]] = {
    "reasons is neither in fields nor, with a reason, in left_out": (
        "keep_opinion",
        structs.replace(KEEP, fields=("item", "department", "step")),
    ),
    "it has no field cured": ("accept_item", structs.replace(ACCEPT, left_out={"cured": "why"})),
    "it has either fields, or the reason why it has no form in without_form": (
        "keep_opinion",
        structs.replace(KEEP, without_form="why"),
    ),
    "hint.cured: the form has no such field": ("accept_item", structs.replace(ACCEPT, hint={"cured": WORDS})),
    "choice.cured: the form has no such field": ("accept_item", structs.replace(ACCEPT, choice={"cured.true": WORDS})),
    "interruption.when: no field colour of the form has the value blue": (
        "issue_card",
        structs.replace(CARD, interruption=Interruption("问", "Sure?", {"colour": "blue"})),
    ),
    "there is no such command": ("accept_all", ACCEPT),
}
FACT_FAULTS: Mapping[str, tuple[str, FactWords]] = {
    "its sentence names other fields in Chinese than in English": (
        "item_declined",
        structs.replace(DECLINED, sentence=Words("不予受理：{reasons}", "Declined")),
    ),
    "truth.late: it has no such field": (
        "item_declined",
        structs.replace(DECLINED, truth={"late": ACTS.truth["real"]}),
    ),
    "there is no such fact": ("item_eaten", DECLINED),
}


@pytest.mark.parametrize("fault", COMMAND_FAULTS)
def test_a_fault_of_a_command_is_named(fault: str) -> None:
    tag, command = COMMAND_FAULTS[fault]
    acts = structs.replace(ACTS, command={**ACTS.command, tag: command})

    assert list(faults_of(acts)) == [f"command.{tag}: {fault}"]


@pytest.mark.parametrize("fault", FACT_FAULTS)
def test_a_fault_of_a_fact_is_named(fault: str) -> None:
    tag, fact = FACT_FAULTS[fault]

    assert list(faults_of(structs.replace(ACTS, fact={**ACTS.fact, tag: fact}))) == [f"fact.{tag}: {fault}"]


def test_what_has_no_words_is_named() -> None:
    commands = {tag: command for tag, command in ACTS.command.items() if tag != "attest_record"}
    unnamed = {name: words for name, words in ACTS.form_field.items() if name != "suspension"}
    refused = {**ACTS.refused, "date-passed": RefusalWords("过", "over", ("due",))}
    acts = structs.replace(ACTS, command=commands, form_field=unnamed, refused=refused)

    assert list(faults_of(acts)) == [
        "command.attest_record: it has no words",
        "command.resume_clock: suspension has no label, in label, form_field or field",
        "refused.date-passed: no form has the field due",
    ]
    with pytest.raises(ActsError, match=r"attest_record: it has no words\ncommand\.resume_clock"):
        checked(acts)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[command.note_step]\nname = { zh = "备注" }\n', "note.toml: Object missing required field `en`"),
        ('[command.note_step]\nname = { zh = "备注", en = "" }\n', "note.toml: Expected `str` of length >= 1"),
        (A_FILE + "dates = false\n", "note.toml: Object contains unknown field `dates`"),
        ("[comand.note_step]\n", "note.toml: Object contains unknown field `comand`"),
        ("[command.note_step\n", "note.toml: "),
    ],
)
def test_a_file_that_cant_be_read_is_named(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "note.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ActsError, match=fault):
        read_chapters(tmp_path)


def test_an_entry_is_in_one_file_only(tmp_path: Path) -> None:
    for name in ("first.toml", "second.toml"):
        (tmp_path / name).write_text(A_FILE, encoding="utf-8")

    with pytest.raises(ActsError, match=r"second\.toml: another file has command\.note_step too"):
        read_chapters(tmp_path)
