"""Blocks that are no shell: each is read by what reads its like in the application."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import msgspec
import psycopg
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types

from domain.core.ledger import Command
from domain.flow.publication import PublishFlow
from domain.law.packs.parse import parse_pack
from domain.messages import COMMANDS
from domain.streams import KINDS
from tests.docs.answers import ANY_MORE
from tests.docs.blocks import ADDRESS, Block
from tests.examples import PACKS
from tests.proofs.operating.patroni import DCS

ANSWER_SECONDS_MAX = 60
BY_TAG: dict[str, type[Command]] = {**COMMANDS, **{tag: type_ for kind in KINDS for tag, type_ in kind.by_tag.items()}}


class Site(NamedTuple):
    """The served instance, and the database behind it."""

    address: str
    database_url: str

    def openapi(self) -> dict[str, Any]:
        """The description of the interface."""
        described: dict[str, Any] = httpx.get(f"{self.address}/schema/openapi.json", timeout=ANSWER_SECONDS_MAX).json()
        return described


def command(block: Block, site: Site) -> None:
    """A command, as it is posted."""
    document = json.loads(block.text)
    msgspec.convert(document, BY_TAG[document["command"]])


def of_schema(block: Block, site: Site) -> None:
    """An answer or a part of one: valid by the component of the OpenAPI document that the block names."""
    name = block.use.removeprefix("schema:").strip()
    components = site.openapi()["components"]
    assert name in components["schemas"], f"{block.place}: no schema {name}"
    value = json.loads(block.text)
    schema = {"$ref": f"#/components/schemas/{name}", "components": components}
    faults = [fault.message for fault in Draft202012Validator(schema).iter_errors(value)]
    if isinstance(value, dict) and value.pop(ANY_MORE, None):  # members are left out on the page
        faults = [fault for fault in faults if not fault.endswith("is a required property") and ANY_MORE not in fault]
    assert faults == [], f"{block.place}: {faults}"
    known = components["schemas"][name]["properties"]
    assert value.keys() <= known.keys(), f"{block.place}: {value.keys() - known.keys()}"


def pack(block: Block, site: Site) -> None:
    """A rule pack, or what is added to the one that the block names."""
    name, _, version = block.use.removeprefix("pack").lstrip(":").strip().partition("@")
    shipped = (PACKS / name / f"{version}.toml").read_text(encoding="utf-8") if version else ""
    parse_pack(f"{shipped}\n{block.text}\n")


def flow(block: Block, site: Site) -> None:
    """A flow, as its file is written."""
    msgspec.convert(tomllib.loads(block.text), PublishFlow)


def patroni(block: Block, site: Site) -> None:
    """Settings of Patroni: those that the failover proof runs with."""
    documented: dict[str, Any] = yaml.safe_load(block.text)["bootstrap"]["dcs"]
    proved: dict[str, Any] = dict(DCS)
    server, proved_server = documented.pop("postgresql"), proved.pop("postgresql")
    assert documented == proved, block.place
    assert server.pop("parameters").items() <= proved_server["parameters"].items(), block.place
    assert server.items() <= proved_server.items(), block.place


def query(block: Block, site: Site) -> None:
    """Statements that read; what they might change is rolled back. Those marked `empty` answer without a row."""
    with psycopg.connect(site.database_url) as connection:
        cursor = connection.execute(block.text.encode())
        for result in cursor.results():
            rows = result.fetchall() if result.description else []
            assert not (rows and block.use == "empty"), f"{block.place}: {rows[:10]}"
        connection.rollback()


def program(block: Block, site: Site) -> None:
    """A Python program or function."""
    exec(compile(block.text.replace(ADDRESS, site.address), block.place, "exec"), {"__name__": "__main__"})


def drawing(block: Block, site: Site) -> None:
    """A formula or a drawing: for people."""
    assert block.text.strip()


READERS: dict[tuple[str, str], Callable[[Block, Site], None]] = {
    ("json", "command"): command,
    ("json", "schema"): of_schema,
    ("toml", "pack"): pack,
    ("toml", "flow"): flow,
    ("yaml", "patroni"): patroni,
    ("sql", ""): query,
    ("sql", "empty"): query,
    ("python", ""): program,
    ("text", "drawing"): drawing,
}


def reader_of(block: Block) -> Callable[[Block, Site], None]:
    """What reads *block*."""
    kind = block.use.partition(":")[0].strip()
    assert (block.language, kind) in READERS, f"{block.place}: nothing reads a block `{block.language} {block.use}`"
    return READERS[block.language, kind]
