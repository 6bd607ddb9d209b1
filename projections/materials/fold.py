"""材料清单 the files attached to a project's items at any instant, as known at any other, folded from its entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from domain.core.ledger import Actor
from domain.messages import Entry, corrections
from domain.project.materials.attachment import MaterialAttached, MaterialDetached


class Attachment(Struct, frozen=True):
    """One file at one item: its name, time and recording of the attachment, and who attached it by which entry.

    *late*: the item was decided, declined or withdrawn by then.
    """

    item: str
    name: str
    media_type: str
    attached_at: datetime
    recorded_at: datetime
    by: Actor
    version: int
    late: bool
    source: str


class AttachedFile(Struct, frozen=True):
    """One content with all its attachments, in order. *size* is in bytes."""

    digest: str
    size: int
    attachments: list[Attachment]


def files_of(entries: Sequence[Entry], as_of: datetime, known_at: datetime, item: str = "") -> list[AttachedFile]:
    """The files attached at *as_of*, as known at *known_at*, in order of attachment; of *item* only, if given."""
    known = [entry for entry in entries if entry.recorded_at <= known_at]
    corrected = corrections(known)
    files: dict[str, AttachedFile] = {}
    for entry in known:
        happened = corrected.amended.get(entry.version, entry.occurred_at)
        if entry.version in corrected.retracted or happened > as_of:
            continue
        match entry.fact:
            case MaterialAttached() as fact:
                file = files.setdefault(fact.digest, AttachedFile(fact.digest, fact.size, []))
                has = {attachment.item for attachment in file.attachments}
                file.attachments.extend(_attachments(fact, entry, happened, has))
            case MaterialDetached(digest=digest, items=items) if digest in files:
                attachments = files[digest].attachments
                attachments[:] = [attachment for attachment in attachments if attachment.item not in items]
            case _:
                continue
    for file in files.values():
        file.attachments[:] = [attachment for attachment in file.attachments if item in ("", attachment.item)]
    return [file for file in files.values() if file.attachments]


def _attachments(fact: MaterialAttached, entry: Entry, happened: datetime, has: set[str]) -> Iterable[Attachment]:
    for item in fact.items:
        if item not in has:
            yield Attachment(
                item=item,
                name=fact.name,
                media_type=fact.media_type,
                attached_at=happened,
                recorded_at=entry.recorded_at,
                by=entry.recorded.actor,
                version=entry.version,
                late=item in fact.late,
                source=fact.source,
            )
