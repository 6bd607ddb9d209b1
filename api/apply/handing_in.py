"""提交 submission: the application and its files in one transaction, and a preview of the effects."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import uuid5

from msgspec import Struct

from api.apply.application import DraftedApplication
from api.commands.effect import CommandEffect, clocks_of, effect_of
from api.commands.sender import ProjectCommand, ProjectCommandSender
from api.guard.judging import command_allowed
from domain.access.principal import Caller
from domain.core.ledger import Refused
from domain.messages import AnyCommand
from domain.project.materials.attachment import AttachMaterial
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.atomic.sequence import SequenceRefusedError
from infrastructure.ledger.sent_command import DIRECT
from infrastructure.materials.media import UnfitMediaError
from infrastructure.materials.store import MaterialStore
from projections.clocks.reading import CONSULTED, Reading

SOURCE = "在线申请"  # stored in the ledger as where the files come from


class ApplicationBarred(Struct, frozen=True):
    """Why an application can't be handed in: the code, the sentence and the remedy of who refused it, the article."""

    code: str
    sentence: str
    remedy: str = ""
    article: str = ""


async def check(
    approvals: Approvals, laws: LawBook, caller: Caller, application: DraftedApplication
) -> CommandEffect | ApplicationBarred:
    """What handing in would bring about now, or what is against it; nothing is stored."""
    command, project = application.command, application.project.id
    try:
        preview = await approvals.preview(project, command, caller.actor, allowed=command_allowed(caller, command))
    except Refused as refused:
        return ApplicationBarred(refused.code, refused.sentence, refused.remedy, refused.article)
    return effect_of(project, preview, laws)


async def hand_in(
    approvals: Approvals, materials: MaterialStore, caller: Caller, application: DraftedApplication
) -> str | ApplicationBarred:
    """The case number of the application, which is stored with all its files, or why it is not.

    A form that is sent twice gets the first answer: the commands' ids follow from the draft.
    """
    draft = application.draft
    commands: list[AnyCommand] = [application.command, *_attachments(application)]
    sequence = [
        ProjectCommand(draft.project, command, uuid5(draft.id, str(nth)), None) for nth, command in enumerate(commands)
    ]
    try:
        for file in draft.content.files:
            await materials.require(file.digest, file.size, file.media_type)
        await ProjectCommandSender(approvals, materials, caller, DIRECT).carry_out_together(sequence)
    except UnfitMediaError as unfit:
        return ApplicationBarred(unfit.code, unfit.sentence, unfit.remedy)
    except SequenceRefusedError as refused:
        refusal = refused.refusal
        return ApplicationBarred(refusal.code, refusal.sentence, refusal.remedy, refusal.article)
    project = await approvals.project(draft.project)
    return project.items[draft.item].case_number


def _attachments(application: DraftedApplication) -> list[AttachMaterial]:
    """The commands that attach the draft's files, each content once, as far as the item has them not yet."""
    item, known = application.draft.item, application.project.materials
    files = {file.digest: file for file in reversed(application.draft.content.files)}
    return [
        AttachMaterial(
            digest=file.digest, name=file.name, media_type=file.media_type, size=file.size, items=(item,), source=SOURCE
        )
        for file in reversed(files.values())
        if file.digest not in known or item not in known[file.digest].items
    ]


def own_clocks(clocks: Iterable[Reading]) -> list[Reading]:
    """Those of *clocks* that run on, those of other departments apart."""
    return [clock for clock in clocks if not clock.clock.startswith(CONSULTED) and not clock.closed]


async def clocks_begun(
    approvals: Approvals, laws: LawBook, application: DraftedApplication, now: datetime
) -> list[Reading]:
    """The clocks of the latest application for the draft's item, as `own_clocks`, by their last day."""
    item = application.draft.item
    clocks = clocks_of(await approvals.history(application.project.id), laws, now).values()
    latest = max((clock.application for clock in clocks if clock.item == item), default=0)
    own = own_clocks(clock for clock in clocks if (clock.item, clock.application) == (item, latest))
    return sorted(own, key=lambda clock: (clock.due_on is None, clock.due_on, clock.clock))
