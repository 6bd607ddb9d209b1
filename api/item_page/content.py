"""What the template of an item's page is rendered with: the item in words, its papers and history, and the actions."""

from __future__ import annotations

from collections.abc import Iterable

from api.clocks.display import clock_functions
from api.clocks.remarks import remarks_of
from api.commands.actions import ItemAt, actions_for, parted
from api.commands.context import context_of
from api.guard.judging import ProjectAccess
from api.html.page import PageContext
from api.html.sentences import SentenceContext, Sentences
from api.item_page.view_models import ItemSources, ItemView, item_view
from api.materials.routes import readable_files
from api.project_page.items import items_of, registration
from api.project_page.pages import WHO_AUDITS
from api.project_page.view_models import named_by
from api.web.entries import shown
from domain.access.principal import Caller
from infrastructure.ledger.approvals import Approvals
from projections.materials.fold import files_of

HISTORY = "read:history"
WITHOUT_ACCEPTANCE = "decided_without_acceptance"
ENTRIES_SHOWN = 100  # the newest; the project's own page has all


def item_content(
    page: PageContext, sources: ItemSources, item: str, access: ProjectAccess, *, is_past: bool
) -> dict[str, object]:
    """The item *item*, as far as the reader may see its history and its files."""
    entries, at = sources.entries, sources.at
    names = {row.item: page.called(row.name) or row.item for row in sources.rows}
    registered = registration(entries)
    view = item_view(sources, item)
    law = sources.laws.pack(view.item.law) if view.item.law else None
    history = shown(access.entries(HISTORY, entries), access.caller, entries, sources.project, traced=False)
    return {
        "name": names[item],
        "project_name": registered.name if registered else "",
        "view": view,
        "remarks": remarks_of(page, law, view.row.mode, flags_shown(view)),
        "as_of": at,
        "files": readable_files(access, files_of(entries, at, at, item)),
        "sentences": Sentences(page, sources.project.id, SentenceContext.of(history), names),
        "audits": access.caller.role in WHO_AUDITS,
        "history": [entry for entry in history if item in items_of(entry.fact)][: -ENTRIES_SHOWN - 1 : -1],
        "named": named_by(names, page.words["of_project"]("or")),
        "signed_in": bool(access.caller.id),
        **clock_functions(page, at, past=is_past),
    }


def flags_shown(view: ItemView) -> Iterable[str]:
    """The flags that say something of the office: outside the system, what is not on record proves nothing (B11)."""
    return (flag for flag in view.flags if view.row.live or flag != WITHOUT_ACCEPTANCE)


def acting_content(
    approvals: Approvals, sources: ItemSources, item: str, caller: Caller | None, *, is_past: bool
) -> dict[str, object]:
    """What *caller* may do to the item, may not, and what others may; nothing where the page shows the past."""
    project = sources.project
    if is_past or not project.law:
        return {"can": [], "not_now": [], "others": []}
    recorded = project.items[item].law  # that of its application; an item decided outside the system may have none
    law = sources.laws.pack(recorded) if recorded else approvals.law_for(project.law, sources.at, begun=True)
    actions = actions_for(caller, ItemAt(project, item, law), context_of(approvals, project.law, sources.at))
    can, barred, others = parted(actions)
    return {"can": can, "not_now": barred, "others": others}
