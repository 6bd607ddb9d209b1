"""申请材料 materials: stored files are attached to items, one file to any number of them, and detached."""

from __future__ import annotations

from typing import Annotated
from unicodedata import category

from msgspec import Meta

from domain.core.characters import hidden_in_line
from domain.core.context import Context
from domain.core.ledger import Actor, Command, Fact, Refused, Role
from domain.core.rules import require_reasons
from domain.core.types import DECIDED_STAGES, ITEMS_MAX, Code, Line, Stage, Text
from domain.project.rules import once, require_papers_from
from domain.project.state.materials import (
    MATERIALS_MAX,
    NAME_CHARACTERS_MAX,
    SIZE_MAX,
    Digest,
    FileName,
    Material,
    MediaType,
    Size,
    is_digest,
    is_media_type,
)
from domain.project.state.project import Project

OVER_STAGES = (Stage.DECLINED, Stage.WITHDRAWN, *DECIDED_STAGES)
PATH_CHARACTERS = frozenset('/\\:*?"<>|')  # path separators, or not allowed in file names on some system
PRIVATE = "Co"  # characters that show something in one font, and nothing or something else in the others

Items = Annotated[tuple[Code, ...], Meta(max_length=ITEMS_MAX)]
SomeItems = Annotated[tuple[Code, ...], Meta(min_length=1, max_length=ITEMS_MAX)]


class AttachMaterial(Command, frozen=True, tag="attach_material"):
    """Attach an uploaded file to one or more items: one submission serves every department.

    *later_evidence*: also to items already decided, declined or withdrawn, as later evidence.
    """

    digest: Digest
    name: FileName
    media_type: MediaType
    size: Size
    items: SomeItems
    later_evidence: bool = False
    source: Line = ""  # the origin of the file, such as the window that scanned it

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_papers_from(context.by, "attach a material")
        items = once(self.items)
        if not items:
            raise Refused("nothing-chosen", "no item is named", remedy="name the items to attach the file to")
        over = tuple(code for code in items if project.item(code).stage in OVER_STAGES)
        self._require_sound()
        self._require_new(project, items)
        if over and not self.later_evidence:
            stages = ", ".join(f"{code} is {project.item(code).stage}" for code in over)
            raise Refused(
                "material-late",
                f"no file can be attached any more: {stages}",
                remedy="apply again first, or attach it as later evidence",
                items=over,
            )
        return (
            MaterialAttached(
                digest=self.digest,
                name=self.name,
                media_type=self.media_type,
                size=self.size,
                items=items,
                late=over,
                source=self.source,
            ),
        )

    def _require_sound(self) -> None:
        """Refuse an invalid digest, media type or size: HTTP requests are validated by schema, imports are not."""
        if not is_digest(self.digest) or not is_media_type(self.media_type) or not 0 < self.size <= SIZE_MAX:
            raise Refused(
                "material-unsound",
                "a material needs its SHA-256 in 64 lower-case hexadecimal digits, its media type and its size",
                remedy="send these values as returned by the upload",
            )
        require_file_name(self.name)

    def _require_new(self, project: Project, items: tuple[str, ...]) -> None:
        known = project.materials.get(self.digest)
        if known is None:
            if len(project.materials) >= MATERIALS_MAX:
                raise Refused(
                    "too-many-materials",
                    f"the project already has {MATERIALS_MAX} files, the maximum",
                    remedy="combine related documents in one file",
                )
            return
        if again := tuple(code for code in items if code in known.items):
            raise Refused(
                "material-attached",
                f"this file is already attached to {', '.join(again)}",
                remedy="name only items that do not have it yet",
                items=again,
            )
        if known.size != self.size:
            raise Refused(
                "material-unsound",
                f"the same content was attached with a size of {known.size} bytes, not {self.size}",
                remedy="send the size returned by the upload",
            )


class MaterialAttached(Fact, frozen=True, tag="material_attached"):
    """材料提交. *late*: those of *items* that were decided, declined or withdrawn by then."""

    digest: str
    name: str
    media_type: str
    size: int
    items: tuple[str, ...]
    late: tuple[str, ...] = ()
    source: str = ""

    def apply(self, project: Project) -> None:
        material = project.materials.setdefault(self.digest, Material(self.size))
        for code in self.items:
            material.items.setdefault(code, project.version + 1)


class DetachMaterial(Command, frozen=True, tag="detach_material"):
    """Detach a file from some items, or from all if none is named. The stored file remains."""

    digest: Digest
    reasons: Text
    items: Items = ()

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_papers_from(context.by, "detach a material")
        known = project.materials.get(self.digest)
        attached = known.items if known else {}
        items = once(self.items) or tuple(attached)
        missing = tuple(code for code in items if code not in attached)
        if missing or not items:
            raise Refused(
                "material-not-attached",
                f"this file is not attached to {', '.join(missing) or 'any item'}",
                remedy=f"it is attached to: {', '.join(attached) or 'none'}",
                items=missing,
            )
        for code in items:
            self._require_own(project, code, attached[code], context.by)
        require_reasons(self.reasons, "detaching a material", "")
        return (MaterialDetached(digest=self.digest, items=items, reasons=self.reasons),)

    def _require_own(self, project: Project, code: str, version: int, by: Actor) -> None:
        """Refuse unless *by* may detach the file from item *code*: an enterprise its own, until the item is over."""
        if by.role is not Role.APPLICANT:
            return
        if project.notes[version].by.role is not Role.APPLICANT:
            raise Refused(
                "material-not-yours",
                f"the file attached to {code} was not attached by the enterprise",
                remedy="the project manager or the window has to detach it",
                item=code,
            )
        if project.recorded(code).stage in OVER_STAGES:
            raise Refused(
                "material-late",
                f"{code} is {project.recorded(code).stage}, so the enterprise can't detach its files any more",
                remedy="the project manager or the window has to detach it",
                items=(code,),
            )


class MaterialDetached(Fact, frozen=True, tag="material_detached"):
    """材料撤下: the file was detached from these items; the attachment stays on record."""

    digest: str
    items: tuple[str, ...]
    reasons: str

    def apply(self, project: Project) -> None:
        material = project.materials.get(self.digest)
        if material is None:
            return  # its attachment was retracted
        for code in self.items:
            material.items.pop(code, None)
        if not material.items:
            del project.materials[self.digest]


def require_file_name(name: str) -> None:
    """Refuse a *name* that is not a plain file name: a path, invisible characters, blanks or dots at either end."""
    wrong = (
        "is empty or too long"
        if not 0 < len(name) <= NAME_CHARACTERS_MAX
        else "has path separators or other characters not allowed in file names"
        if PATH_CHARACTERS & set(name)
        else "has invisible characters"
        if hidden_in_line(name) or any(category(character) == PRIVATE for character in name)
        else "begins or ends with a blank or a dot"
        if name != name.strip().strip(".")
        else ""
    )
    if wrong:
        raise Refused(
            "file-name-unsound",
            f"the file name {wrong}",
            remedy=f"use a plain name of at most {NAME_CHARACTERS_MAX} characters, such as 总平面图.pdf",
        )
