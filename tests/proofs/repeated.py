"""Tests of the suite run over and over with new seeds: faults, laws drawn by Hypothesis, fuzzed requests, all of it.

A whole run of the faults, or of the laws, is to end within a quarter of an hour on two quiet cores. The suite on a busy
machine takes an hour.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.effort import PROOF, SUITE, VARIABLE
from tests.proofs.proof import ROOT, Budget, Proof, SkippedError, pytest_passes

FAULT_ROUNDS, LAW_ROUNDS, FUZZ_ROUNDS, READING_ROUNDS = 4, 12, 10, 3
BUSY_ROUNDS, BUSY_LOOPS = 3, 4
SUITE_WORDS = ("--numprocesses", "auto", "--dist", "loadfile")  # as scripts/test runs pytest
SHORT_OF_TIME = "in little time it would do again what the suite does: leave out --minutes"
# Uses one core for as long as the process lives that started it, whose id comes as a word.
LOOP = """
import os, sys
while os.getppid() == int(sys.argv[1]):
    sum(range(100_000))
"""
READING = (
    *("tests/pages", "tests/scripts/client/test_contract_kit.py", "tests/scripts/benches/test_bench.py"),
    *("tests/docs/test_blocks.py::test_the_preloaded_program_answers_as_the_installed_one", "tests/verify_page"),
    *("tests/api/identity/test_pages.py", "tests/api/legal_person/test_legal_person_page.py"),
    *("tests/api/information/test_information_pages.py", "tests/scripts/test_materials.py"),
    "tests/scripts/test_streams.py",
    *("tests/api/feedback/test_anonymity.py", "tests/api/guard/test_matrix.py", "tests/api/html/test_zone_pages.py"),
    *("tests/api/identity/test_in_a_browser.py", "tests/api/test_whole_project.py"),
    *("tests/projections/supervision/test_board.py", "tests/projections/history", "tests/infrastructure/event_log"),
    *("tests/infrastructure/projector/test_histories.py", "tests/scripts/test_simulate.py"),
    *("tests/projections/feedback/test_query.py", "tests/domain/access/test_cedar.py"),
)
SERVERS = ("tests/infrastructure/postgres/test_postgres.py", "tests/infrastructure/postgres/test_binaries.py")
LAWS = (
    *(
        "tests/law",
        "tests/domain/flow/test_path.py",
        "tests/domain/flow/test_flow_laws.py",
        "tests/domain/flow/test_phases.py",
    ),
    *(
        "tests/projections/waiting/test_waiting.py",
        "tests/projections/watch/test_watch.py",
        "tests/projections/watch/test_watch_general.py",
    ),
)


def repeat(budget: Budget, whole: int, paths: tuple[str, ...], words: tuple[str, ...] = (), effort: str = SUITE) -> str:
    """Run the tests in *paths* up to *whole* times, each time with another Hypothesis seed."""
    rounds = budget.rounds(whole)
    for number in rounds:
        seed = f"--hypothesis-seed={budget.seed + number}"
        pytest_passes([*paths, *words, seed], {**os.environ, VARIABLE: effort})
    return f"{rounds.done} of {whole} rounds"


def faults(budget: Budget) -> str:
    """Kill, freeze and cut off processes and databases again and again.

    A whole run is four rounds, one test after the other, with more kills, processes and moments than the suite has.
    """
    return repeat(budget, FAULT_ROUNDS, ("tests/faults", *SERVERS), effort=_effort(budget))


def laws(budget: Budget) -> str:
    """Draw other examples for every law that Hypothesis checks.

    A whole run is twelve rounds of ten times as many examples as the suite draws: 120 suites.
    """
    return repeat(budget, LAW_ROUNDS, LAWS, ("--numprocesses", "auto"), _effort(budget))


def fuzz(budget: Budget) -> str:
    """Ask every operation of the OpenAPI document with whatever its schema allows."""
    return repeat(budget, FUZZ_ROUNDS, ("tests/api/web/test_fuzz.py",), effort=_effort(budget))


def long(budget: Budget) -> str:
    """Run the tests that the suite leaves out: all of them, or a file of them at a time, in an order by the seed."""
    files = files_with_long_tests()
    if budget.seconds is None:
        pytest_passes([*files, "-m", "long", *SUITE_WORDS], suite_environment())
        return f"{len(files)} files of tests"
    rounds = budget.rounds(len(files))
    drawn = Random(budget.seed).sample(files, len(files))
    for number in rounds:
        pytest_passes([drawn[number], "-m", "long"], suite_environment())
    return f"{rounds.done} of {len(files)} files of tests, from {drawn[0]} on"


def files_with_long_tests() -> list[str]:
    """The files below tests/ with a test that is marked `long`, or is for some of its parameters."""
    words = ("@pytest.mark.long\n", "long_unless(")
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [str(file.relative_to(ROOT)) for file in files if any(word in file.read_text("utf-8") for word in words)]


def reading(budget: Budget) -> str:
    """Ask every address in every way, and compare boards, the past and pages with what they are counted from."""
    if budget.seconds is not None:
        raise SkippedError(SHORT_OF_TIME)
    return repeat(budget, READING_ROUNDS, READING, effort=PROOF)


def busy(budget: Budget) -> str:
    """Run the whole suite, as scripts/test does, beside busy loops: nothing in it may depend on speed.

    A whole run is three runs of the suite in a row.
    """
    if budget.seconds is not None:
        raise SkippedError(SHORT_OF_TIME)
    rounds = budget.rounds(BUSY_ROUNDS)
    with busy_loops(BUSY_LOOPS):
        for number in rounds:
            seed = f"--hypothesis-seed={budget.seed + number}"
            pytest_passes([*SUITE_WORDS, seed], suite_environment())
    return f"{rounds.done} runs of the suite beside {BUSY_LOOPS} busy loops"


@contextmanager
def busy_loops(number: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many processes that do nothing but use a core each, until the block is left."""
    loops: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(number):
            loops.append(subprocess.Popen([sys.executable, "-c", LOOP, str(os.getpid())]))  # noqa: PERF401  # those that started before one that can't are to end
        yield loops
    finally:
        for loop in loops:
            loop.kill()
        for loop in loops:
            loop.wait()


def suite_environment() -> dict[str, str]:
    """The environment in which scripts/test runs pytest."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    chosen = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**chosen, "PATH": programs, VARIABLE: SUITE}


def _effort(budget: Budget) -> str:
    """The suite's, where time is short."""
    return PROOF if budget.seconds is None else SUITE


PROOFS = (
    Proof("reading", "no answer differs from what it is counted from, or reveals a complainant", reading, share=1),
    Proof(
        "long",
        "what takes too long for the suite holds as well: pages, documents, roles, and each fault",
        long,
        share=6,
    ),
    Proof("faults", "no acknowledged command is lost or doubled, whatever is killed", faults, share=3),
    Proof("laws", "no example contradicts a law of the clock, the flow or the views", laws, share=2),
    Proof("fuzz", "no request that the OpenAPI document allows is answered with a 5xx", fuzz, share=2),
    Proof("busy", "the suite passes three times in a row on a machine whose cores are busy otherwise", busy, share=1),
)
