"""Files of golden vectors are read however they are packed, and what can't be read is reported in a sentence."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from scripts.golden import VectorsUnreadableError, ignored_fields, pack_mismatches, vector_mismatches

DATA = Path(__file__).parent.parent / "law" / "data"


def packed(name: str) -> bytes:
    return (DATA / name).read_bytes()


def first_line() -> bytes:
    return gzip.decompress(packed("vectors.jsonl.gz")).splitlines()[0]


@pytest.mark.parametrize(
    "written",
    [
        gzip.compress(first_line(), mtime=0),
        b"\xef\xbb\xbf" + first_line() + b"\r\n\r\n" + first_line() + b"\r\n",
        first_line(),
    ],
)
def test_a_file_is_read_as_it_came(written: bytes, tmp_path: Path) -> None:
    file = tmp_path / "vectors.jsonl"
    file.write_bytes(written)
    assert vector_mismatches(file, None) == []


def test_vectors_of_other_laws_are_unpacked_as_well() -> None:
    assert pack_mismatches(DATA / "vectors_packs.jsonl.gz") == []


def test_a_line_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "vectors.jsonl"
    file.write_bytes(first_line() + b'\n{"id": "\xe9"}\n')
    (message,) = vector_mismatches(file, None)
    assert message.startswith("line 2 at -:  expected a vector, got 'utf-8' codec")
    assert pack_mismatches(file)[1].startswith("line 2: not a vector: 'utf-8' codec")


def test_a_field_that_means_nothing_is_pointed_out(tmp_path: Path) -> None:
    vector = json.loads(first_line())
    vector["events"][0]["recorded"] = "2026-03-02T09:00:00+08:00"
    file = tmp_path / "vectors.jsonl"
    file.write_text(f"{{\n{json.dumps(vector)}\n", encoding="utf-8")
    assert ignored_fields(file) == [
        f"{file}, line 2: the field 'recorded' of the event received is unknown and was ignored"
    ]


@pytest.mark.parametrize("written", [b"", b'{"calendars": 3}', gzip.compress(b"{}", mtime=0)[:9]])
def test_unreadable_calendars_are_reported_in_a_sentence(written: bytes, tmp_path: Path) -> None:
    calendars, file = tmp_path / "other.json", tmp_path / "vectors.jsonl"
    calendars.write_bytes(written)
    file.write_bytes(first_line())
    with pytest.raises(VectorsUnreadableError, match=r"other\.json cannot be"):
        vector_mismatches(file, calendars)
    with pytest.raises(VectorsUnreadableError, match=r"nowhere\.json cannot be read: No such file"):
        vector_mismatches(file, tmp_path / "nowhere.json")
