"""Reads a list of service items as rows: CSV or JSON, also gzipped, with our field names or known aliases."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infrastructure.errors import OperatorError

# Column names in files to import: those of the national platform's 实施清单, and of a district's published list.
ALIASES = {
    "item_code": "task_code",
    "实施编码": "task_code",
    "item_name": "task_name",
    "事项名称": "task_name",
    "事项类型": "task_type",
    "base_code": "catalog_code",
    "基本编码": "catalog_code",
    "code_org": "org_code",
    "实施主体编码": "org_code",
    "department": "dept_name",
    "实施主体": "dept_name",
    "设定依据": "by_law",
    "法定办结时限": "anticipate_day",
    "承诺办结时限": "promise_day",
    "main_item": "part_of",
    "主项名称": "part_of",
}


class CatalogueUnreadableError(OperatorError):
    """The file is no list of items. The message says why."""


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every row with our field names, and its line (CSV) or index (JSON), from 1. Raises CatalogueUnreadableError."""
    yield from rows_in(path.name, _text(path), is_json=path.name.removesuffix(".gz").endswith(".json"))


def rows_in(name: str, text: str, *, is_json: bool) -> Iterator[tuple[int, dict[str, Any]]]:
    """The same of the *text* of a list called *name*. Raises CatalogueUnreadableError."""
    if is_json:
        yield from enumerate((renamed(row) for row in _json_rows(name, text)), start=1)
        return
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from _csv_rows(name, reader)
    except csv.Error as error:
        raise CatalogueUnreadableError(f"{name}, line {reader.line_num or 1}: {error}") from error


def _csv_rows(name: str, reader: csv.DictReader[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    if not reader.fieldnames or not {"task_code", "task_name"} <= set(renamed(dict.fromkeys(reader.fieldnames, ""))):
        columns = ", ".join(reader.fieldnames or ()) or "none"
        raise CatalogueUnreadableError(
            f"{name} has no columns task_code and task_name (or item_code and item_name); its columns: {columns}"
        )
    for row in reader:
        yield reader.line_num, renamed(row)


def renamed(row: Mapping[Any, Any]) -> dict[str, Any]:
    """*row* with our field names. A value under our own name takes precedence over one under an alias."""
    fields = {ALIASES.get(str(name).strip(), str(name).strip()): value for name, value in row.items() if name}
    own = {str(name): value for name, value in row.items() if name in fields and name not in ALIASES}
    return fields | own


def _text(path: Path) -> str:
    try:
        raw = gzip.decompress(path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
        return raw.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        raise CatalogueUnreadableError(f"{path} can't be read: {error}") from error
    except UnicodeDecodeError as error:
        raise CatalogueUnreadableError(f"{path.name} is not UTF-8 text: {error}. Save it as UTF-8") from error


def _json_rows(name: str, text: str) -> list[dict[str, Any]]:
    try:
        document = json.loads(text)
        json.dumps(document, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise CatalogueUnreadableError(f"{name} is no JSON: {error}") from error
    rows = document.get("items") if isinstance(document, dict) else document
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise CatalogueUnreadableError(f'{name} holds neither a list of items nor {{"items": [...]}}')
    return rows
