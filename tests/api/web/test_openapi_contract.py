"""The OpenAPI document suits foreign generators, and no change of it breaks a program of the last release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
from msgspec import json

from tests.api.served import served
from tests.api.web.openapi_contract import SNAPSHOT, Comparison

Document = dict[str, Any]


@pytest.fixture(scope="module")
def document(shared_database_url: str) -> Document:
    with served(shared_database_url) as address:
        answer: Document = httpx.get(f"{address}/schema/openapi.json", timeout=30).json()
    return answer


def schemas_in(value: Any) -> Iterator[Document]:
    """Every object in *value* but those in examples, defaults and enumerations."""
    if isinstance(value, list):
        for part in value:
            yield from schemas_in(part)
    elif isinstance(value, dict):
        yield value
        for name, part in value.items():
            if name not in ("example", "examples", "default", "enum", "mapping"):
                yield from schemas_in(part)


def test_every_component_has_a_title_of_its_own(document: Document) -> None:
    titles = Counter(schema["title"] for schema in document["components"]["schemas"].values())
    assert [title for title, count in titles.items() if count > 1] == []


def test_every_property_is_described(document: Document) -> None:
    lacking = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, part in schema.get("properties", {}).items()
        if not part.get("description")
    ]
    assert lacking == [], "write them into api/openapi/properties.toml"


def test_unions_of_messages_have_a_discriminator(document: Document) -> None:
    for schema in schemas_in(document):
        assert "prefixItems" not in schema
        assert (
            all(isinstance(schema.get(bound, 0), int) for bound in ("minimum", "maximum"))
            or schema["type"] != "integer"
        )
        if "oneOf" in schema and all("$ref" in part for part in schema["oneOf"]):
            assert len(schema["discriminator"]["mapping"]) == len(schema["oneOf"])


def test_each_answer_in_json_has_an_example_that_fits_its_schema(document: Document) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for status, answer in operation["responses"].items():
                for media_type, part in answer.get("content", {}).items():
                    assert "example" in part, (method, path, status)
                    if media_type == "application/json":
                        schema = {**part["schema"], "components": document["components"]}
                        errors = list(Draft202012Validator(schema).iter_errors(part["example"]))
                        assert errors == [], f"{method} {path}: python -m tests.api.web.openapi_examples"


def test_an_operation_says_who_may_ask(document: Document) -> None:
    schemes = document["components"]["securitySchemes"]
    operations = {o["operationId"]: o for item in document["paths"].values() for o in item.values()}
    assert operations["list_packs"]["security"] == []
    assert [*operations["list_clocks"]["security"][0]] == ["key"]
    assert {name for o in operations.values() for each in o["security"] for name in each} == set(schemes)


def test_nothing_breaks_for_programs_of_the_last_release(document: Document) -> None:
    released = json.decode(SNAPSHOT.read_bytes())
    assert Comparison(released, document).breaks() == []


def drop_operation(document: Document) -> None:
    del document["paths"]["/v1/clocks"]


def drop_parameter(document: Document) -> None:
    operation = document["paths"]["/v1/clocks"]["get"]
    operation["parameters"] = [each for each in operation["parameters"] if each["name"] != "department"]


def require_parameter(document: Document) -> None:
    document["paths"]["/v1/clocks"]["get"]["parameters"][0]["required"] = True


def drop_property(document: Document) -> None:
    del document["components"]["schemas"]["Receipt"]["properties"]["position"]


def optional_property(document: Document) -> None:
    document["components"]["schemas"]["Receipt"]["required"].remove("position")


def require_property(document: Document) -> None:
    document["components"]["schemas"]["SubmitItem"]["required"].append("occurred_at")


def change_type(document: Document) -> None:
    document["components"]["schemas"]["Receipt"]["properties"]["version"] = {"type": "string"}


def drop_command(document: Document) -> None:
    del document["components"]["schemas"]["AnyCommand"]["oneOf"][0]


def rename_operation(document: Document) -> None:
    document["paths"]["/v1/clocks"]["get"]["operationId"] = "get_all_clocks"


def narrow_bound(document: Document) -> None:
    (limit,) = (p for p in document["paths"]["/v1/clocks"]["get"]["parameters"] if p["name"] == "limit")
    limit["schema"]["maximum"] = 3


def narrow_text(document: Document) -> None:
    (limit,) = (p for p in document["paths"]["/v1/clocks"]["get"]["parameters"] if p["name"] == "limit")
    limit["schema"] = {"type": "string", "pattern": "^[a-z]+$"}


@pytest.mark.parametrize(
    "change",
    [
        drop_operation,
        drop_parameter,
        require_parameter,
        drop_property,
        optional_property,
        require_property,
        change_type,
        drop_command,
        rename_operation,
        narrow_bound,
        narrow_text,
    ],
)
def test_a_breaking_change_of_the_document_is_detected(document: Document, change: Callable[[Document], None]) -> None:
    changed = json.decode(json.encode(document))
    change(changed)
    assert Comparison(document, changed).breaks() != []


def test_what_is_added_does_not_break(document: Document) -> None:
    assert Comparison(document, document).breaks() == []
    wider = deepcopy(document)
    wider["components"]["schemas"]["Receipt"]["properties"]["more"] = {"type": "string"}
    wider["paths"]["/v1/clocks"]["get"]["parameters"].append({"name": "x", "in": "query", "schema": {"type": "string"}})
    (limit,) = (p for p in wider["paths"]["/v1/clocks"]["get"]["parameters"] if p["name"] == "limit")
    limit["schema"] = {"type": "string", "maxLength": 64}  # a number in an address is a text
    assert Comparison(document, wider).breaks() == []
