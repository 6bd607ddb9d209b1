"""The contract kit passes on a server, and fails for every fault that a proxy plants before it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from scripts.client import contract_kit
from tests.effort import chosen
from tests.scripts.client.faulty import FAULTS, NONE, Fault, proxy
from tests.scripts.client.program import served_to_program

SCOPES = ("commands:*", "read:*", "feed", "webhooks")
# The check that has to see each fault: others need not be run for it.
SEEN_BY = {
    "anybody-is-signed-in": "nothing_without_credentials",
    "no-nosniff": "answers_have_security_headers",
    "no-www-authenticate": "nothing_without_credentials",
    "any-host": "an_unknown_host_is_refused",
    "correlation-lost": "what_belongs_together_stays_so",
    "hidden-told-as-forbidden": "what_one_may_not_see_is_not_there",
    "forbidden-told-as-hidden": "what_one_may_not_do_is_forbidden",
    "no-head": "head_answers_as_get_without_a_body",
    "no-etag": "unchanged_answers_are_not_sent_again",
    "never-304": "unchanged_answers_are_not_sent_again",
    "pages-repeat": "pages_are_whole_and_without_repeats",
    "after-ignored": "a_position_that_never_was_is_refused_at_once",
    "repeat-not-marked": "a_repeat_changes_nothing",
    "repeat-carried-out": "a_repeat_changes_nothing",
    "if-match-ignored": "a_version_conflict_is_reported",
    "check-carried-out": "a_check_stores_nothing",
    "batch-out-of-order": "a_batch_is_answered_line_by_line_in_order",
    "batch-never-atomic": "an_atomic_batch_is_carried_out_whole_or_not_at_all",
    "problem-without-remedy": "each_problem_is_explained",
    "problem-as-json": "each_problem_is_explained",
    "request-id-missing": "each_problem_is_explained",
    "events-reversed": "events_are_cloud_events_in_the_order_of_the_ledger",
    "event-lost": "events_are_cloud_events_in_the_order_of_the_ledger",
    "type-ignored": "the_feed_is_filtered",
    "last-event-id-ignored": "the_feed_has_its_forms",
    "stream-without-ids": "the_stream_goes_on",
}


@pytest.fixture(scope="module")
def site(shared_database_url: str) -> Iterator[tuple[str, str]]:
    """A served zone with its projector, and the key of a manager's program."""
    with served_to_program(shared_database_url, "kit", SCOPES, key_rate=10_000) as opened:
        yield opened


def test_a_server_keeps_every_promise(
    site: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.xml"
    status = contract_kit.main(["--url", site[0], "--key", site[1], "--junit", str(report)])
    printed = capsys.readouterr().out

    assert status == 0, printed
    suite = ET.fromstring(report.read_text("utf-8"))
    assert int(suite.attrib["tests"]) == len(contract_kit.CHECKS) >= 28
    assert (suite.attrib["failures"], suite.attrib["skipped"]) == ("0", "1")


def test_a_proxy_without_a_fault_is_not_seen(site: tuple[str, str]) -> None:
    with proxy(site[0], NONE, site[1]) as address:
        results = contract_kit.run(contract_kit.Kit(address, site[1]), sorted(set(SEEN_BY.values())))
    assert [result for result in results if result.failure] == []


@pytest.mark.parametrize("fault", chosen(FAULTS[::3], FAULTS), ids=lambda fault: fault.name)
def test_each_planted_fault_is_seen(site: tuple[str, str], fault: Fault) -> None:
    with proxy(site[0], fault, site[1]) as address:
        (result,) = contract_kit.run(contract_kit.Kit(address, site[1]), [SEEN_BY[fault.name]])
    assert result.failure


def test_the_kit_says_what_fails(site: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.xml"
    words = ["--url", "http://127.0.0.1:9", "--key", "none", "--junit", str(report), "the_law_is_public"]
    assert contract_kit.main(words) == 1
    assert "FAILED  2 the law is public ConnectionRefusedError" in capsys.readouterr().out
    assert ET.fromstring(report.read_text("utf-8")).find("testcase/failure") is not None


def test_the_kit_needs_the_standard_library_alone() -> None:
    tree = ast.parse(Path(contract_kit.__file__).read_text("utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {
        name.partition(".")[0]
        for node in imports
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert names <= set(sys.stdlib_module_names)
    assert len(FAULTS) >= 20
