"""`scripts/growth`: the same questions to ledgers of 10^5, 10^6 and 10^7 facts, side by side; computed for 10^8.

A zone is simulated once, and its projects are copied until the ledger is as large as wanted. Then all is measured on
one server, round by round in turns, as a machine's speed drifts: what counts is the ratio between the sizes.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import log10
from statistics import median
from time import perf_counter
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

import httpx2
import psycopg
import structlog
import typer
import uvloop
from msgspec import Struct, json
from rich.console import Console
from rich.table import Table

from domain.project.application.submission import SubmitItem
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.reader import head_of
from infrastructure.verifier.checkpoint import Checkpoint
from infrastructure.verifier.verify import verify
from projections.histories import HISTORIES
from projections.registry import VIEWS
from scripts import ledger
from scripts.benches import commands
from scripts.benches.copies.zone import bytes_of, copied, copies_for, simulated
from scripts.benches.database import NoRoomError, require_room, temporary_server, vacuum
from scripts.benches.http_server import HOST, serving
from scripts.benches.measure import MILLISECONDS
from scripts.benches.newcomer import settle
from scripts.benches.questions import PAST_QUESTIONS, QUESTIONS, Question, names_in
from scripts.benches.report import Machine, machine
from scripts.benches.tables import table_of
from scripts.importing.screen import bar
from scripts.server.catching_up import catch_up
from scripts.server.processes import tune_garbage_collector

SIZES = (100_000, 1_000_000)
PAST_FACTS_MAX = 2_000_000  # of a ledger with histories by default: they take two thirds of the disk
COMPUTED = 100_000_000
BASE_PROJECTS = 200  # some 108,000 facts: a minute or two to simulate
CLIENTS, COMMAND_SECONDS, COMMAND_RUNS = 32, 1.0, 4
ROUNDS, READS_A_ROUND = 3, 40  # a connection repeats its statements from the tenth on; 3 rounds have a p99
PLACES_A_ROUND = 10  # of the ledger, for the questions that are about a place
WARM_UP = 2  # reads that load plans and rows after a start
SECONDS_MAX = 60.0  # for an answer
PAST_HELP = f"ask about a past day as well, or not (default: of ledgers of at most {PAST_FACTS_MAX:,} facts)"
LENGTH_RATIO, BYTES_A_KB = 1.25, 1000  # from where on an answer is listed as longer
WIDTH = 140  # of the tables, also in a file
COMMAND, COMMAND_P99 = "a command, 32 in flight: p50", "a command, 32 in flight: p99"
# What other machines share, and commands wait for.
DISK, DISK_WRITES, DISK_BYTES = "the disk beside it: 8 kB and fdatasync", 100, 8192
MEMORY, MEMORY_BYTES = "the memory beside it: 16 MB of a new file", 16 << 20
FIRST_COMMAND, STATUS, SINCE = (
    "registration and submission after a start",
    "countersign status",
    "verify what came since the first round",
)
# A new command, or project, is looked up in a random page of these.
KEYS = (
    "SELECT count(*) FROM (SELECT c.id FROM ledger.command AS c ORDER BY c.id) AS c",
    "SELECT count(*) FROM (SELECT s.stream FROM ledger.stream AS s ORDER BY s.stream) AS s",
)
SIZE_OF = """
    SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relkind = 'r'
"""


class SizedLedger(Struct):
    """A ledger, and what was measured on it: times in milliseconds, by subject; sizes in bytes a fact.

    *lengths* are those of the answers, in bytes.
    """

    url: str
    facts: int
    times: dict[str, list[float]] = {}
    lengths: dict[str, list[int]] = {}
    disk: dict[str, float] = {}
    refused: dict[str, str] = {}  # questions that were not answered, and by which status
    past: bool = True  # whether there are histories, and questions about a past day
    checkpoint: Checkpoint | None = None  # of what was verified before the first round

    def note(self, subject: str, seconds: Sequence[float]) -> None:
        """Add measured times."""
        self.times.setdefault(subject, []).extend(second * MILLISECONDS for second in seconds)

    def percentile(self, subject: str, percent: int) -> float | None:
        """A percentile of the times of *subject*; None where it was not measured."""
        ordered = sorted(self.times.get(subject, ()))
        return ordered[(len(ordered) - 1) * percent // 100] if ordered else None


class GrowthReport(Struct, frozen=True):
    """What was measured, smallest ledger first."""

    machine: Machine
    ledgers: list[SizedLedger]


def measure(sizes: Sequence[int], rounds: int, screen: Console, *, past: bool | None = None) -> GrowthReport:
    """Make a ledger of each size, and measure them in turns. Raises PostgresUnavailableError and NoRoomError.

    *past*: with the past, or without; None: of ledgers of at most PAST_FACTS_MAX.
    """
    here, began = machine(), perf_counter()

    @contextmanager
    def bars(title: str) -> Iterator[Callable[[int, int], None]]:
        _report(title, began)
        with bar(screen, title) as advance:
            yield advance

    with_past = {size: size <= PAST_FACTS_MAX if past is None else past for size in sorted(sizes)}
    require_room(sum(bytes_of(size, past=has_past) for size, has_past in with_past.items()))
    with temporary_server(in_haste=True) as server:
        base = simulated(server, "base", BASE_PROJECTS, bars, past=any(with_past.values()))
        ledgers = list[SizedLedger]()
        for size, has_past in with_past.items():
            url = copied(server, base, f"ledger_{size}", copies_for(base, size), bars, past=has_past)
            uvloop.run(settle(url))
            with psycopg.connect(url) as connection:
                ledgers.append(SizedLedger(url, head_of(connection), past=has_past))
        server.make_durable()
        for nth in range(rounds):
            _report(f"round {nth + 1} of {rounds}: commands", began)
            measure_commands(in_turn(ledgers, nth))
            for sized in in_turn(ledgers, nth):
                _report(f"round {nth + 1} of {rounds}: {sized.facts:,} facts", began)
                measure_reads(sized)
        for sized in ledgers:
            measure_disk(sized)
        return GrowthReport(here, ledgers)


def in_turn(ledgers: Sequence[SizedLedger], nth: int) -> Sequence[SizedLedger]:
    """The *ledgers* forwards and backwards by turns, as a machine's speed drifts."""
    return ledgers if nth % 2 == 0 else ledgers[::-1]


def measure_commands(ledgers: Sequence[SizedLedger]) -> None:
    """Measure commands, second by second in turns: a disk or a host that is slow for a while is so for all sizes."""
    for prepare in (vacuum, load_keys):
        for sized in ledgers:
            prepare(sized.url)
    for nth in range(COMMAND_RUNS):
        for sized in in_turn(ledgers, nth):
            figure = uvloop.run(commands.in_process(sized.url, CLIENTS, COMMAND_SECONDS))
            sized.note(COMMAND, [(figure.p50_ms or 0.0) / MILLISECONDS])
            sized.note(COMMAND_P99, [(figure.p99_ms or 0.0) / MILLISECONDS])
            sized.note(DISK, [median(disk_writes())])
            sized.note(MEMORY, [new_memory()])
            sized.note(FIRST_COMMAND, [uvloop.run(first_command(sized.url))])


def measure_reads(sized: SizedLedger) -> None:
    """Measure reads, on views at the ledger's end: pages wait for those behind it."""
    catch_up(sized.url, (VIEWS, HISTORIES) if sized.past else (VIEWS,))
    vacuum(sized.url)
    status = [_timed(lambda: ledger.status(sized.url)) for _ in range(WARM_UP + READS_A_ROUND)]
    sized.note(STATUS, status[WARM_UP:])
    sized.checkpoint = sized.checkpoint or verify(sized.url, _ignore)[1]
    sized.note(SINCE, [_timed(lambda: verify(sized.url, _ignore, since=sized.checkpoint))])
    options: dict[str, Any] = {"timeout": SECONDS_MAX, "follow_redirects": True}
    with serving(sized.url) as port, httpx2.Client(base_url=f"http://{HOST}:{port}", **options) as client:
        named = names_in(sized.url)
        for question in (*QUESTIONS, *(PAST_QUESTIONS if sized.past else ())):
            _ask(client, sized, question, named)


def load_keys(url: str) -> None:
    """Read the indexes that new ids are looked up in, as a server has them in memory that was not started just now."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET enable_seqscan = off")
        for keys in KEYS:
            connection.execute(keys)


def disk_writes() -> list[float]:
    """Seconds of each of some durable writes to the disk of the temporary server: whether it is slow at the moment."""
    with tempfile.TemporaryFile() as file:
        block = bytes(DISK_BYTES)

        def write() -> None:
            os.write(file.fileno(), block)
            os.fdatasync(file.fileno())

        return [_timed(write) for _ in range(DISK_WRITES)]


def new_memory() -> float:
    """Seconds of a write to a file's memory, not to the disk: a host may take long to give a machine more of it."""
    block = b"0" * MEMORY_BYTES
    with tempfile.TemporaryFile() as file:
        return _timed(lambda: os.write(file.fileno(), block))


async def first_command(url: str) -> float:
    """Seconds of the first submission that a process takes in: it needs catalogue, flow and law."""
    project = uuid4()
    async with Approvals(url) as approvals:
        began = perf_counter()
        await approvals.handle(project, commands.registration(), commands.MANAGER, uuid4())
        await approvals.handle(project, SubmitItem(item="item-0"), commands.ENTERPRISE, uuid4())
        return perf_counter() - began


def _ask(client: httpx2.Client, sized: SizedLedger, question: Question, named: Mapping[str, str]) -> None:
    """Ask some times; the first answers are not measured, of several places those of each."""
    warm_up = PLACES_A_ROUND if question.has_places else WARM_UP
    headers = {
        "X-Actor": "growth",
        "X-Role": question.role.value,
        "X-Department": quote(question.over.format(**named)),
        "Accept-Language": "en",
    }
    seconds, lengths = list[float](), list[int]()
    for nth in range(warm_up + READS_A_ROUND):
        address = question.address_of(named, nth % PLACES_A_ROUND)
        began = perf_counter()
        answer = client.get(address, headers=headers)
        seconds.append(perf_counter() - began)
        lengths.append(len(answer.content))
        if answer.status_code != httpx2.codes.OK:
            sized.refused[question.subject] = str(answer.status_code)
            return
    sized.note(question.subject, seconds[warm_up:])
    sized.lengths.setdefault(question.subject, []).extend(lengths[warm_up:])


def measure_disk(sized: SizedLedger) -> None:
    """Bytes a fact: of the ledger, and of the views."""
    with psycopg.connect(sized.url) as connection:
        facts = head_of(connection)
        for schema in ("ledger", "views"):
            (size,) = connection.execute(SIZE_OF, [schema]).fetchone() or (0,)
            sized.disk[schema] = float(size) / facts


def _ignore(_done: int, _of: int) -> None:
    """The progress is not shown."""


def _timed(act: Callable[[], object]) -> float:
    began = perf_counter()
    act()
    return perf_counter() - began


def shown(report: GrowthReport, console: Console) -> None:
    """Print the medians and p99 side by side, the ratio of the largest to the smallest, and what follows for more."""
    here, ledgers = report.machine, report.ledgers
    console.print(f"{here.cores} cores ({here.processor}), Python {here.python}, load before: {here.load:.1f}")
    columns = [f"{sized.facts:,}" for sized in ledgers]
    subjects = dict.fromkeys(subject for sized in ledgers for subject in (*sized.times, *sized.refused))
    for percent in (50, 99):
        title = f"{'median' if percent == 50 else f'p{percent}'}, ms, by facts"
        rows = {subject: _row(ledgers, subject, percent) for subject in subjects}
        _show(console, table_of(title, "", *columns, "ratio", f"{COMPUTED:,} (computed)"), rows)
    disk = {schema: [f"{sized.disk[schema]:,.0f}" for sized in ledgers] for schema in ledgers[0].disk}
    _show(console, table_of("disk, bytes a fact", "", *columns), disk)
    if longer := unlike_lengths(ledgers):
        _show(console, table_of("answers that are longer in a larger ledger, kB", "", *columns), longer)


def unlike_lengths(ledgers: Sequence[SizedLedger]) -> dict[str, list[str]]:
    """The median lengths in kB of answers that are longer in the largest ledger than in the smallest, by subject.

    Only of what all ledgers answered.
    A page that is not full shows more of a larger zone: part of the time that it takes is for more rows.
    """
    longer: dict[str, list[str]] = {}
    for subject in ledgers[0].lengths:
        if not all(subject in sized.lengths for sized in ledgers):
            continue
        lengths = [median(sized.lengths[subject]) for sized in ledgers]
        if lengths[-1] > LENGTH_RATIO * lengths[0]:
            longer[subject] = [f"{length / BYTES_A_KB:,.1f}" for length in lengths]
    return longer


def _show(console: Console, table: Table, rows: Mapping[str, Sequence[str]]) -> None:
    for subject, cells in rows.items():
        table.add_row(subject, *cells)
    console.print(table)


def _row(ledgers: Sequence[SizedLedger], subject: str, percent: int) -> list[str]:
    times = [sized.percentile(subject, percent) for sized in ledgers]
    cells = [
        sized.refused.get(subject, "") if time is None else f"{time:,.2f}"
        for sized, time in zip(ledgers, times, strict=True)
    ]
    measured = [(sized.facts, time) for sized, time in zip(ledgers, times, strict=True) if time]
    ratio = f"{measured[-1][1] / measured[0][1]:.2f}" if len(measured) > 1 else ""
    return [*cells, ratio, _computed(measured)]


def _computed(measured: Sequence[tuple[int, float]]) -> str:
    """The time at COMPUTED facts, if it grows on as between the last two sizes: by the same power of the size."""
    if len(measured) < 2:
        return ""
    (facts_before, before), (facts, last) = measured[-2:]
    power = log10(last / before) / log10(facts / facts_before)
    grown: float = last * (COMPUTED / facts) ** max(power, 0.0)
    return f"{grown:,.1f}"


def _report(step: str, began: float) -> None:
    print(f"measuring: {step} ({perf_counter() - began:,.0f} s)", file=sys.stderr, flush=True)


def main(
    sizes: Annotated[list[int] | None, typer.Option("--size", help="facts of a ledger; repeat it for others")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="how often everything is measured, in turns")] = ROUNDS,
    past: Annotated[bool | None, typer.Option("--past/--no-past", help=PAST_HELP, show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of tables")] = False,
) -> None:
    """Measure ledgers of growing sizes side by side: commands, the first one after a start, lists, pages, disk.

    By default 10^5 and 10^6 facts. A fact takes 2 kB of disk, and 7 more with histories of the past: 10^7 facts take
    half an hour and 20 GB without. Uses a temporary server, and touches no installation.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("warning"))
    tune_garbage_collector()  # as in the server's processes
    try:
        report = measure(sizes or SIZES, rounds, Console(stderr=True), past=past)
    except NoRoomError as refusal:
        raise typer.BadParameter(str(refusal)) from None
    if as_json:
        print(json.format(json.encode(report)).decode())
    else:
        shown(report, Console(width=WIDTH))


if __name__ == "__main__":
    typer.run(main)
