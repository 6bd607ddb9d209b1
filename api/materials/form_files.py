"""Files as browsers send them in the parts of a form: what they are called, and of which media type they are."""

from __future__ import annotations

from domain.core.characters import without_blanks
from infrastructure.materials.media import KINDS

BY_SUFFIX = {kind.suffix: media_type for media_type, kind in KINDS.items()} | {
    "jpeg": "image/jpeg",
    "tiff": "image/tiff",
}


def file_name_of(sent: str | None) -> str:
    """The name of a file without the folders that some browsers send; empty where no file was chosen.

    Also without selectors of variants: nobody sees them in a name that a phone gave, or could take them out. Line
    breaks, which forms write as %0D and %0A, are those of the name, which is refused for them.
    """
    name = (sent or "").replace("\\", "/").rpartition("/")[2]
    return without_blanks(name.replace("%0D", "\r").replace("%0A", "\n")).strip()


def media_type_of(name: str, declared: str | None) -> str:
    """What a browser says a file is, where that is a type that is taken; else what its name says."""
    declared = declared or ""
    return declared if declared in KINDS else BY_SUFFIX.get(name.rpartition(".")[2].lower(), declared)
