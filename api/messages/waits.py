"""The waiting tasks of the inbox: the oldest waits of the reader's department, enterprise or projects."""

from __future__ import annotations

from collections.abc import Mapping

from api.web.as_of import translate_too_much
from domain.access.principal import Caller
from domain.core.ledger import Role
from infrastructure.ledger.reader import Store
from projections.scope import Scope
from projections.waiting.query import ListedWaiting, WaitingFilter, WaitingRows

WAITS_MAX = 5  # what happened should be on the first screen too
APPLICANT = "applicant"
PLACES: Mapping[Role, str] = {  # where all of them are
    Role.OFFICER: "/desk",
    Role.APPLICANT: "/my",
    Role.PROJECT_MANAGER: "/",
}


async def waits_for(store: Store, caller: Caller) -> list[ListedWaiting]:
    """The oldest waits of the reader; none in roles that only read."""
    if caller.role not in PLACES:
        return []
    filters = WaitingFilter(
        holder=caller.over if caller.role is Role.OFFICER else "",
        held_by=APPLICANT if caller.role is Role.APPLICANT else "",
        manager=caller.id if caller.role is Role.PROJECT_MANAGER else "",
        stuck=True if caller.role is Role.PROJECT_MANAGER else None,
        at_hand=True,
        scope=Scope(caller=caller),
        limit=WAITS_MAX,
    )
    return await translate_too_much(WaitingRows(store).listed(filters))
