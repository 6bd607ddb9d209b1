"""What a page shows as an answer, compared with the answer: values that differ from run to run by their form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

ANY_MORE = "…"  # as a member or as the last of a list: further ones are left out on the page
FULLNESS = {"position", "last_position", "entries", "projects", "streams", "commands", "rows"}  # of the test's database
VARYING = FULLNESS | {
    "hash",
    "commands_hash",
    "command_id",
    "request_id",
    "etag",
    "calendar",
    "provisional",
    "date",
    "as_of",
}
VARYING_ENDS = ("_at", "_on")  # instants and days: an act without occurred_at happens when the test runs
HEX_CHARACTERS = 64


def form(value: Any) -> str:
    """What kind of value it is; a text that is no time, id or hash is compared as it is."""
    if not isinstance(value, str):
        return type(value).__name__
    for name, read in (("day", date.fromisoformat), ("instant", datetime.fromisoformat), ("id", UUID)):
        try:
            read(value)
        except ValueError:
            continue
        else:
            return name
    return "hash" if re.fullmatch(rf"[0-9a-f]{{{HEX_CHARACTERS}}}", value) else re.sub(r"[0-9a-f]{4,}|\d+", "#", value)


def varies_by_name(name: str) -> bool:
    """Whether the member *name* differs from run to run."""
    return name.lower() in VARYING or name.endswith(VARYING_ENDS)


def differences(shown: Any, got: Any, path: str = "$", *, varies: bool = False) -> Iterator[str]:
    """Each place at which *got* is not what is *shown*."""
    if isinstance(shown, dict) and isinstance(got, dict):
        members = shown.keys() - {ANY_MORE}
        surplus = set() if ANY_MORE in shown else got.keys() - members
        yield from (f"{path}.{name} is not in the answer" for name in sorted(members - got.keys()))
        yield from (f"{path}.{name} is not on the page" for name in sorted(surplus))
        for name in sorted(members & got.keys()):
            yield from differences(shown[name], got[name], f"{path}.{name}", varies=varies_by_name(name))
    elif isinstance(shown, list) and isinstance(got, list):
        listed = shown[:-1] if shown[-1:] == [ANY_MORE] else shown
        if len(got) < len(listed) or (len(got) > len(listed) and listed is shown):
            yield f"{path} has {len(got)} members, the page shows {len(listed)}"
        for number, (member, other) in enumerate(zip(listed, got, strict=False)):
            yield from differences(member, other, f"{path}[{number}]", varies=varies)
    elif form(shown) != form(got) if varies else (type(shown), shown) != (type(got), got):
        yield f"{path} is {got!r}, the page shows {shown!r}"


def values_in(text: str) -> list[Any]:
    """The JSON values in *text*, one behind the other."""
    values, rest = [], text.strip()
    decoder = json.JSONDecoder()
    while rest:
        value, end = decoder.raw_decode(rest)
        values.append(value)
        rest = rest[end:].strip()
    return values


def json_differences(shown: str, got: str) -> list[str]:
    """Where the JSON values in *got* are not those *shown*."""
    try:
        return list(differences(values_in(shown), values_in(got)))
    except ValueError:
        return [f"no JSON was answered: {got[:500]}"]


def text_differences(shown: str, got: str) -> list[str]:
    """Where the lines of *got* are not those *shown*; "…" stands for any characters, as a line for any lines."""
    pattern = r"\n".join(
        r"[^\0]*?" if line.strip() == ANY_MORE else ".*".join(map(re.escape, line.rstrip().split(ANY_MORE)))
        for line in shown.strip().splitlines()
    )
    lines = "\n".join(line.rstrip() for line in got.strip().splitlines())
    return [] if re.fullmatch(pattern, lines) else [f"answered was:\n{got}"]


def http_differences(shown: str, got: str) -> list[str]:
    """Where an answer with its head (`curl -i`) is not as *shown*: status, the headers on the page, the body."""
    (head, body), (real_head, real_body) = (_parted(text) for text in (shown, got))
    (status, headers), (real_status, real_headers) = _head(head), _head(real_head)
    real_headers = {name: value for name, value in real_headers.items() if name in headers}
    different = list(
        differences({"status": status, "headers": headers}, {"status": real_status, "headers": real_headers})
    )
    return different + (json_differences(body, real_body) if body else [])


def _parted(text: str) -> tuple[str, str]:
    head, _, body = text.replace("\r\n", "\n").strip().partition("\n\n")
    return head, body


def _head(text: str) -> tuple[str, dict[str, str]]:
    first, *rest = text.splitlines()
    status = re.sub(r"^HTTP/[\d.]+ ", "", first)
    return status[:3], {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)
    }
