"""The OpenAPI document: it lists everything there is, its examples are true, and whatever it allows is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args
from uuid import uuid4

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
from msgspec import json, to_builtins

from api.web.problems import KINDS
from domain.examples.materials import MEDIA_TYPE, REPORT
from domain.examples.story import STORIES, STORY
from domain.examples.zone import ZONE_STORIES
from domain.messages import COMMANDS, FACTS, AnyCommand, AnyFact, tag_of
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.mapper import decode_fact
from infrastructure.materials.media import MEDIA_TYPES
from tests.api.client import Door, identity
from tests.api.served import served
from tests.effort import PATIENCE_SECONDS
from tests.examples import APPLICANT, BUREAU

MADE_SECONDS_MAX = 30  # on a busy machine the document takes seconds, once
Document = dict[str, Any]


@pytest.fixture(scope="module")
def address(shared_database_url: str) -> Iterator[str]:
    with served(shared_database_url) as url:
        yield url


@pytest.fixture(scope="module")
def document(address: str) -> Document:
    described: Document = httpx.get(f"{address}/schema/openapi.json", timeout=MADE_SECONDS_MAX).json()
    return described


def validator(document: Document, name: str) -> Draft202012Validator:
    """Checks values against the schema called *name*."""
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": document["components"]})


def test_every_command_and_every_fact_is_listed(document: Document) -> None:
    schemas = document["components"]["schemas"]
    for union, kinds in (("AnyCommand", get_args(AnyCommand)), ("AnyFact", get_args(AnyFact))):
        listed = [option["$ref"].rpartition("/")[2] for option in schemas[union]["oneOf"]]
        assert listed == [kind.__name__ for kind in kinds]
        assert all(schemas[name]["examples"] for name in listed)
    post = document["paths"]["/v1/projects/{project_id}/commands"]["post"]
    content = post["requestBody"]["content"]["application/json"]
    assert content["schema"] == {"$ref": "#/components/schemas/AnyCommand"}
    assert content["examples"].keys() == COMMANDS.keys()
    assert schemas["Problem"]["properties"]["code"]["enum"] == sorted(KINDS)


def test_every_reference_leads_somewhere(document: Document) -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from (part for name, part in value.items() if name == "$ref")
            yield from (reference for part in value.values() for reference in references(part))
        elif isinstance(value, list):
            yield from (reference for part in value for reference in references(part))

    for reference in set(references(document)):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert place


def test_every_operation_says_what_it_does_and_how_it_fails(document: Document) -> None:
    for path, item in document["paths"].items():
        for operation in item.values():
            assert operation["summary"], path
            assert operation["tags"], path
            assert operation["description"], path
            assert "503" in operation["responses"], path
            assert "200" in operation["responses"], path
            assert all(parameter["description"] for parameter in operation["parameters"]), path


def test_commands_to_other_aggregates_have_examples_too(document: Document) -> None:
    bodies = [item["post"]["requestBody"] for path, item in document["paths"].items() if path.endswith("/commands")]
    options = [option for body in bodies for option in body["content"]["application/json"]["schema"].get("oneOf", ())]
    assert options
    for option in options:
        name = option["$ref"].rpartition("/")[2]
        (example,) = document["components"]["schemas"][name]["examples"]
        validator(document, name).validate(example)


def test_a_commands_example_fits_its_schema_and_is_a_command(document: Document) -> None:
    validate = validator(document, "AnyCommand").validate
    for tag in COMMANDS:
        (example,) = document["components"]["schemas"][COMMANDS[tag].__name__]["examples"]
        validate(example)
        assert tag_of(json.decode(json.encode(example), type=AnyCommand)) == tag


def test_a_facts_example_fits_its_schema_and_is_a_fact(document: Document) -> None:
    validate = validator(document, "AnyFact").validate
    for tag in FACTS:
        (example,) = document["components"]["schemas"][FACTS[tag].__name__]["examples"]
        validate(example)
        assert json.decode(json.encode(decode_fact(json.encode(example)))) == example, tag


async def test_the_examples_posted_in_the_storys_order_all_pass(
    door: Door, document: Document, approvals: Approvals
) -> None:
    """The document shows the first command of each kind; the story's others come in between."""
    post = document["paths"]["/v1/projects/{project_id}/commands"]["post"]
    examples = {
        tag: shown["value"] for tag, shown in post["requestBody"]["content"]["application/json"]["examples"].items()
    }
    assert (await door.upload(REPORT, MEDIA_TYPE, APPLICANT)).status_code == 201
    for stream, result in ZONE_STORIES:
        for example in result:
            await approvals.handle(stream, example.dated, example.by, uuid4())
    project, to_come = uuid4(), set(examples)
    for where, step in ((where, step) for where, story in ((project, STORY), *STORIES) for step in story):
        tag = tag_of(step.command)
        body = examples[tag] if tag in to_come else to_builtins(step.dated)
        to_come.discard(tag)
        receipt = await door.done(where, body, step.by)
        validator(document, "Receipt").validate(receipt)
    assert not to_come

    entries = (await door.get(f"/v1/projects/{project}/history", BUREAU)).json()
    validator(document, "HistoryPage").validate(entries)
    validator(document, "ProjectState").validate((await door.get(f"/v1/projects/{project}")).json())


async def test_the_example_of_a_file_can_be_uploaded(door: Door, document: Document) -> None:
    content = document["paths"]["/v1/materials"]["post"]["requestBody"]["content"]
    answer = await door.upload(content["text/plain"]["example"].encode(), "text/plain")

    assert list(content) == list(MEDIA_TYPES)
    assert answer.status_code == 201
    validator(document, "Uploaded").validate(answer.json())


def test_nothing_is_loaded_from_elsewhere(address: str) -> None:
    for path in ("/schema", "/schema/openapi.json", "/schema/swagger"):
        assert "cdn" not in httpx.get(f"{address}{path}", timeout=PATIENCE_SECONDS).text.lower()


def questions(document: Document) -> Iterator[tuple[str, list[str]]]:
    """Every address that is asked with GET, its places filled in, and the parameters it lists."""
    for path, operations in document["paths"].items():
        if "get" in operations:
            listed = operations["get"].get("parameters", [])
            ids = {
                parameter["name"]
                for parameter in listed
                if parameter["in"] == "path" and parameter["schema"].get("format") == "uuid"
            }
            places = {name: str(uuid4()) if name in ids else "1" for name in re.findall(r"{(.*?)}", path)}
            yield path.format_map(places), [parameter["name"] for parameter in listed if parameter["in"] == "query"]


def test_an_address_takes_what_it_lists_and_nothing_else(document: Document, address: str) -> None:
    with httpx.Client(base_url=address, headers=identity(BUREAU), timeout=PATIENCE_SECONDS) as client:
        answers = {
            path: [client.get(path, params=dict.fromkeys(names, "0")).text for names in (listed, ["departmnet"])]
            for path, listed in questions(document)
        }
        misspelt = client.get("/v1/progress", params={"departmnet": "land"}).json()
    assert [path for path, (listed, _) in answers.items() if "no such parameter" in listed] == []
    assert [path for path, (_, strange) in answers.items() if "no such parameter" not in strange] == []
    assert (misspelt["code"], misspelt["remedy"]) == ("invalid-parameter", "write department")
