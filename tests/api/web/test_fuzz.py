"""Whatever the OpenAPI document allows is answered, in time and in form; the views take whatever was let in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.core.ledger import Actor
from tests.api.client import REGISTER, STANDARD, identity
from tests.api.served import served
from tests.effort import PATIENCE_SECONDS, chosen, tried
from tests.examples import APPLICANT, BUREAU, LAND, MANAGER

T = TypeVar("T")
EXAMPLES_OF_A_COMMAND, EXAMPLES_OF_A_BODY, EXAMPLES_OF_A_QUESTION = 12, 4, 3  # what is stored is folded from then on
SAMPLED = chosen(9, 1)  # one in so many operations is fuzzed
WITH_A_BODY = ("/evaluate", "/explain", "/what-if")  # these store nothing; to draw a body takes most of the time


@schemathesis.serializer("application/x-ndjson")
def ndjson(_context: Any, value: Any) -> bytes:
    """A batch of commands as it is sent: text, whatever is in it."""
    return str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def address(shared_database_url: str) -> Iterator[str]:
    with served(shared_database_url) as url:
        yield url


@pytest.fixture(scope="module")
def document(address: str) -> dict[str, Any]:
    described: dict[str, Any] = httpx.get(f"{address}/schema/openapi.json", timeout=PATIENCE_SECONDS).json()
    return described


@pytest.fixture(scope="module")
def project(address: str) -> str:
    """A registered project, so that fuzzed commands get as far as the rules."""
    project_id = str(uuid4())
    headers = {**identity(MANAGER), "Idempotency-Key": project_id}
    assert (
        httpx.post(
            f"{address}/v1/projects/{project_id}/commands", json=REGISTER, headers=headers, timeout=PATIENCE_SECONDS
        ).status_code
        == 200
    )
    return project_id


def examples_of(method: str, path: str) -> int:
    """How often an operation is tried."""
    if method != "post":
        return tried(EXAMPLES_OF_A_QUESTION)
    return tried(EXAMPLES_OF_A_BODY if path.endswith(WITH_A_BODY) else EXAMPLES_OF_A_COMMAND)


def sample_of(operations: Sequence[T], seed: str | None) -> list[T]:
    """The operations that are fuzzed: others with every *seed* of Hypothesis, the same ones without."""
    return Random(seed).sample(operations, len(operations) // SAMPLED)


# A server beside the test draws random pauses; Hypothesis takes that for a strategy that is not reproducible.
@pytest.mark.filterwarnings("ignore:Do not use the .random. module inside strategies")
@pytest.mark.slow
@pytest.mark.usefixtures("projector")
def test_whatever_the_document_allows_is_answered(
    address: str, document: dict[str, Any], project: str, pytestconfig: pytest.Config
) -> None:
    """Success or a problem below 500, in time and in form, for any caller and any request."""
    operations = [operation.ok() for operation in schemathesis.openapi.from_dict(document).get_all_operations()]  # type: ignore[union-attr]  # an invalid schema raises
    assert len(operations) >= 5
    for operation in sample_of(operations, pytestconfig.getoption("hypothesis_seed") or "0"):
        examples = examples_of(operation.method, operation.path)
        cases = st.tuples(operation.as_strategy(), st.sampled_from([MANAGER, LAND, APPLICANT, BUREAU]))

        @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)
        @given(cases)
        def answered(case_by: tuple[schemathesis.Case[Any], Actor]) -> None:
            case, by = case_by
            if "project_id" in case.path_parameters:
                case.path_parameters["project_id"] = project
            for waits in ("after", "wait"):  # no request waits for a position that is still to come
                case.query.pop(waits, None)
            response = case.call(base_url=address, headers=identity(by), timeout=PATIENCE_SECONDS)
            assert response.status_code < 500, response.text
            if response.status_code >= 400:
                assert response.headers["content-type"] == ["application/problem+json"]
                assert case.method == "HEAD" or response.json().keys() >= STANDARD

        answered()
    ready = httpx.get(f"{address}/readyz", timeout=PATIENCE_SECONDS)
    assert ready.status_code == 200, f"a view stumbled over what was let in: {ready.text}"
