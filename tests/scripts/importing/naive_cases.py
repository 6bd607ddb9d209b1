"""The figures of a permit register's cases straight from its CSV: an independent count, row by row and day by day.

`python -m tests.scripts.importing.naive_cases EVENTS.csv[.gz] [AS_OF] [KNOWN_AT]` prints what `countersign
cases --csv` should. It shares no code with what it checks. Days are those that the register states, not worked out from
instants.
"""

from __future__ import annotations

import csv
import gzip
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

LIMIT, ONE = 56, timedelta(days=1)
HEADER = (
    "case_id,submitted_on,delivered_on,deadline_on,gross_days,net_days,suspended_days,extension_days,late"
    ",suspended_since"
)

Row = dict[str, str]


def rows_of(path: Path) -> Iterator[Row]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def typed(text: str) -> date | None:
    """A day written as 3-12-2014, whatever follows it."""
    parts = re.split(r"[\s]", text.strip(), maxsplit=1)[0].split("-")
    if len(parts) != 3 or not all(part.isdigit() for part in parts) or len(parts[2]) != 4:
        return None
    try:
        return date(int(parts[2]), int(parts[1]), int(parts[0]))
    except ValueError:
        return None


def number(text: str) -> int:
    """A whole number of days such as 42 or 42.0; 0 for anything else."""
    try:
        value = float(text)
    except ValueError:
        return 0
    return int(value) if value == int(value) and 0 <= value < 10_000 else 0


def figures(case: str, rows: Iterable[Row]) -> str:
    """One case's line."""
    submitted = delivered = requested_on = None
    extension, closed = 0, list[tuple[date, date]]()
    for row in rows:
        day, activity = date.fromisoformat(row["occurred_on"]), row["activity"]
        if activity == "01_HOOFD_010" and submitted is None:
            submitted = day
        elif activity == "01_HOOFD_510_2" and delivered is None:
            delivered = day
        elif activity == "08_AWB45_020_2" and requested_on is None:
            requested_on = day
        elif activity == "08_AWB45_040" and requested_on is not None:
            closed.append((requested_on, typed(row["value"]) or day))
            requested_on = None
        elif activity in ("06_VD_020", "06_VD_030"):
            extension += number(row["value"])
    out = set[date]()
    for first, last in closed:
        day = first
        while day < last and (delivered is None or day < delivered):
            out.add(day)
            day += ONE
    deadline = submitted + ONE * (LIMIT + extension + len(out)) if submitted else None
    gross = (delivered - submitted).days if submitted and delivered else None
    net = None if gross is None else gross - len(out)
    late = "" if not (delivered and deadline) else "true" if delivered > deadline else "false"
    since = requested_on if delivered is None else None
    values = [case, submitted, delivered, deadline, gross, net, len(out), extension, late, since]
    return ",".join("" if value is None else str(value) for value in values)


def count(path: Path, as_of: str = "", known_at: str = "") -> list[str]:
    """Every case's line by its id, as CSV with a header; the days asked for are included."""
    cases: dict[str, list[Row]] = defaultdict(list)
    for row in rows_of(path):
        seen = cases[row["case_id"]]
        if (not as_of or row["occurred_on"] <= as_of) and (not known_at or row["recorded_on"] <= known_at):
            seen.append(row)
    ordered = {case: sorted(rows, key=lambda row: int(row["seq"])) for case, rows in cases.items()}
    return [HEADER, *(figures(case, ordered[case]) for case in sorted(ordered))]


if __name__ == "__main__":
    print("\n".join(count(Path(sys.argv[1]), *sys.argv[2:])))
