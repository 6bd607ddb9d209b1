"""A restored database takes the place of the present one: wherever a process is killed, the next start finishes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec import json

from infrastructure.postgres.exchange import JOURNAL, Exchange, exchange, finish_exchange


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("postgres", "restoring/postgres"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "is").write_text(name)
    (tmp_path / "restoring/postgres-log").mkdir()
    (tmp_path / "others").mkdir()
    return tmp_path


def names(data: Path) -> dict[str, str]:
    """What is in each folder that holds a database, by its name."""
    return {str(file.parent.relative_to(data)): file.read_text() for file in sorted(data.rglob("is"))}


def folders(data: Path) -> list[str]:
    return sorted(entry.name for entry in data.iterdir())


DONE = {"former": "postgres", "postgres": "restoring/postgres"}


def test_the_present_database_stays_beside_the_restored_one(data: Path) -> None:
    exchange(data, data / "restoring/postgres", "former")
    assert names(data) == DONE
    assert folders(data) == ["former", "others", "postgres"]
    finish_exchange(data)
    assert names(data) == DONE


def test_a_database_is_put_where_there_is_none(data: Path) -> None:
    (data / "postgres").rename(data / "gone")
    exchange(data, data / "restoring/postgres", "former")
    assert names(data) == {"gone": "postgres", "postgres": "restoring/postgres"}


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_a_killed_exchange_is_finished(data: Path, steps: int) -> None:
    """After two renames the work folder is still there, after three steps it is gone."""
    (data / JOURNAL).write_bytes(json.encode(Exchange("restoring/postgres", "former")))
    for old, new in (("postgres", "former"), ("restoring/postgres", "postgres"))[:steps]:
        (data / old).rename(data / new)
    if steps == 3:
        shutil.rmtree(data / "restoring")
    finish_exchange(data)
    assert names(data) == DONE
    assert folders(data) == ["former", "others", "postgres"]
