"""A restored database takes the place of the present one: wherever a process is killed, the next start finishes it."""

from __future__ import annotations

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
    return tmp_path


def names(data: Path) -> dict[str, str]:
    """What is in each folder that holds a database, by its name."""
    return {str(file.parent.relative_to(data)): file.read_text() for file in sorted(data.rglob("is"))}


DONE = {"former": "postgres", "postgres": "restoring/postgres"}


def test_the_present_database_stays_beside_the_restored_one(data: Path) -> None:
    exchange(data, data / "restoring/postgres", "former")
    assert names(data) == DONE
    assert not (data / JOURNAL).exists()
    finish_exchange(data)
    assert names(data) == DONE


def test_a_database_is_put_where_there_is_none(data: Path) -> None:
    (data / "postgres").rename(data / "gone")
    exchange(data, data / "restoring/postgres", "former")
    assert names(data) == {"gone": "postgres", "postgres": "restoring/postgres"}


@pytest.mark.parametrize("renamed", [0, 1, 2])
def test_a_killed_exchange_is_finished(data: Path, renamed: int) -> None:
    (data / JOURNAL).write_bytes(json.encode(Exchange("restoring/postgres", "former")))
    for old, new in (("postgres", "former"), ("restoring/postgres", "postgres"))[:renamed]:
        (data / old).rename(data / new)
    finish_exchange(data)
    assert names(data) == DONE
    assert not (data / JOURNAL).exists()
