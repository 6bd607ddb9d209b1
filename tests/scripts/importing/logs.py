"""Small logs in the neutral form, written for one test: only the columns that it is about."""

from __future__ import annotations

import csv
from pathlib import Path

from msgspec import Struct

DATASET = "town"


class Log(Struct):
    """Two files in a folder of their own."""

    events: Path
    cases: Path


def event(case_id: str, seq: int, on: str, activity: str, value: str = "", **columns: str) -> dict[str, str]:
    """One event at eight in the morning (UTC) of a day, recorded that day unless *columns* say otherwise."""
    return {
        "dataset": DATASET,
        "case_id": case_id,
        "seq": str(seq),
        "event_id": f"{case_id}-{seq:03}",
        "occurred_at": f"{on}T08:00:00.000Z",
        "occurred_on": on,
        "recorded_on": on,
        "activity": activity,
        "value": value,
        **columns,
    }


def course(case_id: str, *rows: tuple[str, ...]) -> list[dict[str, str]]:
    """A case's events in their order, each (day, activity) or (day, activity, value)."""
    return [event(case_id, nth, *row) for nth, row in enumerate(rows, 1)]


def listed(case_id: str, **columns: str) -> dict[str, str]:
    """One line in the list of cases."""
    return {"dataset": DATASET, "case_id": case_id, **columns}


def write_log(folder: Path, events: list[dict[str, str]], cases: list[dict[str, str]]) -> Log:
    """Both files, with every column that any line has."""
    log = Log(folder / "events.csv", folder / "cases.csv")
    for path, rows, first in ((log.events, events, event("", 0, "", "")), (log.cases, cases, listed(""))):
        columns = list(dict.fromkeys([*first, *(column for row in rows for column in row)]))
        with path.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return log
