"""材料 the papers of an application: a file for each requirement, one that the project has already, or on paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from msgspec import structs

from api.apply.application import DraftedApplication, reusable
from api.apply.filling import APPLY, CHECK, MATERIALS, step_page, to_step
from api.apply.pages import APPLYING
from api.apply.uploads import UploadForm, upload_form
from api.html.page import PageContext
from api.route_access import ACCESS
from api.web.command_request import CommandRequest
from domain.access.principal import Caller
from domain.core.ledger import Refused
from domain.project.materials.attachment import require_file_name
from infrastructure.ledger.approvals import Approvals
from infrastructure.materials.media import UnfitMediaError
from infrastructure.materials.store import MaterialStore
from infrastructure.window.drafts import ApplicationDrafts, DraftContent, DraftFile
from infrastructure.window.quotas import UPLOADS, seconds_to_wait
from projections.materials.fold import AttachedFile
from projections.window.applicable import SUBMIT

FILES_MAX = 100  # of one draft
QUOTA = "quota"
PAPER = "paper-"  # begins the names of the boxes for papers that are handed in at the window


class ApplyMaterialPages(Controller):
    """Every button saves; without script a file is sent by its own form, and the page comes back with it."""

    opt = {ACCESS: SUBMIT}  # noqa: RUF012  litestar's own spelling
    path = f"{APPLY}/{{draft:uuid}}/{MATERIALS}"
    dependencies = APPLYING

    @get("/")
    async def materials_of(
        self,
        page: NamedDependency[PageContext],
        drafted: NamedDependency[DraftedApplication],
        approvals: NamedDependency[Approvals],
        caller: NamedDependency[Caller],
    ) -> Response[str]:
        """The list of requirements, each with what is chosen for it."""
        return await _materials_page(page, drafted, approvals, caller)

    @post("/files", status_code=200)
    async def upload(
        self,
        *,
        page: NamedDependency[PageContext],
        drafted: NamedDependency[DraftedApplication],
        command_request: NamedDependency[CommandRequest],
        materials: NamedDependency[MaterialStore],
        approvals: NamedDependency[Approvals],
        application_drafts: NamedDependency[ApplicationDrafts],
        caller: NamedDependency[Caller],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """Store one file for a requirement."""
        if await seconds_to_wait(approvals.store, UPLOADS, caller.id, now):
            return await _materials_page(page, drafted, approvals, caller, {"file": QUOTA})
        try:
            sent = await upload_form(command_request.headers, command_request.receive, materials)
            file = _file_in(sent, drafted)
        except (UnfitMediaError, Refused) as unfit:
            return await _materials_page(page, drafted, approvals, caller, {"file": unfit.code})
        if file is None:
            return await _materials_page(page, drafted, approvals, caller, {"file": "file-missing"})
        await application_drafts.change(drafted.draft.id, caller.id, now, _adding(file))
        return to_step(page, drafted, MATERIALS)

    @post("/", status_code=200)
    async def save(
        self,
        *,
        page: NamedDependency[PageContext],
        drafted: NamedDependency[DraftedApplication],
        text_form: NamedDependency[Mapping[str, str]],
        approvals: NamedDependency[Approvals],
        application_drafts: NamedDependency[ApplicationDrafts],
        caller: NamedDependency[Caller],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """Take a file of the project, remove one, or go on: by the button that was pressed."""
        if digest := text_form.get("reuse", ""):
            known = {
                file.digest: file for file in reusable(drafted, caller, await approvals.history(drafted.project.id))
            }
            if digest not in known:
                return await _materials_page(page, drafted, approvals, caller, {"reuse": "file-gone"})
            file = _reused(known[digest], _requirement(drafted, text_form.get("requirement", "")))
            await application_drafts.change(drafted.draft.id, caller.id, now, _adding(file))
            return to_step(page, drafted, MATERIALS)
        if removed := text_form.get("remove", ""):
            await application_drafts.change(drafted.draft.id, caller.id, now, _removing(removed))
            return to_step(page, drafted, MATERIALS)
        names = [paper.material_name for nth, paper in enumerate(drafted.requirements) if f"{PAPER}{nth}" in text_form]
        saved = await application_drafts.change(
            drafted.draft.id, caller.id, now, lambda content: structs.replace(content, on_paper=tuple(names))
        )
        current = structs.replace(drafted, draft=saved) if saved else drafted
        if current.lacking:
            return await _materials_page(page, current, approvals, caller, {"lacking": "papers-lacking"})
        return to_step(page, drafted, CHECK)


def _adding(file: DraftFile) -> Callable[[DraftContent], DraftContent]:
    """The edit that adds *file*, once for its requirement, as far as a draft may have more."""

    def edit(content: DraftContent) -> DraftContent:
        others = [
            known for known in content.files if (known.digest, known.requirement) != (file.digest, file.requirement)
        ]
        return structs.replace(content, files=(*others, file)[:FILES_MAX])

    return edit


def _removing(digest: str) -> Callable[[DraftContent], DraftContent]:
    return lambda content: structs.replace(
        content, files=tuple(file for file in content.files if file.digest != digest)
    )


def _file_in(sent: UploadForm, application: DraftedApplication) -> DraftFile | None:
    """The file that was sent. Raises Refused where its name is unsound."""
    if sent.file is None:
        return None
    require_file_name(sent.name)
    requirement = _requirement(application, sent.fields.get("requirement", ""))
    return DraftFile(sent.file.digest, sent.name, sent.file.media_type, sent.file.size, requirement)


def _reused(file: AttachedFile, requirement: str) -> DraftFile:
    attachment = file.attachments[0]
    return DraftFile(file.digest, attachment.name, attachment.media_type, file.size, requirement, reused=True)


def _requirement(application: DraftedApplication, name: str) -> str:
    """The requirement of the list that is called *name*; empty, for other papers, where none is."""
    return name if name in {paper.material_name for paper in application.requirements} else ""


async def _materials_page(
    page: PageContext,
    application: DraftedApplication,
    approvals: Approvals,
    caller: Caller,
    faults: Mapping[str, str] | None = None,
) -> Response[str]:
    entries = await approvals.history(application.project.id)
    answer = step_page(
        page,
        "apply_materials.html",
        application,
        reusable=reusable(application, caller, entries),
        names=[*(paper.material_name for paper in application.requirements), ""],
        faults=faults or {},
    )
    answer.status_code = 200 if not faults else 429 if QUOTA in faults.values() else 422
    return answer
