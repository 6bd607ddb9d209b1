"""Where the pages of a catalogue are, and which acts on it the table of access lets their reader do."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from api.commands.aggregate_acts import AggregateActs
from api.html.page import PageContext
from domain.access.decision import NO_CASE, AccessCase
from domain.catalogue.state import Catalogue

CATALOGUES = "/admin/catalogues"


def catalogue_path(name: str) -> str:
    """The path of the page of a catalogue."""
    return f"{CATALOGUES}/{quote(name, safe='')}"


def addresses(page: PageContext, name: str) -> dict[str, Any]:
    """The addresses of the pages of the catalogue *name*, by the names that its templates have for them."""
    path = catalogue_path(name)
    return {
        "catalogue_link": page.link(path),
        "item_link": lambda code: page.link(f"{path}/item", code=code),
        "edition_link": lambda number: page.link(path, edition=str(number)),
        "draft_link": page.link(path, draft="true"),
        "difference_link": lambda first, second: page.link(f"{path}/difference", first=str(first), second=str(second)),
        "new_item_link": page.link(f"{path}/item"),
    }


def departments_for(acts: AggregateActs, catalogue: Catalogue) -> list[str]:
    """Whose intake hours the reader may publish: an officer's own department, else all that have items or hours."""
    if not acts.judged("set_intake_hours", NO_CASE).allowed:  # of every department
        return [acts.caller.over]
    return sorted({item.dept_code for item in catalogue.items.values()} | catalogue.hours.keys())


def offers(acts: AggregateActs, department: str) -> dict[str, Any]:
    """The acts that the table of access lets the reader do, on an item of *department*; and who may publish."""
    caller = acts.caller
    case = AccessCase(department=department or caller.over)
    publish = acts.judged("publish_catalogue", NO_CASE)
    define = acts.judged("define_service_item", case)
    hours = acts.judged("set_intake_hours", case)
    return {
        "may_publish": publish.allowed,
        "may_define": define.allowed,
        "may_set_hours": hours.allowed,
        "may_decide_online": bool(department) and acts.judged("decide_online", case).allowed,
        "who_publishes": publish.remedy,
        "who_defines": define.remedy,
    }
