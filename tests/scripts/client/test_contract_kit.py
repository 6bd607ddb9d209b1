"""The contract kit passes on a server, and fails for every fault that a proxy plants before it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from api.app import PAGES
from scripts.client import contract_kit
from tests.conftest import database_in
from tests.effort import chosen
from tests.scripts.client.faulty import FAULTS, IN_SANDBOXES, NONE, Fault, proxy
from tests.scripts.client.program import sandbox_to_program, served_to_program

SCOPES = ("commands:*", "read:*", "feed", "webhooks")
# The check that has to see each fault: others need not be run for it.
SEEN_BY = {
    "anybody-is-signed-in": "nothing_without_credentials",
    "no-nosniff": "answers_have_security_headers",
    "no-www-authenticate": "nothing_without_credentials",
    "any-host": "other_sites_and_hosts_are_refused",
    "correlation-lost": "what_belongs_together_stays_so",
    "hidden-told-as-forbidden": "what_one_may_not_see_is_not_there",
    "forbidden-told-as-hidden": "what_one_may_not_do_is_forbidden",
    "no-head": "head_has_no_body_and_unchanged_answers_are_not_sent_again",
    "no-etag": "head_has_no_body_and_unchanged_answers_are_not_sent_again",
    "never-304": "head_has_no_body_and_unchanged_answers_are_not_sent_again",
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
    "no-rate": "the_key_is_shown_with_its_rate",
    "no-rate-policy": "the_key_is_shown_with_its_rate",
    "no-retry-after": "the_key_is_shown_with_its_rate",
    "scopes-hidden": "the_key_is_shown_with_its_rate",
    "expiry-hidden": "the_key_is_shown_with_its_rate",
    "cross-site-passes": "other_sites_and_hosts_are_refused",
    "no-corp": "answers_have_security_headers",
    "no-csp": "answers_have_security_headers",
    "check-without-clocks": "a_check_stores_nothing",
    "batch-limits-hidden": "a_batch_has_limits",
    "after-version-ignored": "a_history_is_read_in_parts",
    "department-ignored": "the_feed_is_filtered",
    "id-in-query-ignored": "the_feed_has_its_forms",
    "cursor-ignored": "the_feed_has_its_forms",
    "private-addresses-taken": "webhooks_go_to_no_address_that_is_insecure_or_private",
    "no-tag-for-schema": "head_has_no_body_and_unchanged_answers_are_not_sent_again",
}
OF_SANDBOXES = {
    "clock-stays": "a_sandbox_lets_happen_what_falls_due",
    "code-ignored": "a_sandbox_lets_happen_what_falls_due",
    "nothing-sent": "webhooks_are_signed_in_order_and_sent_again",
    "another-secret": "webhooks_are_signed_in_order_and_sent_again",
    "old-secret-ended": "webhooks_are_pinged_replayed_and_listed_and_secrets_rotated",
    "ping-fails": "webhooks_are_pinged_replayed_and_listed_and_secrets_rotated",
    "replay-ignored": "webhooks_are_pinged_replayed_and_listed_and_secrets_rotated",
    "deliveries-hidden": "webhooks_are_pinged_replayed_and_listed_and_secrets_rotated",
    "oldest-hidden": "webhooks_are_pinged_replayed_and_listed_and_secrets_rotated",
}

PLANTED = chosen(FAULTS[::9], FAULTS)


@pytest.fixture(scope="module")
def site(shared_database_url: str) -> Iterator[tuple[str, str]]:
    """A served zone with its projector, and the key of a manager's program."""
    with served_to_program(shared_database_url, "kit", SCOPES, pages=PAGES, key_rate=10_000) as opened:
        yield opened


@pytest.fixture(scope="module")
def sandbox_site(
    server_url: str, projected_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """A served sandbox, which sends webhooks to this machine, and the key of a manager's program."""
    folder = tmp_path_factory.mktemp("sandbox")
    with (
        database_in(server_url, projected_template) as url,
        sandbox_to_program(url, folder, "kit", SCOPES) as opened,
    ):
        yield opened


def test_a_sandbox_keeps_every_promise(sandbox_site: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    status = contract_kit.main(["--url", sandbox_site[0], "--key", sandbox_site[1], "--receiver", "127.0.0.1"])
    printed = capsys.readouterr().out
    assert (status, "skipped" in printed) == (0, False), printed


def test_a_server_keeps_every_promise(
    site: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.xml"
    status = contract_kit.main(["--url", site[0], "--key", site[1], "--junit", str(report)])
    printed = capsys.readouterr().out

    assert status == 0, printed
    suite = ET.fromstring(report.read_text("utf-8"))
    assert int(suite.attrib["tests"]) == len(contract_kit.CHECKS) >= 34
    assert (suite.attrib["failures"], suite.attrib["skipped"]) == ("0", "3")


def test_a_proxy_without_a_fault_is_not_seen(site: tuple[str, str]) -> None:
    """By the checks that have to see the faults which are planted."""
    with proxy(site[0], NONE, site[1]) as address:
        checks = {SEEN_BY[fault.name] for fault in PLANTED}
        results = contract_kit.run(contract_kit.Kit(address, site[1]), sorted(checks))
    assert [result for result in results if result.failure] == []


@pytest.mark.parametrize("fault", chosen(IN_SANDBOXES[::9], IN_SANDBOXES), ids=lambda fault: fault.name)
def test_each_fault_of_a_sandbox_is_seen(
    sandbox_site: tuple[str, str], fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract_kit, "WEBHOOK_SECONDS_MAX", 8)  # the first repeat comes after five
    with proxy(sandbox_site[0], fault, sandbox_site[1]) as address:
        kit = contract_kit.Kit(address, sandbox_site[1], "127.0.0.1")
        (result,) = contract_kit.run(kit, [OF_SANDBOXES[fault.name]])
    assert result.failure


@pytest.mark.parametrize("fault", PLANTED, ids=lambda fault: fault.name)
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
