"""The write-ahead log's archive: where the embedded server copies finished segments, and how a recovery reads them.

The server runs a shell command for each segment of 16 MB. Segments are packed by gzip: one that was cut off early, so
that no more than a minute waits for its archive, is nearly empty.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from infrastructure.postgres.access import replace_config
from infrastructure.postgres.binaries import Account

NO_ARCHIVE = "true"  # a shell's word that does nothing: an empty command would keep every segment
AUTO_CONF = "postgresql.auto.conf"
PACKED = ".gz"
CUT_OFF_SECONDS = 60  # a segment with news is archived after so long, full or not
SETTING = re.compile(r"^[ \t]*archive_command[ \t]*=", re.MULTILINE)


def archive_command(folder: Path) -> str:
    """The shell command that copies a segment to *folder*: durably, whole, and never over a different one."""
    place = shlex.quote(str(folder)).replace("%", "%%")
    stored, draft = f"{place}/%f{PACKED}", f"{place}/.%f.draft"
    store = f"gzip -1 <%p >{draft} && sync {draft} && mv {draft} {stored} && sync {place}"
    return f"if test -f {stored}; then gzip -dc <{stored} | cmp -s - %p; else {store}; fi"


def restore_command(folder: Path) -> str:
    """The shell command by which a recovery takes a segment from *folder*."""
    stored = f"{shlex.quote(str(folder)).replace('%', '%%')}/%f{PACKED}"
    return f"test -f {stored} && gzip -dc <{stored} >%p"


def require_archive_command(folder: Path, account: Account) -> None:
    """Give the data directory *folder*, whose server does not run, an archive command unless it has one."""
    file = folder / AUTO_CONF
    if not SETTING.search(file.read_text()):
        replace_config(file, lambda text, _: f"{text.rstrip(chr(10))}\narchive_command = '{NO_ARCHIVE}'\n", account)
