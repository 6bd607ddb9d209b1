"""The logs that the early code imports: one that is shipped, drawn ones of each kind of register it knew.

The early importer read the neutral form alone, and knew two Dutch registers; any other's rows it kept as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

from msgspec import Struct

from tests.proofs.proof import ROOT
from tests.scripts.importing.logs import event, listed, write_log

RECEIPT = ROOT / "scripts" / "data" / "receipt"
# A log of whole permits that may not be passed on, where there is one.
PERMITS = ROOT.parents[1] / "shared" / "data"
RECEIVED, REQUESTED, SENT = "01_HOOFD_010", "08_AWB45_020_2", "01_HOOFD_510_2"
# What an officer of the Dutch register of permits may enter, lawful at that time or not: activity, value, label.
ENTRIES: tuple[tuple[str, Callable[[Random, date], str], str], ...] = (
    ("08_AWB45_005", lambda chance, _: chance.choice(("True", "True", "False")), "request complete"),
    ("01_HOOFD_195", lambda *_: "", "phase application receptive"),
    ("08_AWB45_010", lambda chance, _: str(chance.choice((7, 14, 28))), ""),
    (REQUESTED, lambda *_: "", ""),
    ("08_AWB45_040", lambda chance, day: typed(day - timedelta(chance.randint(0, 3))), ""),
    ("06_VD_020", lambda chance, _: str(chance.choice((14, 42, 42, 250))), "register number of days"),
    ("07_OPS_051", lambda _, day: typed(day), ""),
    ("07_OPS_071", lambda _, day: typed(day), ""),
    ("11_AH_II_036", lambda _, day: typed(day), ""),
    ("11_AH_II_140", lambda _, day: typed(day), ""),
    ("01_HOOFD_250", lambda *_: "", ""),
    ("01_HOOFD_260", lambda *_: "", ""),
    ("01_HOOFD_380", lambda chance, _: chance.choice(("True", "False")), ""),
    ("01_HOOFD_480", lambda chance, _: chance.choice(("True", "False")), ""),
    ("01_HOOFD_490_3", lambda *_: "", ""),
    (SENT, lambda *_: "", ""),
    ("05_EIND_020", lambda _, day: typed(day), ""),
    ("01_BB_540", lambda chance, _: chance.choice(("True", "False")), ""),
    ("01_BB_730", lambda chance, _: chance.choice(("True", "False")), ""),
)
EVERYDAY = 12  # the first so many are entered three times as often as those that end a case or follow its end
ENTRIES_MAX, DAYS_BETWEEN_MAX = 9, 25
SPAN_DAYS = 300  # within which the cases of a log come in
STEPS = ("intake", "visit", "minutes", "answer")  # of an unknown register


class CarriedLog(Struct, frozen=True):
    """A log in its two files, and the law under which it is imported."""

    events: Path
    cases: Path
    law: str


def carried_logs(folder: Path, seed: int, cases: int, today: date, *, whole: bool) -> list[CarriedLog]:
    """The shipped log, and drawn ones of so many *cases* each, some of which are still open on the day *today*.

    *whole*: also the permits of a whole municipality, on a machine that has them.
    """
    chance = Random(seed)
    logs = [CarriedLog(RECEIPT / "events.csv.gz", RECEIPT / "cases.csv.gz", "nl-wabo")]
    for name, law, first, course in (
        ("permits", "nl-wabo", date(2019, 3, 1), permit),
        ("lately", "nl-omgevingswet", today - timedelta(SPAN_DAYS), permit),
        ("petitions", "kr-petitions", today - timedelta(SPAN_DAYS), unknown),
    ):
        logs.append(drawn(folder / name, name, law, cases, first, today, chance, course))
    if whole and (PERMITS / "bpic15_1_events.csv.gz").exists():
        logs.append(CarriedLog(PERMITS / "bpic15_1_events.csv.gz", PERMITS / "bpic15_1_cases.csv.gz", "nl-wabo"))
    return logs


def drawn(
    folder: Path,
    dataset: str,
    law: str,
    cases: int,
    first: date,
    today: date,
    chance: Random,
    course: Callable[[Random, date], Iterator[tuple[date, str, str, str]]],
) -> CarriedLog:
    """A log of *cases* that come in from the day *first* on; nothing in it is later than yesterday."""
    folder.mkdir()
    events, listings = list[dict[str, str]](), list[dict[str, str]]()
    for number in range(cases):
        case = f"{dataset}-{number}"
        begun = first + timedelta(chance.randrange(SPAN_DAYS))
        rows = [row for row in course(chance, begun) if row[0] < today]
        for nth, (day, activity, value, label) in enumerate(rows, 1):
            known = day + timedelta(chance.choice((0, 0, 0, 1, 9)))
            columns = {"dataset": dataset, "label_en": label, "recorded_on": min(known, today).isoformat()}
            events.append(event(case, nth, day.isoformat(), activity, value, **columns))
        listings.append(listed(case, dataset=dataset, started_at=f"{begun}T08:00:00.000Z", department="planning"))
    written = write_log(folder, events, listings)
    return CarriedLog(written.events, written.cases, law)


def permit(chance: Random, begun: date) -> Iterator[tuple[date, str, str, str]]:
    """One case of the Dutch register: it comes in, and then anything."""
    yield begun, RECEIVED, "", ""
    day, weights = begun, [3 if place < EVERYDAY else 1 for place in range(len(ENTRIES))]
    for activity, value, label in chance.choices(ENTRIES, weights, k=chance.randint(0, ENTRIES_MAX)):
        day += timedelta(chance.randint(0, DAYS_BETWEEN_MAX))
        yield day, activity, value(chance, day), label


def unknown(chance: Random, begun: date) -> Iterator[tuple[date, str, str, str]]:
    """One case of a register whose words mean nothing to the importer."""
    day = begun
    for _ in range(chance.randint(1, ENTRIES_MAX)):
        yield day, chance.choice(STEPS), chance.choice(("", "True", "12")), ""
        day += timedelta(chance.randint(0, DAYS_BETWEEN_MAX))


def typed(day: date) -> str:
    """A day as the register's own software writes it."""
    return f"{day.day}-{day.month}-{day.year} 0:00:00"
