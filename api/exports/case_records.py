"""办件记录: the zone's cases as tables of China's platform of government services, in one archive."""

from __future__ import annotations

from datetime import datetime
from tempfile import TemporaryFile

from anyio import to_thread
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Stream

from api.exports.download import attachment, compact
from api.html.page import EXPORTS
from api.route_access import ACCESS, WHOLE_ZONE
from infrastructure.case_record.archive import write_case_records
from infrastructure.case_record.codes import read_codes
from infrastructure.ledger.approvals import Approvals
from infrastructure.settings import Settings


class CaseRecordExports(Controller):
    """Every case of the zone, so for those alone who may read all histories."""

    path = EXPORTS
    opt = {ACCESS: "read:history", WHOLE_ZONE: True}  # noqa: RUF012  litestar's own spelling

    @get("/case-records/zip")
    async def export_case_records(
        self,
        approvals: NamedDependency[Approvals],
        settings: NamedDependency[Settings],
        now: NamedDependency[datetime],
    ) -> Stream:
        """The five tables, what fills each column, and what the platform will miss; on disk before it is sent."""
        codes = await to_thread.run_sync(read_codes, settings.platform_codes)
        file = TemporaryFile()  # noqa: SIM115  closed once it is sent
        try:
            await to_thread.run_sync(write_case_records, approvals.store.url, file, codes, now)
        except BaseException:
            file.close()
            raise
        return attachment(file, f"case-records-{compact(now)}.zip", "application/zip")
