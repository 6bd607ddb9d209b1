"""The event log of the zone or of a register as XES or OCEL, for those who may read every history."""

from __future__ import annotations

from datetime import datetime
from tempfile import TemporaryFile

from anyio import to_thread
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from api.exports.download import attachment, compact
from api.html.page import EXPORTS
from api.route_access import ACCESS, WHOLE_ZONE
from infrastructure.event_log.log_file import EventLogFormat, write_event_log
from infrastructure.ledger.approvals import Approvals
from projections.scope import Scope

MEDIA_TYPES = {EventLogFormat.XES: "application/xml", EventLogFormat.OCEL: "application/json"}


class EventLogExports(Controller):
    """Histories whole, so for those alone who may read all of them."""

    path = EXPORTS
    opt = {ACCESS: "read:history", WHOLE_ZONE: True}  # noqa: RUF012  litestar's own spelling

    @get("/event-log/{log_format:str}")
    async def export_event_log(
        self,
        log_format: FromPath[EventLogFormat],
        list_scope: NamedDependency[Scope],
        approvals: NamedDependency[Approvals],
        now: NamedDependency[datetime],
    ) -> Stream:
        """One event a fact of the zone, or one a source event of a register; written to disk before it is sent."""
        file = TemporaryFile()  # noqa: SIM115  closed once it is sent
        register = list_scope.register
        try:
            await to_thread.run_sync(write_event_log, approvals.store.url, file, log_format, register)
        except BaseException:
            file.close()
            raise
        return attachment(file, f"events-{compact(now)}.{log_format.value}", MEDIA_TYPES[log_format])
