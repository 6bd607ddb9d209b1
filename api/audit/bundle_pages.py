"""审计包: the ledger of a project as it is stored, with proofs and a verifier, for auditors who say what for."""

from __future__ import annotations

from datetime import datetime
from tempfile import TemporaryFile
from uuid import UUID

from anyio import to_thread
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Stream

from api.exports.download import attachment, compact
from api.html.page import PageContext
from api.identity.dependencies import visit
from api.identity.visit import Visit
from api.proof.routes import not_logged, transparency_log
from api.route_access import ACCESS
from api.web.form_fields import FormFields, form_fields
from infrastructure.identity.security_log import SecurityEntry, SecurityEvent
from infrastructure.ledger.approvals import Approvals
from infrastructure.proof.bundle import pack_project
from infrastructure.proof.log import LogError, LogReader
from infrastructure.proof.publisher import ProofFolder
from infrastructure.settings import Settings
from projections.progress.titles import names_of

BUNDLE = "/audit/projects/{project_id:uuid}/bundle"
REASON_CHARACTERS_MAX = 300
UNFIT = 422
ZIP = "application/zip"


class BundlePages(Controller):
    """A bundle names who complained anonymously, so each one is asked for with a reason, which is recorded."""

    opt = {ACCESS: "read:bundle"}  # noqa: RUF012  litestar's own spelling
    dependencies = {  # noqa: RUF012  as above
        "visit": Provide(visit, sync_to_thread=False),
        "transparency_log": Provide(transparency_log, sync_to_thread=True),
    }

    @get(BUNDLE)
    async def bundle_form(
        self,
        project_id: FromPath[UUID],
        page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        transparency_log: NamedDependency[LogReader],
    ) -> Response[str]:
        """What a bundle holds, and the field for the reason."""
        return await _form(page, approvals, project_id, transparency_log)

    @post(BUNDLE, status_code=200, dependencies={"fields": Provide(form_fields)})
    async def bundle(
        self,
        project_id: FromPath[UUID],
        fields: NamedDependency[FormFields],
        page: NamedDependency[PageContext],
        visit: NamedDependency[Visit],
        approvals: NamedDependency[Approvals],
        settings: NamedDependency[Settings],
        transparency_log: NamedDependency[LogReader],
        now: NamedDependency[datetime],
    ) -> Response[str] | Stream:
        """The bundle as a zip, once the reason is in the security log."""
        reason = " ".join(fields.text("reason").split())
        if not 0 < len(reason) <= REASON_CHARACTERS_MAX:
            fault = "reason_long" if reason else "reason_missing"
            return await _form(page, approvals, project_id, transparency_log, reason, fault)
        reader = visit.reader
        who = (reader.principal, reader.address, reader.method, reader.session)
        kind, subject = SecurityEvent.AUDIT_BUNDLE_TAKEN.value, f"projects/{project_id}"
        file = TemporaryFile()  # noqa: SIM115  closed once it is sent
        try:
            proofs = ProofFolder(settings.proof_folder)
            await to_thread.run_sync(pack_project, approvals.store.url, proofs, project_id, file, now)
            await visit.identity.log.add_all([SecurityEntry(now, kind, *who, detail=reason, subject=subject)])
        except BaseException as error:
            file.close()
            if isinstance(error, LogError):
                raise not_logged(error, retry=True) from error
            raise
        return attachment(file, f"audit-{project_id}-{compact(now)}.zip", ZIP)


async def _form(
    page: PageContext, approvals: Approvals, project: UUID, log: LogReader, reason: str = "", fault: str = ""
) -> Response[str]:
    """The form, with what is wrong with the *reason* that was sent."""
    titles = await names_of(approvals.store, [project])
    answer = page.render(
        "bundle.html",
        project=project,
        name=titles.project(project),
        size=log.checkpoint.size,
        reason=reason,
        fault=fault,
        characters_max=REASON_CHARACTERS_MAX,
    )
    if fault:
        answer.status_code = UNFIT
    return answer
