"""Sends the command of a form with the attached files, idempotently: the key is the form's."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid5

from msgspec import Struct

from api.commands.sender import ProjectCommand, ProjectCommandSender
from api.forms.case import FormCase
from api.forms.form_data import FormData
from api.web.problems import Problem
from domain.core.ledger import Refused
from domain.messages import AnyCommand
from domain.project.application.submission import SubmitItem
from domain.project.materials.attachment import OVER_STAGES, AttachMaterial
from infrastructure.ledger.atomic.sequence import SequenceRefusedError
from infrastructure.ledger.sent_command import DIRECT, command_id_of
from infrastructure.materials.store import MaterialStore
from infrastructure.window.form_drafts import FormFile


class FormSender(Struct, frozen=True):
    """Carries out commands of the forms of *case*; its files are in *materials*."""

    case: FormCase
    materials: MaterialStore

    @property
    def _sender(self) -> ProjectCommandSender:
        return ProjectCommandSender(self.case.approvals, self.materials, self.case.caller, DIRECT)

    async def act(self, command: AnyCommand, data: FormData, key: UUID, version: int) -> UUID:
        """Carry out *command* if the project is at *version*; returns its id, which finds the receipt.

        Raises Refused; Problem version-moved and others; UnfitMediaError; BusyError.
        """
        case = self.case
        attached = [] if isinstance(command, AttachMaterial) else list(attachments(case, command, data.files))
        if not attached:
            await self._sender.carry_out(ProjectCommand(case.project.id, command, key, version))
        else:
            await self._together(command, attached, key, version)
        return command_id_of(case.caller.actor.id, key)

    async def _together(self, command: AnyCommand, attached: list[AttachMaterial], key: UUID, version: int) -> None:
        """Carry out *command* and attach its files atomically: files first, unless the command is the application."""
        project = self.case.project.id
        keyed: list[tuple[AnyCommand, UUID]] = [(file, uuid5(key, file.digest)) for file in attached]
        keyed.insert(0 if isinstance(command, SubmitItem) else len(keyed), (command, key))
        commands = [
            ProjectCommand(project, each, own_key, None if nth else version)
            for nth, (each, own_key) in enumerate(keyed)
        ]
        try:
            await self._sender.carry_out_together(commands)
        except SequenceRefusedError as refused:
            raise refused.refusal from refused


def attachments(case: FormCase, command: AnyCommand, files: list[FormFile]) -> Iterator[AttachMaterial]:
    """The commands that attach *files* to the item of *command*; after its decision as later evidence."""
    code = case.item or str(getattr(command, "item", ""))
    item = case.project.items.get(code)
    if item is None:
        return
    is_late = item.stage in OVER_STAGES and not isinstance(command, SubmitItem)
    for file in files:
        yield AttachMaterial(
            digest=file.digest,
            name=file.name,
            media_type=file.media_type,
            size=file.size,
            items=(code,),
            later_evidence=is_late,
        )


def is_moved(error: Exception) -> bool:
    """Whether *error* is a version conflict: the project changed since the form was opened."""
    if isinstance(error, Problem):
        return error.kind.code == "version-moved"
    return isinstance(error, Refused) and error.code == "version-moved"
