"""Where every page is in a filled database: one address of each kind, and some that are empty or wrong."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

import psycopg
from msgspec import Struct

from tests.projections.zone import project_id

SIMULATED = "SELECT project FROM views.project WHERE kind <> '' ORDER BY items_open DESC, project LIMIT 1"
CARD = "SELECT project, card FROM views.signal WHERE clock <> '' ORDER BY happened_at DESC, project, card LIMIT 1"
PERSON = (
    "SELECT i.uscc FROM views.information AS i JOIN views.person_code AS c ON c.code = i.uscc"
    " GROUP BY i.uscc ORDER BY count(*) DESC, 1 LIMIT 1"
)
BUSIEST = "SELECT department FROM views.clock WHERE NOT closed GROUP BY department ORDER BY count(*) DESC, 1 LIMIT 1"
ASKED = (
    "SELECT project, item FROM views.clock WHERE clock LIKE 'countersign:%'"
    " GROUP BY project, item ORDER BY count(*) DESC, project, item LIMIT 1"
)
NAMES = (
    *(
        "overview",
        "cases",
        "progress",
        "matrix",
        "chart",
        "late",
        "nothing",
        "desks",
        "desk",
        "no_desk",
        "project",
        "story",
        "clock",
        "paused",
        "board",
    ),
    *(
        "cards",
        "decisions",
        "conduct",
        "clocks",
        "card",
        "item",
        "awaiting",
        "refused",
        "information",
        "search",
        "person",
        "unknown",
        "wrong",
    ),
)


class Places(Struct, frozen=True):
    """Addresses by the names above."""

    by_name: dict[str, str]

    def of(self, name: str, lang: str = "") -> str:
        """The address of the page *name*, in a language."""
        address = self.by_name[name]
        return f"{address}{'&' if '?' in address else '?'}lang={lang}" if lang else address


def places_in(database: str) -> Places:
    """One place of each kind."""
    with psycopg.connect(database) as connection:
        (project,) = connection.execute(SIMULATED).fetchone() or ("",)
        signalled, card = connection.execute(CARD).fetchone() or ("", "")
        (department,) = connection.execute(BUSIEST).fetchone() or ("",)
        asking, answering = connection.execute(ASKED).fetchone() or ("", "")
        (person,) = connection.execute(PERSON).fetchone() or ("",)
    return Places(
        {
            "overview": "/",
            "cases": "/pages/cases?step=decision",
            "progress": "/pages/progress",
            "matrix": "/pages/progress?view=matrix",
            "chart": "/pages/progress?view=gantt",
            "late": "/?warned=late&status=open",
            "nothing": "/?text=nowhere",
            "desks": "/desk",
            "desk": f"/desk?{urlencode({'department': department})}",
            "no_desk": "/desk?department=nobody",
            "project": f"/pages/projects/{project}?before=40",  # a long history is more of the same
            "story": f"/pages/projects/{project_id('story')}",
            "clock": clock_at("running", "decision"),
            "paused": clock_at("paused", "decision"),
            "board": "/supervision?first=2026-01-01&last=2026-05-31",
            "cards": "/pages/supervision/cards?first=2026-01-01&last=2026-05-31",
            "decisions": "/pages/supervision/decisions?first=2026-01-01&last=2026-05-31",
            "conduct": "/pages/supervision/timeliness?first=2026-01-01&last=2026-05-31",
            "clocks": "/pages/supervision/clocks?awaited=true",
            "card": f"/pages/projects/{signalled}/card?{urlencode({'card': card})}",
            "item": f"/pages/projects/{project_id('running')}/items/land",
            "awaiting": f"/pages/projects/{asking}/items/{answering}",
            "refused": f"/pages/projects/{project_id('story')}/items/discharge",
            "information": f"/pages/projects/{project}/information",
            "search": "/pages/information",
            "person": f"/pages/legal-persons/{person}",
            "unknown": f"/pages/projects/{UUID(int=1)}",
            "wrong": "/?limit=0",
        }
    )


def clock_at(name: str, clock: str) -> str:
    """The page of a clock of the small zone's project *name*."""
    return f"/pages/projects/{project_id(name)}/clock?{urlencode({'item': 'land', 'clock': clock})}"
