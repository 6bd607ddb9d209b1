"""The vocabulary is complete, its stored names are permanent, and every byte ever stored can still be read."""

from __future__ import annotations

from collections import defaultdict
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import msgspec
import pytest

import domain.access
import domain.calendar
import domain.catalogue
import domain.epochs
import domain.flow
import domain.legal_person
import domain.privacy
import domain.project
import domain.retention
from domain.core.ledger import Command, Fact
from domain.messages import COMMANDS, FACTS, SYSTEM_COMMANDS, AnyCommand, AnyFact, tag_of
from domain.streams import KINDS

SAMPLES = Path(__file__).parents[1] / "samples"


def samples() -> dict[str, list[Path]]:
    """The samples of each fact, oldest format first. A file is named <fact>.<number of the format>.json."""
    paths: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(SAMPLES.glob("*.json"), key=lambda path: int(path.name.split(".")[1])):
        paths[path.name.split(".")[0]].append(path)
    return paths


ALL_SAMPLES = [path for paths in samples().values() for path in paths]
NEWEST = [paths[-1] for paths in samples().values()]
OTHERS = {tag: command for kind in KINDS for tag, command in kind.by_tag.items()}
ALL_COMMANDS = {**COMMANDS, **SYSTEM_COMMANDS, **OTHERS}
AGGREGATES = (
    *(domain.project, domain.calendar, domain.legal_person, domain.catalogue, domain.flow),
    domain.access,
    domain.epochs,
    domain.privacy,
    domain.retention,
)


def defined(kind: type[Any]) -> set[type[Any]]:
    """Every subclass of *kind* in the slices of the aggregates."""
    for aggregate in AGGREGATES:
        for module in iter_modules(aggregate.__path__):
            import_module(f"{aggregate.__name__}.{module.name}")
    ours = tuple(f"{aggregate.__name__}." for aggregate in AGGREGATES)
    return {subclass for subclass in kind.__subclasses__() if subclass.__module__.startswith(ours)}


def test_every_command_and_fact_is_in_the_vocabulary() -> None:
    assert defined(Command) == set(ALL_COMMANDS.values())
    assert len(ALL_COMMANDS) == len(COMMANDS) + len(SYSTEM_COMMANDS) + sum(len(kind.commands) for kind in KINDS)
    assert defined(Fact) == set(FACTS.values())


def test_stored_names_are_short_and_apart() -> None:
    names = [*ALL_COMMANDS, *FACTS]

    assert len(names) == len(set(names))
    assert all(name == name.lower() and name.replace("_", "").isalpha() and len(name) <= 32 for name in names)


def test_a_command_decides_and_a_fact_applies() -> None:
    assert all(callable(getattr(command, "decide", None)) for command in ALL_COMMANDS.values())
    assert all(callable(getattr(fact, "apply", None)) for fact in FACTS.values())


def test_every_message_says_what_it_means() -> None:
    assert [name for name, message in {**ALL_COMMANDS, **FACTS}.items() if not message.__doc__] == []


def test_facts_hold_nothing_whose_order_is_random_and_no_due_date() -> None:
    for fact in FACTS.values():
        for field in msgspec.structs.fields(fact):
            assert "set" not in str(field.type).replace("Offset", ""), f"{tag_of(fact)}.{field.name}"
            assert not field.name.startswith("due"), f"{tag_of(fact)}.{field.name}"


def test_every_fact_has_a_sample() -> None:
    assert set(samples()) == set(FACTS)


def test_what_was_ever_stored_can_be_read() -> None:
    for path in ALL_SAMPLES:
        fact = msgspec.json.decode(path.read_bytes(), type=AnyFact)

        assert tag_of(fact) == path.name.split(".")[0]
        assert msgspec.json.decode(msgspec.json.encode(fact), type=AnyFact) == fact, path.name


def test_the_newest_format_is_written_as_it_was_read() -> None:
    for path in NEWEST:
        stored = path.read_bytes()

        assert msgspec.json.encode(msgspec.json.decode(stored, type=AnyFact)) == stored, path.name


def test_a_command_with_a_misspelt_field_is_no_command() -> None:
    with pytest.raises(msgspec.ValidationError, match="laking"):
        msgspec.json.decode(b'{"command":"accept_item","item":"land","laking":["map"]}', type=AnyCommand)
    with pytest.raises(msgspec.ValidationError, match="fly"):
        msgspec.json.decode(b'{"command":"fly"}', type=AnyCommand)
