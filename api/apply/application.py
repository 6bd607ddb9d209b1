"""What a draft is about: the project, the item with its list of papers, and what is filled in so far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from api.guard.judging import ProjectAccess
from api.materials.routes import readable_files
from api.web.problems import Problem
from api.web.zones import home_zone
from domain.access.cases import item_case
from domain.access.decision import may
from domain.access.principal import Caller
from domain.catalogue.item import RequiredMaterial
from domain.core.types import Mode
from domain.messages import Entry
from domain.project.application.submission import LicenceToRenew, SubmitItem
from domain.project.state.project import Item, Project
from infrastructure.ledger.approvals import Approvals
from infrastructure.window.drafts import ApplicationDraft, ApplicationDrafts, DraftFile
from projections.materials.fold import AttachedFile, files_of
from projections.progress.titles import names_of
from projections.window.applicable import SUBMIT


class DraftedApplication(Struct, frozen=True):
    """A draft with the state of its project now. *requirements* are those of the catalogue in force."""

    draft: ApplicationDraft
    project: Project
    project_name: str
    requirements: tuple[RequiredMaterial, ...]
    by_undertaking: bool

    @property
    def item(self) -> Item:
        """The item that is applied for."""
        return self.project.items[self.draft.item]

    @property
    def is_renewal(self) -> bool:
        """Whether it is for the renewal of a licence, which has to be named."""
        return self.item.mode == Mode.RENEWAL

    def files_for(self, requirement: str) -> list[DraftFile]:
        """The files chosen for one requirement."""
        return [file for file in self.draft.content.files if file.requirement == requirement]

    @property
    def handed_in(self) -> set[str]:
        """The requirements that there is a file for, or that are announced on paper."""
        content = self.draft.content
        return {file.requirement for file in content.files} | set(content.on_paper)

    @property
    def lacking(self) -> list[str]:
        """The papers that have to be there and are not."""
        handed_in = self.handed_in
        return [
            paper.material_name
            for paper in self.requirements
            if paper.is_need and not paper.tolerable and paper.material_name not in handed_in
        ]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left to do before it can be handed in."""
        return not self.lacking and self.draft.content.checked

    @property
    def command(self) -> SubmitItem:
        """The command that hands it in."""
        content, handed_in = self.draft.content, self.handed_in
        named = [paper.material_name[:200] for paper in self.requirements if paper.material_name in handed_in]
        renews = None
        if self.is_renewal and (content.licence_item or content.valid_through):
            renews = LicenceToRenew(
                item=content.licence_item, number=content.licence_number, valid_through=content.valid_through
            )
        undertaking = content.undertaking and self.by_undertaking
        return SubmitItem(item=self.draft.item, materials=tuple(named), undertaking=undertaking, renews=renews)


def application_drafts(approvals: NamedDependency[Approvals]) -> ApplicationDrafts:
    """The drafts of this database."""
    return ApplicationDrafts(approvals.store)


async def drafted(
    draft: FromPath[UUID],
    approvals: NamedDependency[Approvals],
    application_drafts: NamedDependency[ApplicationDrafts],
    caller: NamedDependency[Caller],
    now: NamedDependency[datetime],
) -> DraftedApplication:
    """The draft in the path. Raises Problem not-found: another's, one that is over, a mandate that has ended."""
    own_draft = await application_drafts.find(draft, caller.id, now)
    if own_draft is None:
        raise no_draft(draft)
    project = await approvals.project(own_draft.project)
    if own_draft.item not in project.items or not may(caller, SUBMIT, item_case(project, own_draft.item)).allowed:
        raise no_draft(draft)
    return await of_draft(approvals, own_draft, project, now)


async def of_draft(
    approvals: Approvals, draft: ApplicationDraft, project: Project, now: datetime
) -> DraftedApplication:
    """*draft* with the state of its *project*."""
    plan = project.items[draft.item].plan
    await approvals.shelves.refresh()
    edition = (
        approvals.shelves.shelf.in_force(plan.catalogue, now, home_zone(approvals.laws)) if plan.catalogue else None
    )
    service = edition.items.get(plan.service) if edition else None
    names = await names_of(approvals.store, [draft.project])
    return DraftedApplication(
        draft=draft,
        project=project,
        project_name=names.project(draft.project),
        requirements=service.materials if service else (),
        by_undertaking=plan.by_undertaking,
    )


def reusable(application: DraftedApplication, caller: Caller, entries: Sequence[Entry]) -> list[AttachedFile]:
    """The files that the project has for other items, that *caller* may read, and that are not chosen yet."""
    draft, recorded = application.draft, entries[-1].recorded_at
    chosen = {file.digest for file in draft.content.files}
    access = ProjectAccess(caller, application.project)
    return [
        file
        for file in readable_files(access, files_of(entries, recorded, recorded))
        if file.digest not in chosen and draft.item not in {attachment.item for attachment in file.attachments}
    ]


def no_draft(draft: UUID) -> Problem:
    """The problem of a draft that the caller does not have."""
    return Problem("not-found", f"you have no draft {draft}", remedy="your drafts are listed at /window/apply")
