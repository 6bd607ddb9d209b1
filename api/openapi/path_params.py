"""Descriptions of path parameters in the OpenAPI document."""

from __future__ import annotations

from typing import Any

DEEPEST_FIRST: dict[str, dict[str, str]] = {
    "/v1/law/calendars/": {
        "name": "The calendar, such as CN. GET /v1/law/calendars lists them.",
        "notice": "The notice's id, as it was imported under.",
    },
    "/v1/law/packs/": {
        "name": "The law, such as cn-licensing: its version in force today; or one version, such as "
        "cn-licensing@2019-04-23. GET /v1/law/packs lists them.",
        "special": "A special law for a kind of item, as the pack names it.",
    },
    "/v1/legal-persons/": {
        "code": "A unified social credit code, an older organisation code, or the entry's own id.",
    },
    "/v1/catalogues/": {"name": "The catalogue. GET /v1/catalogues lists them."},
    "/v1/flows/": {
        "name": "The flow. GET /v1/flows lists them.",
        "edition": "The edition's number, counted from 1; 0 is the newest.",
    },
    "/v1/principals/": {"principal": "The permanent id of the person or program."},
    "/v1/proofs/": {"entry_position": "The position of the entry in the ledger, as receipts and histories have it."},
    "/v1/tile/": {
        "tile": "Level and number, such as 0/x001/067; entries/x001/067 for leaves; 0/x001/067.p/13 for a partial one."
    },
    "/v1/subscriptions/": {
        "subscription_id": "The id of a subscription. GET /v1/subscriptions lists one's own.",
        "entry_position": "The position of the event in the ledger, as deliveries have it.",
    },
    "/v1/supervision/": {"department": "The department's code. GET /v1/names lists them."},
    "/v1/materials/": {"digest": "The SHA-256 of the file's content: 64 hexadecimal digits in lower case."},
    "/deadlines/": {"file": "The secret of the address and .ics, as /account shows it once."},
    "/messages/feeds/": {"file": "The secret of the address and .atom, as /account shows it once."},
    "/problems/": {"code": "The problem's code, as in `code` of every answer that is no success."},
    "/v1/projects/": {
        "project_id": "The project's id: a UUID, chosen at registration.",
        "entry_version": "The version of the entry, as in the receipt of the command that recorded it.",
    },
}


def described(path: str, parameters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The *parameters* of an operation at *path*, with a word on each that is part of the address."""
    words = next((words for prefix, words in DEEPEST_FIRST.items() if path.startswith(prefix)), {})
    return [
        {"description": words[parameter["name"]], **parameter}
        if parameter.get("in") == "path" and parameter["name"] in words
        else parameter
        for parameter in parameters
    ]
