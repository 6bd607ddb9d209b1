"""申请材料 materials: a fact attaches a stored file to items, one file to as many as need it; another detaches it."""

from __future__ import annotations

from typing import Annotated
from unicodedata import category

from msgspec import Meta

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
PATH_CHARACTERS = frozenset('/\\:*?"<>|')  # what parts a path, or names no file, on some system
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")  # among them those that turn the direction of the text around

Items = Annotated[tuple[Code, ...], Meta(max_length=ITEMS_MAX)]
SomeItems = Annotated[tuple[Code, ...], Meta(min_length=1, max_length=ITEMS_MAX)]


class AttachMaterial(Command, frozen=True, tag="attach_material"):
    """Attach a file that was uploaded before to one item or to many: one submission serves every department.

    *later_evidence*: also to items that were decided, declined or withdrawn, as evidence that came afterwards.
    """

    digest: Digest
    name: FileName
    media_type: MediaType
    size: Size
    items: SomeItems
    later_evidence: bool = False
    source: Line = ""  # where the file is from, such as the window that scanned it

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_papers_from(context.by, "attach a material")
        items = once(self.items)
        if not items:
            raise Refused("nothing-chosen", "no item is named", remedy="name the items the file is for")
        over = tuple(code for code in items if project.item(code).stage in OVER_STAGES)
        self._require_sound()
        self._require_new(project, items)
        if over and not self.later_evidence:
            stages = ", ".join(f"{code} is {project.item(code).stage}" for code in over)
            raise Refused(
                "material-late",
                f"{stages}: nothing more is attached to it",
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
        """Refuse what names no file: over HTTP the schema has seen to most of it, an importer has no schema."""
        if not is_digest(self.digest) or not is_media_type(self.media_type) or not 0 < self.size <= SIZE_MAX:
            raise Refused(
                "material-unsound",
                "a material is told by its SHA-256 in 64 lower-case hexadecimal digits, its media type and its size",
                remedy="send what the upload answered",
            )
        require_file_name(self.name)

    def _require_new(self, project: Project, items: tuple[str, ...]) -> None:
        known = project.materials.get(self.digest)
        if known is None:
            if len(project.materials) >= MATERIALS_MAX:
                raise Refused(
                    "too-many-materials",
                    f"the project has {MATERIALS_MAX} files, as many as it can have",
                    remedy="put what belongs together into one file",
                )
            return
        if again := tuple(code for code in items if code in known.items):
            raise Refused(
                "material-attached",
                f"this file is attached to {', '.join(again)} already",
                remedy="name only the items that do not have it yet",
                items=again,
            )
        if known.size != self.size:
            raise Refused(
                "material-unsound",
                f"the same content was attached with {known.size} bytes, not {self.size}",
                remedy="send what the upload answered",
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
    """Take a file away from some items, or from all that have it where none is named. What was stored stays."""

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
        """Refuse unless *by* may take the file from item *code*: the enterprise what it brought, until that is over."""
        if by.role is not Role.APPLICANT:
            return
        if project.notes[version].by.role is not Role.APPLICANT:
            raise Refused(
                "material-not-yours",
                f"what is attached to {code} was not attached by the enterprise",
                remedy="the project manager or the window takes it away",
                item=code,
            )
        if project.recorded(code).stage in OVER_STAGES:
            raise Refused(
                "material-late",
                f"{code} is {project.recorded(code).stage}: what it rests on stays with it",
                remedy="the project manager or the window takes it away",
                items=(code,),
            )


class MaterialDetached(Fact, frozen=True, tag="material_detached"):
    """材料撤下: the file belongs to these items no longer; that it did stays on record."""

    digest: str
    items: tuple[str, ...]
    reasons: str

    def apply(self, project: Project) -> None:
        material = project.materials.get(self.digest)
        if material is None:
            return  # what attached it was retracted
        for code in self.items:
            material.items.pop(code, None)
        if not material.items:
            del project.materials[self.digest]


def require_file_name(name: str) -> None:
    """Refuse a *name* that is no plain file name: a path, unseen characters, blanks or a dot where none belongs."""
    wrong = (
        "is empty or too long"
        if not 0 < len(name) <= NAME_CHARACTERS_MAX
        else "holds characters that part a path"
        if PATH_CHARACTERS & set(name)
        else "holds characters that can't be seen"
        if any(category(character) in UNSEEN for character in name)
        else "begins or ends with a blank or a dot"
        if name != name.strip().strip(".")
        else ""
    )
    if wrong:
        raise Refused(
            "file-name-unsound",
            f"the file's name {wrong}",
            remedy=f"a plain name of at most {NAME_CHARACTERS_MAX} characters, such as 总平面图.pdf",
        )
