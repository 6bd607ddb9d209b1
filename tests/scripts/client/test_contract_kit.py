"""The contract kit passes on a server, and fails for every fault that a proxy plants before it."""

from __future__ import annotations

import ast
import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from uuid import uuid4
from xml.etree import ElementTree as ET
from zipapp import create_archive

import pytest
from msgspec import Struct, structs
from typer.testing import CliRunner

from api.app import PAGES
from domain.core.ledger import Actor, Role
from domain.epochs.restore import RecordRestore
from domain.epochs.state import EPOCHS_STREAM
from infrastructure.ledger.approvals import Approvals
from scripts import cli
from scripts.client.contract_kit import webhooks
from scripts.client.contract_kit.kit import Kit
from scripts.client.contract_kit.running import CHECKS, main, run
from tests.api.served import served
from tests.conftest import database_in
from tests.effort import chosen
from tests.scripts.client.faulty import FAULTS, IN_SANDBOXES, NONE, OF_RATES, Fault, proxy
from tests.scripts.client.program import key_of_program, printed, served_sandbox, served_to_program

FOLDER = Path(webhooks.__file__).parent
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
    "any-scheme": "no_other_credentials_are_taken",
    "any-cookie": "no_other_credentials_are_taken",
    "expired-keys-taken": "an_expired_key_is_refused",
    "scopes-ignored": "a_narrow_key_does_what_its_scopes_say",
    "scopes-not-named": "a_narrow_key_does_what_its_scopes_say",
    "batch-without-end": "a_batch_has_16_mebibytes",
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
    "lost-positions-given": "lost_positions_are_gone_and_say_from_where_to_go_on",
    "parked-hidden": "a_refused_delivery_is_parked_listed_and_replayed",
    "parked-not-counted": "a_refused_delivery_is_parked_listed_and_replayed",
    "retry-ignored": "a_refused_delivery_is_parked_listed_and_replayed",
    "parked-too-soon": "a_receiver_that_refuses_everything_has_thirty_days",
    "oldest-hidden": "webhooks_are_pinged_replayed_and_listed_and_secrets_rotated",
}

PLANTED = chosen(FAULTS[::9], FAULTS)


EXHAUSTING = "a_used_up_rate_says_when_to_come_again"
LOW_RATE, LOST = 5, 10_000
ENDING_SECONDS = (1, 8, 64)  # a key is not issued once its time is over, and the machine may be busy


class KitSite(Struct, frozen=True):
    """A server to check: its address, the key of a manager's program, and two more: with the scope feed, and ended."""

    address: str
    key: str
    narrow: str
    expired: str

    def kit(self, address: str = "", receiver: str = "", *, exhausts: bool = False) -> Kit:
        return Kit(address or self.address, self.key, receiver, self.narrow, self.expired, exhausts)

    @property
    def words(self) -> list[str]:
        """The options that name it."""
        return ["--url", self.address, "--key", self.key, "--narrow", self.narrow, "--expired", self.expired]


def further_keys() -> tuple[str, str]:
    """A narrow key of the program, and one that has ended before it is used."""
    narrow = printed("keys", "issue", "kit", "--scope", "feed", "--bare").strip()
    for seconds in ENDING_SECONDS:
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        words = ("keys", "issue", "kit", "--scope", "read:*", "--until", until.isoformat(), "--bare")
        if (issued := CliRunner().invoke(cli.cli, words)).exit_code == 0:
            sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()))
            return narrow, issued.stdout.strip()
    raise AssertionError("the machine is too busy to issue a key")


def restore(url: str) -> None:
    """Record that the ledger was restored to where it is."""

    async def run() -> None:
        async with Approvals(url) as approvals:
            head = await approvals.store.head()
            command = RecordRestore(kept_to=head, lost_to=head + LOST, log="zone")
            await approvals.handle(EPOCHS_STREAM, command, Actor("operator", "", Role.SYSTEM), uuid4())

    asyncio.run(run())


@pytest.fixture(scope="module")
def site(shared_database_url: str) -> Iterator[KitSite]:
    """A served zone with its projector."""
    with served_to_program(shared_database_url, "kit", SCOPES, pages=PAGES, key_rate=10_000) as (address, key):
        yield KitSite(address, key, *further_keys())


@pytest.fixture(scope="module")
def slow_site(site: KitSite, shared_database_url: str) -> Iterator[KitSite]:
    """The same zone, served with a low rate of keys."""
    with served(shared_database_url, signs_in=True, key_rate=LOW_RATE) as address:
        yield structs.replace(site, address=address)


@pytest.fixture(scope="module")
def sandbox_site(
    server_url: str, projected_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KitSite]:
    """A served sandbox whose ledger was restored, which sends webhooks to this machine."""
    folder = tmp_path_factory.mktemp("sandbox")
    with database_in(server_url, projected_template) as url:
        with pytest.MonkeyPatch.context() as patch:
            key = key_of_program(patch, url, "kit", SCOPES)
            keys = further_keys()
        restore(url)
        with served_sandbox(url, folder) as address:
            yield KitSite(address, key, *keys)


@pytest.mark.long
def test_a_sandbox_keeps_every_promise(sandbox_site: KitSite, capsys: pytest.CaptureFixture[str]) -> None:
    status = main([*sandbox_site.words, "--receiver", "127.0.0.1"])
    printed_text = capsys.readouterr().out
    assert (status, printed_text.count("skipped ")) == (0, 1), printed_text  # its rate is left as it is


def test_a_server_keeps_every_promise(site: KitSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.xml"
    status = main([*site.words, "--junit", str(report)])
    printed_text = capsys.readouterr().out

    assert status == 0, printed_text
    suite = ET.fromstring(report.read_text("utf-8"))
    assert int(suite.attrib["tests"]) == len(CHECKS) >= 41
    assert (suite.attrib["failures"], suite.attrib["skipped"]) == ("0", "7")
    reasons = [element.attrib["message"] for element in suite.iter("skipped")]
    assert sum("--receiver" in reason for reason in reasons) == 2, reasons
    assert [reason for reason in reasons if "--exhaust" in reason or "never restored" in reason] != []


def test_a_low_rate_is_used_up_and_keeps_its_promise(slow_site: KitSite, capsys: pytest.CaptureFixture[str]) -> None:
    status = main([*slow_site.words, "--exhaust", EXHAUSTING])
    assert (status, "1 of 1 hold" in (text := capsys.readouterr().out)) == (0, True), text


def test_a_proxy_without_a_fault_is_not_seen(site: KitSite) -> None:
    """By the checks that have to see the faults which are planted."""
    with proxy(site.address, NONE, site.key) as address:
        results = run(site.kit(address), sorted({SEEN_BY[fault.name] for fault in PLANTED}))
    assert [result for result in results if result.failure or result.skipped] == []


@pytest.mark.parametrize("fault", chosen(IN_SANDBOXES[::9], IN_SANDBOXES), ids=lambda fault: fault.name)
def test_each_fault_of_a_sandbox_is_seen(sandbox_site: KitSite, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "WEBHOOK_SECONDS_MAX", 8)  # the first repeat comes after five
    with proxy(sandbox_site.address, fault, sandbox_site.key) as address:
        (result,) = run(sandbox_site.kit(address, "127.0.0.1"), [OF_SANDBOXES[fault.name]])
    assert result.failure


@pytest.mark.parametrize("fault", OF_RATES, ids=lambda fault: fault.name)
def test_each_fault_of_a_rate_is_seen(slow_site: KitSite, fault: Fault) -> None:
    with proxy(slow_site.address, fault, slow_site.key) as address:
        (result,) = run(slow_site.kit(address, exhausts=True), [EXHAUSTING])
    assert result.failure


@pytest.mark.parametrize("fault", PLANTED, ids=lambda fault: fault.name)
def test_each_planted_fault_is_seen(site: KitSite, fault: Fault) -> None:
    with proxy(site.address, fault, site.key) as address:
        (result,) = run(site.kit(address), [SEEN_BY[fault.name]])
    assert result.failure


def test_the_kit_says_what_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.xml"
    words = ["--url", "http://127.0.0.1:9", "--key", "none", "--junit", str(report), "the_law_is_public"]
    assert main(words) == 1
    assert "FAILED  2 the law is public ConnectionRefusedError" in capsys.readouterr().out
    assert ET.fromstring(report.read_text("utf-8")).find("testcase/failure") is not None


def test_the_kit_is_a_folder_or_one_file_that_python_runs(tmp_path: Path) -> None:
    packed = tmp_path / "kit.pyz"
    create_archive(FOLDER, packed)
    for program in (FOLDER, packed):
        words = [
            sys.executable,
            "-I",
            str(program),
            "--url",
            "http://127.0.0.1:9",
            "--key",
            "none",
            "the_law_is_public",
        ]
        ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (ended.returncode, "0 of 1 hold" in ended.stdout) == (1, True), ended


def test_the_kit_needs_the_standard_library_alone() -> None:
    trees = [ast.parse(file.read_text("utf-8")) for file in FOLDER.glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    assert {name.partition(".")[0] for name in names} <= set(sys.stdlib_module_names)
    assert len(FAULTS) >= 20
