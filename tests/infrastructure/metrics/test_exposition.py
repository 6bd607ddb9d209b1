"""The figures as Prometheus reads them; and the alert rules over them, tried by Prometheus' own tool where it is."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from domain.core.ledger import Refused
from infrastructure.command_counts import BATCH_BOUNDS, BatchCounts, CommandCounts
from infrastructure.ledger.hash_chain import Fault
from infrastructure.metrics.exposition import MetricsCollector, ProcessFigures, exposition
from infrastructure.metrics.measure import DatabaseFigures, StreamLag, ViewLag
from infrastructure.proof.cosigning import CosigningState
from infrastructure.proof.publisher import PublisherStatus
from infrastructure.verifier.results import Coverage, Verification

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
RULES = Path(__file__).parents[3] / "scripts" / "data" / "monitoring"
VERIFIED = Verification(Coverage.WHOLE, 9, 9, NOW - timedelta(seconds=90), 1, [Fault(3, "changed")])
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="no promtool: on Debian, apt-get install promtool")


def figures() -> bytes:
    """The text of a server that has done a few things."""
    commands, batches = CommandCounts(), BatchCounts()
    commands.answered(repeated=False)
    commands.answered(repeated=True)
    commands.refused(Refused("wrong-stage", "no"))
    commands.refused(ValueError())
    batches.stored(3, 1)
    process = ProcessFigures(commands, batches, waiting=2, followers=1)
    views, streams = [ViewLag("clocks", 4, 1.5, stopped=False)], [StreamLag("countersign-BDA", 3, 2.5, troubled=True)]
    database = DatabaseFigures(10, views, 0, 2, 30.0, 7, [VERIFIED], streams)
    witness = CosigningState(name="bureau", size=9, cosigned_at=int(NOW.timestamp()) - 60)
    log = PublisherStatus(published=9, published_at=NOW - timedelta(seconds=5), witnesses=[witness])
    return exposition(MetricsCollector(NOW, process, database, log))


def samples(text: bytes) -> dict[str, float]:
    """Every sample by its name and labels."""
    families = text_string_to_metric_families(text.decode())
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_every_figure_is_exposed_under_its_name() -> None:
    read = samples(figures())
    outcomes = {name.split()[1]: n for name, n in read.items() if name.startswith("countersign_commands_total")}
    assert outcomes == {"stored": 1, "repeated": 1, "wrong-stage": 1, "failed": 1}
    assert (read["countersign_view_lag_entries clocks"], read["countersign_view_lag_seconds clocks"]) == (4, 1.5)
    streams = [
        read[f"countersign_stream_{name} countersign-BDA"] for name in ("lag_entries", "lag_seconds", "troubled")
    ]
    assert streams == [3, 2.5, 1]
    assert (read["countersign_checkpoint_age_seconds"], read["countersign_witness_age_seconds bureau"]) == (5, 60)
    assert (read["countersign_conflicts_total"], read["countersign_provisional_clocks"]) == (1, 7)
    assert (read["countersign_ledger_faults whole"], read["countersign_verification_age_seconds whole"]) == (1, 90)
    assert read["countersign_up"] == 1


@given(st.lists(st.integers(1, 300), max_size=30))
def test_batches_are_counted_by_size(sizes: list[int]) -> None:
    counts = BatchCounts()
    for size in sizes:
        counts.stored(size, 0)
    read = samples(exposition(MetricsCollector(NOW, ProcessFigures(CommandCounts(), counts, 0, 0), None, None)))
    for bound in BATCH_BOUNDS:
        at_most = sum(size <= bound for size in sizes)
        assert read[f"countersign_append_batch_commands_bucket {bound}"] == at_most
    assert read["countersign_append_batch_commands_count"] == len(sizes)
    assert read["countersign_append_batch_commands_sum"] == sum(sizes)
    assert read["countersign_up"] == 0


def test_rules_speak_of_figures_that_there_are() -> None:
    rules = yaml.safe_load((RULES / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
    exposed = {name.split()[0] for name in samples(figures())}
    for rule in rules:
        assert set(re.findall(r"countersign_\w+", rule["expr"])) <= exposed, rule["alert"]
        assert rule["annotations"]["summary"]
    tried = (RULES / "alerts.test.yml").read_text("utf-8")
    assert f"value: {len(rules)}}}" in tried


@needs_promtool
def test_promtool_finds_nothing_to_mend() -> None:
    for verb, file in (("check", "alerts.yml"), ("test", "alerts.test.yml")):
        ended = subprocess.run(
            [str(PROMTOOL), verb, "rules", file], cwd=RULES, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
    linted = subprocess.run([str(PROMTOOL), "check", "metrics"], input=figures(), capture_output=True, check=False)
    assert (linted.returncode, linted.stderr.decode()) == (0, "")
