"""材料 the papers of an application: a file for each requirement, one that the project has already, or on paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from msgspec import DecodeError, json, structs

from api.apply.application import DraftedApplication, reusable
from api.apply.filling import APPLY, CHECK, MATERIALS, DraftTurn
from api.apply.pages import APPLYING
from api.apply.uploads import UploadForm, upload_form
from api.forms.drafts import STEP
from api.materials.form_files import file_name_of
from api.route_access import ACCESS
from api.web.command_request import CommandRequest
from domain.core.ledger import Refused
from domain.project.materials.attachment import require_file_name
from domain.project.state.materials import is_digest
from infrastructure.materials.media import UnfitMediaError
from infrastructure.materials.store import MaterialStore, StoredMaterial
from infrastructure.window.drafts import DraftContent, DraftFile
from infrastructure.window.form_drafts import FormFile
from infrastructure.window.quotas import UPLOADS, seconds_to_wait
from projections.materials.fold import AttachedFile
from projections.window.applicable import SUBMIT

FILES_MAX = 100  # of one draft
QUOTA, STORED = "quota", "stored"  # the latter: the hidden field of a file that a script sent beforehand
PAPER = "paper-"  # begins the names of the boxes for papers that are handed in at the window


class ApplyMaterialPages(Controller):
    """Every button saves; without script a file is sent by its own form, and the page comes back with it."""

    opt = {ACCESS: SUBMIT}  # noqa: RUF012  litestar's own spelling
    path = f"{APPLY}/{{draft:uuid}}/{MATERIALS}"
    dependencies = APPLYING

    @get("/")
    async def materials_of(self, draft_turn: NamedDependency[DraftTurn]) -> Response[str]:
        """The list of requirements, each with what is chosen for it."""
        return await _materials_page(draft_turn)

    @post("/files", status_code=200)
    async def upload(
        self,
        draft_turn: NamedDependency[DraftTurn],
        command_request: NamedDependency[CommandRequest],
        materials: NamedDependency[MaterialStore],
    ) -> Response[str]:
        """Store one file for a requirement."""
        if await seconds_to_wait(draft_turn.approvals.store, UPLOADS, draft_turn.caller.id, draft_turn.now):
            return await _materials_page(draft_turn, {"file": QUOTA})
        try:
            sent = await upload_form(command_request.headers, command_request.receive, materials)
            file = await _file_in(sent, draft_turn.application, materials)
        except (UnfitMediaError, Refused) as unfit:
            return await _materials_page(draft_turn, {"file": unfit.code})
        if file is None:
            return await _materials_page(draft_turn, {"file": "file-missing"})
        await draft_turn.change(_adding(file))
        return draft_turn.to_step(MATERIALS)

    @post("/", status_code=200)
    async def save(
        self, draft_turn: NamedDependency[DraftTurn], text_form: NamedDependency[Mapping[str, str]]
    ) -> Response[str]:
        """Take a file of the project, remove one, or go on: by the button that was pressed. A script saves alone."""
        application = draft_turn.application
        if digest := text_form.get("reuse", ""):
            files = reusable(application, draft_turn.caller, await draft_turn.history())
            file = next((file for file in files if file.digest == digest), None)
            if file is None:
                return await _materials_page(draft_turn, {"reuse": "file-gone"})
            requirement = _requirement(application, text_form.get("requirement", ""))
            await draft_turn.change(_adding(_reused(file, requirement)))
            return draft_turn.to_step(MATERIALS)
        if removed := text_form.get("remove", ""):
            await draft_turn.change(_removing(removed))
            return draft_turn.to_step(MATERIALS)
        papers = enumerate(application.requirements)
        names = tuple(paper.material_name for nth, paper in papers if f"{PAPER}{nth}" in text_form)
        saved = await draft_turn.change(lambda content: structs.replace(content, on_paper=names))
        current = draft_turn.with_draft(saved) if saved else draft_turn
        if STEP in text_form:
            return await _materials_page(current)
        if current.application.lacking:
            return await _materials_page(current, {"lacking": "papers-lacking"})
        return draft_turn.to_step(CHECK)


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


async def _file_in(sent: UploadForm, application: DraftedApplication, materials: MaterialStore) -> DraftFile | None:
    """The file that was sent, or that a script sent beforehand. Raises Refused where its name is unsound."""
    name, file = (sent.name, sent.file) if sent.file else await _stored_before(sent.fields.get(STORED, ""), materials)
    if file is None:
        return None
    require_file_name(name)
    requirement = _requirement(application, sent.fields.get("requirement", ""))
    return DraftFile(file.digest, name, file.media_type, file.size, requirement)


async def _stored_before(named: str, materials: MaterialStore) -> tuple[str, StoredMaterial | None]:
    """The file that a hidden field names, as it is stored; None where none is."""
    try:
        file = json.decode(named, type=FormFile)
    except DecodeError:
        return "", None
    size = await materials.size_of(file.digest) if is_digest(file.digest) else None
    if size is None:
        return "", None
    stored = StoredMaterial(file.digest, size, "")
    return file_name_of(file.name), structs.replace(stored, media_type=await materials.kind(stored))


def _reused(file: AttachedFile, requirement: str) -> DraftFile:
    attachment = file.attachments[0]
    return DraftFile(file.digest, attachment.name, attachment.media_type, file.size, requirement, reused=True)


def _requirement(application: DraftedApplication, name: str) -> str:
    """The requirement of the list that is called *name*; empty, for other papers, where none is."""
    return name if name in {paper.material_name for paper in application.requirements} else ""


async def _materials_page(turn: DraftTurn, faults: Mapping[str, str] | None = None) -> Response[str]:
    application = turn.application
    return turn.render(
        "apply_materials.html",
        200 if not faults else 429 if QUOTA in faults.values() else 422,
        reusable=reusable(application, turn.caller, await turn.history()),
        names=[*(paper.material_name for paper in application.requirements), ""],
        faults=faults or {},
    )
